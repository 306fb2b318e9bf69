"""What of a study folder is still the template's: examples, which are no wave and no item of the study."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.specs.project import Study
from pipeline.specs.strict_yaml import read
from pipeline.specs.study import Wave

EXAMPLES = ("scales.yaml", "weights.yaml", "imputation.yaml", "caveats.md")
"""Files of the template that speak of its own items, or of nobody's assumptions."""


def is_the_templates(path: Path, template: Path) -> bool:
    """Whether a file says what the template's file of that name says; a YAML file whatever its comments."""
    if not path.is_file() or not template.is_file():
        return False
    if path.suffix != ".yaml":
        return path.read_bytes() == template.read_bytes()
    found = read(path, path.name)
    return not found.problems and found.data == read(template, template.name).data


def template_of(folder: Path) -> Path:
    """The template that a study's folder was copied from: that of which most files are as they were."""
    default = folder.parent / "_template"
    templates = [default, *(path for path in sorted(folder.parent.glob("_*template")) if path != default)]
    return max(templates, key=lambda template: _unchanged(folder, template))


def _unchanged(folder: Path, template: Path) -> int:
    names = [path.relative_to(template) for path in template.rglob("*") if path.suffix in (".yaml", ".md")]
    return sum(is_the_templates(folder / name, template / name) for name in names)


def example_files(folder: Path, template: Path, names: Iterable[str] = EXAMPLES) -> list[Path]:
    """Those files of a study folder that are still the template's examples."""
    return [folder / name for name in names if is_the_templates(folder / name, template / name)]


def example_waves(folder: Path) -> list[str]:
    """The waves of a study's folder whose files are as the template has them."""
    template = template_of(folder)
    files = sorted((folder / "waves").glob("*.yaml"))
    return [path.stem for path in files if is_the_templates(path, template / "waves" / path.name)]


def own_waves(study: Study, template: Path, deposits: Path, drafted: Path) -> dict[str, Wave]:
    """The waves that are the study's own: not those whose file is the template's, was never there or accepted.

    ``drafted`` is the file that a wave is drafted from: if it has the name that the template gives, it is no deposit of
    another wave.
    """
    examples = _example_names(template)
    return {
        key: wave
        for key, wave in study.waves.items()
        if not all(
            file.sha256 is None and file.file in examples and _is_absent(deposits / file.file, drafted)
            for file in wave.files
        )
    }


def example_wave(study: Study, folder: Path, template: Path, drafted: Path) -> str | None:
    """The wave that the template gives as an example for a file of this name, as long as nothing was changed in it."""
    for key, wave in study.waves.items():
        name = Path("waves") / f"{key}.yaml"
        if any(file.file == drafted.name for file in wave.files) and is_the_templates(folder / name, template / name):
            return key
    return None


def _example_names(template: Path) -> set[str]:
    """The names of deposits in the template's waves."""
    waves = [read(path, path.name).data for path in sorted((template / "waves").glob("*.yaml"))]
    files = [file for wave in waves if isinstance(wave, dict) for file in wave.get("files") or []]
    return {str(file["file"]) for file in files if isinstance(file, dict) and "file" in file}


def _is_absent(path: Path, drafted: Path) -> bool:
    return not path.exists() or path.resolve() == drafted.resolve()
