"""Reading every declaration below a root, and checking each against the others."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs.check import check
from pipeline.specs.figures import Figure
from pipeline.specs.format import is_of_another_format, load_about
from pipeline.specs.models import load_model
from pipeline.specs.nearest import nearest
from pipeline.specs.not_asked import as_items
from pipeline.specs.papers import Paper
from pipeline.specs.parts import assembled
from pipeline.specs.project import Project
from pipeline.specs.reader import load, load_each, load_front_matter
from pipeline.specs.reading import Reading, parts_of
from pipeline.specs.report import Concept, Model
from pipeline.specs.strict_yaml import Source
from pipeline.specs.study import StudyFile, Wave
from pipeline.specs.study_files import STUDY_FILES, StudyPart, is_study_file
from pipeline.specs.wave_files import read_waves


def load_project(paths: Paths) -> Project:
    """Read and check every declaration.

    Raises ``DeclarationErrors`` that lists all mistakes, each with file, line, what was expected, nearest name.
    """
    reading = _checked(paths)
    if reading.problems:
        raise DeclarationErrors(sorted(dict.fromkeys(reading.problems), key=_by_file_and_line))
    return Project(reading.concepts, reading.studies, reading.models, reading.figures, reading.papers)


def load_studies(
    paths: Paths, studies: Collection[str], *, with_papers: bool = True
) -> tuple[Project, dict[str, list[str]]]:
    """What is declared of these studies, and of others without a mistake; study → the mistakes of those left out.

    Without papers their mistakes stop nothing: who confirms a wave writes none.
    Raises ``DeclarationErrors`` for mistakes of the studies themselves, of the concepts, and of files of no study.
    """
    reading = _checked(paths)
    aside: dict[str, list[str]] = {}
    own: list[str] = []
    for key, source in reading.sources.items():
        if key[0] == "papers" and not with_papers:
            continue
        study = _study_of(key, reading)
        is_other = study in reading.parts and study not in studies
        (aside.setdefault(str(study), []) if is_other else own).extend(source.problems)
    if own:
        raise DeclarationErrors(sorted(dict.fromkeys(own), key=_by_file_and_line))
    aside = {study: sorted(dict.fromkeys(found), key=_by_file_and_line) for study, found in aside.items() if found}
    project = Project(
        reading.concepts,
        {key: study for key, study in reading.studies.items() if key not in aside},
        {key: model for key, model in reading.models.items() if model.study not in aside},
        {key: figure for key, figure in reading.figures.items() if figure.study not in aside},
        {key: paper for key, paper in reading.papers.items() if with_papers and paper.study not in aside},
    )
    return project, aside


def _checked(paths: Paths) -> Reading:
    """Every declaration, checked against the others. Of a study in another format nothing else is said."""
    reading = read_project(paths)
    check(reading)
    _forget_echoes(reading)
    return reading


def _forget_echoes(reading: Reading) -> None:
    """Of a study in another format, and of reports about it, keep that one mistake: all others follow from it."""
    others = {
        key[0] for key, source in reading.sources.items() if key[1:] == ("study",) and is_of_another_format(source)
    }
    for key, source in reading.sources.items():
        if others and _study_of(key, reading) in others:
            source.problems = source.problems[:1] if key[1:] == ("study",) else []


def _study_of(key: tuple[str, ...], reading: Reading) -> str | None:
    """The study that a file belongs to: by its folder, or as a report says; None for files of none."""
    if key[0] not in ("models", "figures", "papers"):
        return key[0]
    declared = getattr(reading, key[0]).get(key[1])
    if declared is not None:
        return str(declared.study)
    data = reading.sources[key].data
    return str(data["study"]) if isinstance(data, dict) and "study" in data else None


def read_project(paths: Paths) -> Reading:
    """Read every declaration below a root, without checking one against another."""
    reading = Reading()
    reading.concepts, source = load_each(paths.concepts, _name(paths.concepts, paths), Concept)
    reading.sources["concepts",] = source
    folders = sorted(paths.studies.iterdir()) if paths.studies.is_dir() else []
    for folder in folders:
        if folder.is_dir() and not folder.name.startswith(("_", ".")):
            _read_study(folder, paths, reading)
    template = paths.study("_template") / "study.yaml"
    if template.exists():
        reading.template = load_about(template, template.name, StudyFile)[0]
    caveats = paths.study("_template") / "caveats.md"
    if caveats.exists():
        reading.template_caveats = caveats.read_text(encoding="utf-8")
    _read_reports(paths.models, "*.yaml", "models", Model, load_model, paths, reading)
    _read_reports(paths.figures, "*.yaml", "figures", Figure, load, paths, reading)
    _read_reports(paths.papers, "*.md", "papers", Paper, load_front_matter, paths, reading)
    _forget_echoes(reading)
    return reading


def _read_study(folder: Path, paths: Paths, reading: Reading) -> None:
    """One study folder, file by file as its records say."""
    read: dict[str, Any] = {}
    for part in STUDY_FILES.values():
        read[part.key] = _read_part(part, folder, paths, reading, read.get("about"))
    place = {wave: reading.sources[folder.name, "waves", wave] for wave in read["waves"]}
    read["waves"] = as_items(assembled(read["about"], read["waves"], place), read["items"])
    reading.parts[folder.name] = parts_of(read)
    for file in _files(folder, "*.y*ml"):
        if not is_study_file(file.name):
            source = reading.sources[folder.name, "stray", file.name] = Source(file, _name(file, paths))
            hint = nearest(file.name, (part.path for part in STUDY_FILES.values()))
            source.report((), f"is not a file of a study{hint or '. Rename or remove it.'}")


def _read_part(part: StudyPart, folder: Path, paths: Paths, reading: Reading, about: StudyFile | None) -> Any:
    """What one record's file declares, or its files by their names; the sources go into ``reading``."""
    place = (folder.name, part.source)
    if not part.is_folder:
        file = folder / part.path
        if not (part.required or file.exists()):
            return part.empty()
        value, reading.sources[place] = part.reader(file, _name(file, paths), part.declaration)
        return value
    if part.key == "waves":
        return _read_waves(folder, paths, reading, about)
    found: dict[str, Any] = {}
    for file in _files(folder, part.path):
        value, reading.sources[*place, file.stem] = part.reader(file, _name(file, paths), part.declaration)
        if value is not None:
            found[file.stem] = value
    return found


def _read_waves(folder: Path, paths: Paths, reading: Reading, about: StudyFile | None) -> dict[str, Wave]:
    """The waves of a study; the sources of a table, and of what its waves share, are no wave's."""
    arms = {key: arm.waves for key, arm in about.arms.items()} if about is not None else {}
    waves = read_waves(folder, lambda file: _name(file, paths), arms)
    reading.sources |= {(folder.name, "waves", wave): source for wave, source in waves.sources.items()}
    reading.sources |= {(folder.name, "declares waves", name): source for name, source in waves.others.items()}
    return waves.found


def _read_reports(
    folder: Path, pattern: str, kind: str, declaration: type, loader: Callable[..., Any], paths: Paths, reading: Reading
) -> None:
    for file in _files(folder, pattern):
        if file.name == "README.md":
            continue
        found, source = loader(file, _name(file, paths), declaration)
        reading.sources[kind, file.stem] = source
        if found is not None:
            getattr(reading, kind)[file.stem] = found


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder by name; a draft, which a writer that was killed may leave, begins with a point."""
    return sorted(file for file in folder.glob(pattern) if not file.name.startswith("."))


def _name(path: Path, paths: Paths) -> str:
    return path.relative_to(paths.root).as_posix()


def _by_file_and_line(problem: str) -> tuple[str, int]:
    """By file, and in it by line; what is of a whole file stands before its lines."""
    file, _, rest = problem.partition(":")
    line = rest.partition(":")[0]
    return file, int(line) if line.isdecimal() else 0
