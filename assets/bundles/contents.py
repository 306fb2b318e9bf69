"""Which declarations of a study travel, and how they lie below another root."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.paths import Paths
from pipeline.specs import Project
from pipeline.specs.paper_sources import glossary_file, references_file

DECLARED = "declared/"
"""The folder of a bundle with the declarations, each under its place below a root."""
TABLES, TWIN, TWIN_DECLARED = "tables/", "twin/", "twin_declared/"
"""Those with the tables that the late steps read, and with the files and declarations of a twin."""
SUFFIXES = (".yaml", ".csv", ".md", ".json", ".geojson", ".bib")
"""Of files that people declare and write. Templates are code: a bundle is verified with those of the installation."""


def declared_files(paths: Paths, project: Project, study: str) -> dict[str, bytes]:
    """Place below the root → content, of all that one study declares: its folder, concepts, areas, models, papers."""
    return {
        file.relative_to(paths.root).as_posix(): file.read_bytes() for file in sorted(files_of(paths, project, study))
    }


def files_of(paths: Paths, project: Project, study: str) -> Iterator[Path]:
    """Every file that declares a study, or a report about it; and those that all studies share."""
    yield paths.concepts
    yield from (
        file
        for file in paths.study(study).rglob("*")
        if file.is_file() and file.suffix in SUFFIXES and not file.name.startswith(".")
    )
    yield from _of_areas(paths, project, study)
    yield from (paths.models / f"{name}.yaml" for name, model in project.models.items() if model.study == study)
    yield from (paths.figures / f"{name}.yaml" for name, figure in project.figures.items() if figure.study == study)
    yield from (paths.papers / f"{name}.md" for name, paper in project.papers.items() if paper.study == study)
    yield from (file for file in (references_file(paths.papers), glossary_file(paths.papers)) if file is not None)


def _of_areas(paths: Paths, project: Project, study: str) -> Iterator[Path]:
    """The files of ``data/areas`` that a study names, or some step of it reads: census tables and boundaries, too."""
    from assets.engine.outside import OutsideFile
    from assets.engine.workspace import Workspace
    from assets.nodes import all_nodes

    declared = project.studies[study]
    tables = {area.table for area in declared.about.areas.values()}
    tables |= {lookup for areas in declared.area_sets.values() for lookup in areas.lookups}  # read or not
    found = {paths.areas / table for table in tables}
    for node in all_nodes(Workspace(paths, project)):
        for value in node.reads.values() if node.study == study else ():
            files = value.values() if isinstance(value, Mapping) else (value,)
            found |= {file.path for file in files if isinstance(file, OutsideFile)}
    yield from sorted(path for path in found if path.is_relative_to(paths.areas))


def lay_out(files: Mapping[str, bytes], study: str, paths: Paths) -> None:
    """Write declarations below a root; templates are those of this installation.

    Raises ``CohesionError`` for a place where no declaration of the study lies.
    """
    for place, content in files.items():
        _check_place(place, study)
        write_bytes(paths.root / place, content)


def _check_place(place: str, study: str) -> None:
    parts = PurePosixPath(place).parts
    kinds = (("data", "concepts.yaml"), ("data", "studies", study), ("data", "areas"), ("reports",))
    if not any(parts[: len(kind)] == kind for kind in kinds) or PurePosixPath(place).suffix not in SUFFIXES:
        raise CohesionError(f"holds `{place}`, which is no declaration of {study}", where="the bundle")
