"""What can be released: a paper, the pages on the areas of a study, its codebook, the pages over several studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import PaperError
from pipeline.papers.disclosure.release import checked_version
from pipeline.papers.released_links import with_links_that_resolve
from pipeline.paths import Paths
from pipeline.specs import Project
from pipeline.specs.strict_yaml import read
from pipeline.specs.writers import WRITERS, stem

if TYPE_CHECKING:
    import polars as pl

PROFILES, CODEBOOK, NATIONAL = "profiles_", "codebook_", "national"
"""Before the name of a study: the pages on all its areas, which go out together, and its codebook. ``national``: the
pages over several studies, and those of funders."""
STUDY = "study"
"""The column by which numbers of several studies are told apart."""
FIGURE_SUFFIXES = ("png", "svg", "narrow.svg", "csv")


@dataclass(frozen=True)
class Releasable:
    """``studies``: about whose people its numbers are; ``cells``: these numbers; ``places``: its files, as built."""

    name: str
    version: str
    studies: tuple[str, ...]
    cells: Path
    places: Mapping[str, Path]

    def files(self) -> dict[str, bytes]:
        """Name → content as it goes out. Raises ``PaperError`` for a file that is not built."""
        absent = [name for name, place in self.places.items() if not place.is_file()]
        if absent or not self.places or not self.cells.is_file():
            first = absent[0] if absent else self.cells.name
            raise PaperError(f"{first} is not built", where=self.name, todo="Run `cohesion build` first.")
        return {name: self._as_released(name, place.read_bytes()) for name, place in self.places.items()}

    def _as_released(self, name: str, content: bytes) -> bytes:
        return with_links_that_resolve(content, name, self.places) if name.endswith(".html") else content


def names_of(project: Project) -> list[str]:
    """Everything that can be released."""
    indexed = [study.key for study in project.studies.values() if study.index]
    national = [NATIONAL] if indexed else []
    books = [f"{CODEBOOK}{key}" for key in project.studies]
    return [*project.papers, *(f"{PROFILES}{key}" for key in indexed), *books, *national]


def releasable(paths: Paths, project: Project, name: str) -> Releasable:
    """What is released under a name. Raises ``PaperError`` for a name that is none, or one without a version."""
    if name in project.papers:
        paper = project.papers[name]
        version = checked_version(paper.version, name)
        return Releasable(name, version, (paper.study,), paths.paper_cells(name), _paper(paths, project, name))
    if name == NATIONAL:
        return Releasable(name, _listed(paths, name), tuple(project.studies), paths.national_cells, _national(paths))
    study = study_of(project, name)
    if study in project.studies and name == f"{CODEBOOK}{study}":
        places = {f"{study}.{suffix}": paths.codebook_file(study, suffix) for suffix in ("html", "csv", "xml")}
        return Releasable(name, _listed(paths, name), (study,), paths.codebook_cells(study), places)
    if study in project.studies and name == f"{PROFILES}{study}" and project.studies[study].index is not None:
        version = checked_version(_of_profiles(project, study), name)
        return Releasable(name, version, (study,), paths.profile_cells(study), dict(_pages(paths.profiles(study))))
    raise PaperError(f"`{name}` is nothing that can be released; known: {', '.join(names_of(project))}")


def study_of(project: Project, name: str) -> str:
    """The one study that a release is about; empty where it is about several, or is declared no more."""
    if name in project.papers:
        return project.papers[name].study
    for prefix in (PROFILES, CODEBOOK):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return ""


def of_study(cells: pl.DataFrame, study: str) -> pl.DataFrame:
    """Those of the cells that are about a study, or do not say about which."""
    import polars as pl

    if STUDY not in cells.columns:
        return cells
    return cells.filter(pl.col(STUDY).is_null() | (pl.col(STUDY) == study)).drop(STUDY)


def _of_profiles(project: Project, study: str) -> str:
    index = project.studies[study].index
    version = index.profile.version if index is not None else ""
    if not version:
        where = f"data/studies/{study}/index.yaml"
        raise PaperError("the profiles of areas have no `version`", where=where, todo='profile: {version: "1.0"}')
    return version


def _listed(paths: Paths, name: str) -> str:
    """The version of what has no declaration of its own."""
    place = paths.release_versions
    where = "reports/release/versions.yaml"
    source = read(place, where) if place.is_file() else None
    if source is not None and (source.problems or not isinstance(source.data, dict)):
        problem = source.problems[0] if source.problems else f"{where}: has to name a version for each release."
        raise PaperError(problem.rstrip("."))
    version = source.data.get(name) if source is not None and isinstance(source.data, dict) else None
    if not isinstance(version, str):
        raise PaperError(f"`{name}` has no version", where=where, todo=f'Say it as a text: {name}: "1.0"')
    return checked_version(version, name)


def _pages(folder: Path) -> Iterator[tuple[str, Path]]:
    for place in sorted(folder.glob("*")):
        if place.is_file() and not place.name.startswith("."):
            yield place.name, place


def _national(paths: Paths) -> dict[str, Path]:
    """The pages over several studies, where two studies measure the same, and a page for each funder."""
    pictures = {f"national.{suffix}": paths.profile_file("", "national", suffix) for suffix in ("html", "pdf", "xlsx")}
    funders = {f"funders/{name}": place for name, place in _pages(paths.funder_pages)}
    return {name: place for name, place in pictures.items() if place.is_file()} | funders


def _paper(paths: Paths, project: Project, paper: str) -> dict[str, Path]:
    places = {
        f"{stem(paper, part)}.{writer.suffix}": paths.paper_file(stem(paper, part), writer.suffix)
        for writer in WRITERS.values()
        for part in writer.parts
    }
    places = {name: place for name, place in places.items() if name.startswith(f"{paper}.") or place.is_file()}
    for figure in project.papers[paper].figures:
        names = {f"figures/{figure}.{suffix}": paths.figure_file(figure, suffix) for suffix in FIGURE_SUFFIXES}
        places |= {name: place for name, place in names.items() if place.is_file()}
    return places
