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
from assets.releasable import Releasable, of_study, releasable, study_of
from pipeline.audit import note
from pipeline.errors import PaperError
from pipeline.files import SUMS, write_bytes
from pipeline.papers.disclosure.release import (
    Line,
    Release,
    Signature,
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

if TYPE_CHECKING:
    import polars as pl

    from pipeline.papers.disclosure import Refusal

release_app = typer.Typer(
    help="Check, sign and publish a paper, pages on areas or a codebook: nothing goes out that identifies people.",
    no_args_is_help=True,
)
PaperName = Annotated[
    str, typer.Argument(help="A paper, by the name of its file, or profiles_STUDY, codebook_STUDY, national.")
]


@release_app.command("check")
@said_plainly
def check(paper: PaperName) -> None:
    """Check every number that the built paper prints against all earlier releases; list what may not go out."""
    for line in _judged(*_project(paper), paper):
        typer.echo(line)


def checked(paths: Paths, paper: str) -> Iterator[str]:
    """Judge a built paper as it would be released; in lines, what comes next. Raises ``PaperError`` if it may not."""
    yield from _judged(paths, load_project(paths), paper)


def _judged(paths: Paths, project: Project, paper: str) -> Iterator[str]:
    item = releasable(paths, project, paper)
    version, files = item.version, item.files()
    refused = _refused(paths, project, item)
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
    item = releasable(paths, project, paper)
    version, files = item.version, item.files()
    digest = digest_of(files)
    refused = _refused(paths, project, item)
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
    from pipeline.papers.disclosure.record import as_printed, cells_as_csv, cells_of_csv

    paths, project = _project(paper)
    item = releasable(paths, project, paper)
    version, files = item.version, item.files()
    digest, register = digest_of(files), _lines(paths.release_register, Release)
    if any((one.paper, one.version) == (paper, version) for one in register):
        raise PaperError(f"{paper} {version} was published before", todo="Give the paper another version.")
    _stop_if(_refused(paths, project, item), paper)
    signatures = _lines(paths.release_signatures, Signature)
    missing = missing_signatures(signatures, paper, version, digest)
    if missing:
        _audit(paths, "publish", paper, version, digest, "not signed")
        raise PaperError(missing.rstrip("."), where=f"{paper} {version}", todo=f"cohesion release sign {paper}")
    _copy(files, paths.released(paper, version), manifest(files))
    cells = cells_as_csv(as_printed(cells_of_csv(item.cells.read_bytes())))
    write_bytes(paths.released_cells(paper, version), cells)
    names = "; ".join(f"{one.name} ({one.role})" for one in signed(signatures, paper, version, digest))
    made = Release(paper, version, digest, _today(), names, digest_of({"cells": cells}))
    write_bytes(paths.release_register, lines_as_csv([*register, made], Release))
    _audit(paths, "publish", paper, version, digest, f"published, signed by {names}")
    typer.echo(f"✓ {paper} {version}: {len(files)} files in {os.path.relpath(paths.released(paper, version))}")
    typer.echo(f"  Commit {os.path.relpath(paths.releases)}: later releases are judged with what this one published.")


def _project(_name: str) -> tuple[Paths, Project]:
    paths = here_to_write()
    return paths, load_project(paths)


def _refused(paths: Paths, project: Project, item: Releasable) -> "list[Refusal]":
    """What is refused of the built files, given every release of the register, study by study."""
    from pipeline.papers.disclosure import refusals
    from pipeline.papers.disclosure.record import cells_of_csv

    found: list[Refusal] = []
    cells = cells_of_csv(item.cells.read_bytes())
    for study in item.studies:
        own = of_study(cells, study)
        if own.height:
            rules = project.studies[study].about.disclosure
            found += refusals(own, _earlier(paths, project, study), rules)
    return list(dict.fromkeys(found))


def _earlier(paths: Paths, project: Project, study: str) -> "pl.DataFrame | None":
    """What earlier releases about the same study published, each under its name."""
    import polars as pl

    from pipeline.papers.disclosure.record import cells_of_csv

    found = []
    for one in _lines(paths.release_register, Release):
        if study_of(project, one.paper) not in ("", study):
            continue
        place = paths.released_cells(one.paper, one.version)
        if not place.is_file() or digest_of({"cells": place.read_bytes()}) != one.cells_sha256:
            raise PaperError(
                f"what {one.paper} {one.version} published is not as it was registered",
                where=place.name,
                todo="Restore it from git: no release can be judged without it.",
            )
        name = f"{one.paper} {one.version}"
        found.append(of_study(cells_of_csv(place.read_bytes()), study).with_columns(pl.lit(name).alias("release")))
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
