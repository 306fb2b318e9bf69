"""``cohesion release check``, ``sign`` and ``publish``: what may go out, who says so, and what went out."""

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.commands.messages import said_plainly
from assets.commands.place import here_to_write
from pipeline.audit import note
from pipeline.errors import PaperError
from pipeline.files import SUMS, write_bytes
from pipeline.papers.disclosure.release import (
    Line,
    Release,
    Signature,
    checked_version,
    digest_of,
    lines_as_csv,
    lines_of_csv,
    manifest,
    missing_signatures,
    person,
    signed,
)
from pipeline.paths import Paths
from pipeline.specs import Project, load_project
from pipeline.specs.writers import WRITERS, stem

if TYPE_CHECKING:
    import polars as pl

    from pipeline.papers.disclosure import Refusal

release_app = typer.Typer(
    help="Check, sign and publish a paper or profiles of areas, so that nothing goes out that identifies people.",
    no_args_is_help=True,
)
PaperName = Annotated[str, typer.Argument(help="A paper, by the name of its file, or profiles_STUDY.")]
PROFILES = "profiles_"
"""Before the name of a study: the pages on all its areas, which go out together."""
FIGURE_SUFFIXES = ("png", "svg", "narrow.svg", "csv")


@release_app.command("check")
@said_plainly
def check(paper: PaperName) -> None:
    """Check every number that the built paper prints against all earlier releases; list what may not go out."""
    for line in _judged(*_project(paper), paper):
        typer.echo(line)


def checked(paths: Paths, paper: str) -> Iterator[str]:
    """Judge a built paper as it would be released; in lines, what comes next. Raises ``PaperError`` if it may not."""
    yield from _judged(paths, _declared(paths, paper), paper)


def _judged(paths: Paths, project: Project, paper: str) -> Iterator[str]:
    version, files = _version(project, paper), _files(paths, project, paper)
    refused = _refused(paths, project, paper)
    _audit(paths, "check_release", paper, version, digest_of(files), f"{len(refused)} refused")
    _stop_if(refused, paper)
    yield f"✓ {paper} {version}: nothing is refused; {len(files)} files. Two people sign them:"
    yield f'  cohesion release sign {paper} --name "…" --role "…"'


@release_app.command("sign")
@said_plainly
def sign(
    paper: PaperName,
    name: Annotated[str, typer.Option(help="Who signs.")],
    role: Annotated[str, typer.Option(help="In which role: output checker, principal investigator.")],
) -> None:
    """Sign the built files as they are now; a later change voids the signature. Two different people must sign."""
    paths, project = _project(paper)
    if not person(name) or not role.strip():
        raise PaperError("a signature has a name and a role")
    version, files = _version(project, paper), _files(paths, project, paper)
    digest = digest_of(files)
    refused = _refused(paths, project, paper)
    if refused:
        _audit(paths, "sign", paper, version, digest, "refused")
    _stop_if(refused, paper)
    before = _lines(paths.release_signatures, Signature)
    if person(name) in {person(one.name) for one in signed(before, paper, version, digest)}:
        raise PaperError(f"{name} has signed these files already", todo="A second person has to.")
    made = Signature(paper, version, digest, name.strip(), role.strip(), _today())
    write_bytes(paths.release_signatures, lines_as_csv([*before, made], Signature))
    _audit(paths, "sign", paper, version, digest, f"signed by {made.name}, {made.role}")
    missing = missing_signatures([*before, made], paper, version, digest)
    typer.echo(f"✓ {made.name} ({made.role}) has signed {paper} {version}, {digest[:12]}. {missing}".rstrip())
    if not missing:
        typer.echo(f"  cohesion release publish {paper}")


@release_app.command("publish")
@said_plainly
def publish(paper: PaperName) -> None:
    """Copy the signed files to reports/build/release, and enter them in the register."""
    paths, project = _project(paper)
    version, files = _version(project, paper), _files(paths, project, paper)
    digest, register = digest_of(files), _lines(paths.release_register, Release)
    if any((one.paper, one.version) == (paper, version) for one in register):
        raise PaperError(f"{paper} {version} was published before", todo="Give the paper another version.")
    _stop_if(_refused(paths, project, paper), paper)
    signatures = _lines(paths.release_signatures, Signature)
    missing = missing_signatures(signatures, paper, version, digest)
    if missing:
        _audit(paths, "publish", paper, version, digest, "not signed")
        raise PaperError(missing.rstrip("."), where=f"{paper} {version}", todo=f"cohesion release sign {paper}")
    _copy(files, paths.released(paper, version), manifest(files))
    cells = _cells(paths, project, paper).read_bytes()
    write_bytes(paths.released_cells(paper, version), cells)
    names = "; ".join(f"{one.name} ({one.role})" for one in signed(signatures, paper, version, digest))
    made = Release(paper, version, digest, _today(), names, digest_of({"cells": cells}))
    write_bytes(paths.release_register, lines_as_csv([*register, made], Release))
    _audit(paths, "publish", paper, version, digest, f"published, signed by {names}")
    typer.echo(f"✓ {paper} {version}: {len(files)} files in {os.path.relpath(paths.released(paper, version))}")
    typer.echo(f"  Commit {os.path.relpath(paths.releases)}: later releases are judged with what this one published.")


def _project(paper: str) -> tuple[Paths, Project]:
    paths = here_to_write()
    return paths, _declared(paths, paper)


def _declared(paths: Paths, paper: str) -> Project:
    project = load_project(paths)
    known = [*project.papers, *(f"{PROFILES}{study.key}" for study in project.studies.values() if study.index)]
    if paper not in known:
        raise PaperError(f"`{paper}` is not a paper; known: {', '.join(known)}")
    return project


def _of_areas(project: Project, paper: str) -> str:
    """The study whose profiles these are; empty for a paper, which may be called as profiles would be."""
    return "" if paper in project.papers else paper.removeprefix(PROFILES)


def _study(project: Project, paper: str) -> str:
    return _of_areas(project, paper) or project.papers[paper].study


def _version(project: Project, paper: str) -> str:
    study = project.studies.get(_of_areas(project, paper))
    if study is None:
        return checked_version(project.papers[paper].version, paper)
    version = study.index.profile.version if study.index is not None else ""
    if not version:
        where = f"data/studies/{study.key}/index.yaml"
        raise PaperError("the profiles of areas have no `version`", where=where, todo='profile: {version: "1.0"}')
    return checked_version(version, paper)


def _cells(paths: Paths, project: Project, paper: str) -> Path:
    study = _of_areas(project, paper)
    return paths.profile_cells(study) if study else paths.paper_cells(paper)


def _files(paths: Paths, project: Project, paper: str) -> dict[str, bytes]:
    """Name → content of every file of a release: a paper in each format with its figures, or the pages on all areas."""
    study = _of_areas(project, paper)
    places = _pages(paths.profiles(study)) if study else _paper_files(paths, project, paper)
    absent = [name for name, place in places.items() if not place.is_file()]
    cells = _cells(paths, project, paper)
    if absent or not places or not cells.is_file():
        first = absent[0] if absent else cells.name
        raise PaperError(f"{first} is not built", where=paper, todo="Run `cohesion build` first.")
    return {name: place.read_bytes() for name, place in places.items()}


def _pages(folder: Path) -> dict[str, Path]:
    return {
        place.name: place for place in sorted(folder.glob("*")) if place.is_file() and not place.name.startswith(".")
    }


def _paper_files(paths: Paths, project: Project, paper: str) -> dict[str, Path]:
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


def _refused(paths: Paths, project: Project, paper: str) -> "list[Refusal]":
    """What is refused of the built paper, given every release of the register."""
    from pipeline.papers.disclosure import refusals
    from pipeline.papers.disclosure.record import cells_of_csv

    study = _study(project, paper)
    cells = cells_of_csv(_cells(paths, project, paper).read_bytes())
    return refusals(cells, _earlier(paths, project, study), project.studies[study].about.disclosure)


def _earlier(paths: Paths, project: Project, study: str) -> "pl.DataFrame | None":
    """What earlier releases about the same study published, each under its name."""
    import polars as pl

    from pipeline.papers.disclosure.record import cells_of_csv

    found = []
    for one in _lines(paths.release_register, Release):
        is_profiles = one.paper not in project.papers and one.paper.startswith(PROFILES)
        if (is_profiles or one.paper in project.papers) and _study(project, one.paper) != study:
            continue
        place = paths.released_cells(one.paper, one.version)
        if not place.is_file() or digest_of({"cells": place.read_bytes()}) != one.cells_sha256:
            raise PaperError(
                f"what {one.paper} {one.version} published is not as it was registered",
                where=place.name,
                todo="Restore it from git: no release can be judged without it.",
            )
        name = f"{one.paper} {one.version}"
        found.append(cells_of_csv(place.read_bytes()).with_columns(pl.lit(name).alias("release")))
    return pl.concat(found, how="diagonal") if found else None


def _stop_if(refused: "list[Refusal]", paper: str) -> None:
    if refused:
        listed = "\n".join(f"  {refusal}" for refusal in refused)
        many = f"{len(refused):,} number{'s' if len(refused) > 1 else ''}"
        raise PaperError(f"{many} may not be published:\n{listed}\n", where=paper)


def _copy(files: dict[str, bytes], folder: Path, sums: str) -> None:
    """The files in their folder, all or none: a reader sees no half release."""
    if folder.exists():
        if (folder / SUMS).is_file() and (folder / SUMS).read_text(encoding="utf-8") == sums:
            return  # copied by a run that ended before the register was written
        raise PaperError("this folder holds another release", where=str(folder.name), todo="Give another version.")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")
    try:
        for name, content in [*files.items(), (SUMS, sums.encode())]:
            write_bytes(draft / name, content)
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _lines(place: Path, kind: type[Line]) -> list[Line]:
    return lines_of_csv(place.read_bytes(), kind) if place.is_file() else []


def _audit(paths: Paths, action: str, paper: str, version: str, digest: str, outcome: str) -> None:
    note(paths, action, f"{paper} {version}", {"files_sha256": digest, "outcome": outcome})


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()
