"""Which of the declarations that come with the code an example consists of: its study, and all reports that name it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assets.bundles.contents import files_of
from pipeline.errors import CohesionError
from pipeline.paths import SHIPPED, Paths
from pipeline.specs import load_project
from pipeline.specs.nearest import nearest

TEMPLATES = ("_template", "_household_template")


def shared_files() -> Iterator[Path]:
    """What every project begins with: the vocabulary, the templates of studies, works cited, terms explained."""
    paths = Paths(SHIPPED)
    reports = paths.papers.parent
    yield paths.concepts
    yield paths.studies / "README.md"
    yield paths.studies / "index_keys.md"
    yield paths.areas / "README.md"
    for name in TEMPLATES:
        yield from _all_of(paths.study(name))
    yield from (folder / "README.md" for folder in (paths.concepts.parent, paths.models, paths.figures, paths.papers))
    yield from sorted(file for file in reports.glob("*") if file.suffix in (".json", ".bib", ".yaml"))


def example_files(name: str) -> Iterator[Path]:
    """The files of an example. Raises ``CohesionError`` for a name that is none."""
    paths = Paths(SHIPPED)
    project = load_project(paths)
    if name not in project.studies:
        known = ", ".join(project.studies)
        raise CohesionError(
            f"there is no example `{name}`{nearest(name, project.studies)}", todo=f"There are: {known}."
        )
    yield from sorted(set(files_of(paths, project, name)))


def _all_of(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith("."))
