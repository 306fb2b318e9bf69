"""Which steps a study needs, and taking them: all that would change is known before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.migration.declared import Declared
from pipeline.migration.steps import STEPS
from pipeline.paths import Paths
from pipeline.specs.format import FIRST, FORMAT, KEY, said_format
from pipeline.specs.yaml_edit import YamlFile


@dataclass(frozen=True)
class Migration:
    """What takes one study to the present format. ``said``: the number in its study.yaml; None if it says none."""

    declared: Declared
    said: int | None
    changes: tuple[str, ...]

    @property
    def study(self) -> str:
        return self.declared.study

    @property
    def files(self) -> list[Path]:
        """What would be written."""
        return [file for file, _ in self.declared.changed()]


def migrations(paths: Paths, studies: Sequence[str] = (), unsaid: int = FIRST) -> list[Migration]:
    """What each study needs, templates included; of those that are named, or of all. Writes nothing.

    ``unsaid``: the format of studies that do not say theirs. Raises ``CohesionError`` for a study that there is not,
    one of a format that this version does not know, or a file that cannot be read.
    """
    folders = sorted(paths.studies.iterdir()) if paths.studies.is_dir() else []
    known = [folder.name for folder in folders if folder.is_dir() and not folder.name.startswith(".")]
    for study in studies:
        if study not in known:
            raise CohesionError(f"there is no study `{study}`", todo=f"Known: {', '.join(known)}.")
    if not FIRST <= unsaid <= FORMAT:
        raise CohesionError(f"there is no format {unsaid}", todo=f"There are: {FIRST} to {FORMAT}.")
    return [_migration(Declared(paths, study), unsaid) for study in known if study in studies or not studies]


def migrate(found: Sequence[Migration]) -> Iterator[Path]:
    """Write what each study needs; yields every file that was written."""
    for migration in found:
        files = migration.files
        migration.declared.save()
        yield from files


def _migration(declared: Declared, unsaid: int) -> Migration:
    source = declared.data(declared.about)
    try:
        said = said_format(source)
    except ValueError as error:
        raise CohesionError(str(error).rstrip("."), where=source.place((KEY,)), todo="Nothing was changed.") from None
    now = unsaid if said is None else said
    changes = [change for step in STEPS if step.to > now for change in step.function(declared)]
    if said != FORMAT:
        declared.edit(declared.about, _say_format)
        changes.append(f"{declared.name(declared.about)}: `{KEY}: {FORMAT}`")
    return Migration(declared, said, tuple(changes))


def _say_format(file: YamlFile) -> None:
    assert isinstance(file.expected, dict)
    near = "licence" if "licence" in file.expected else next(iter(file.expected))
    file.set((), {KEY: FORMAT}, near=near)
