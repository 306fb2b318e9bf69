"""``cohesion bundle`` and ``cohesion verify``: a study for partners, and whether they compute the same numbers."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.messages import of_studies, said_plainly
from assets.commands.place import here_to_write, repository_of
from assets.engine.workspace import Workspace
from assets.waves.open import open_study
from pipeline.audit import note
from pipeline.errors import CohesionError
from pipeline.texts import visible


class Rows(StrEnum):
    """What of people's answers a bundle holds."""

    PANEL = "panel"
    TWIN = "twin"


class Source(StrEnum):
    """What a study is built from."""

    DEPOSITS = "deposits"
    GENERATED = "generated"
    PANEL = "panel"
    TWIN = "twin"


StudyName = Annotated[str, typer.Argument(help="The study, by the name of its folder in data/studies.")]
With = Annotated[
    Rows | None,
    typer.Option(
        "--with", help="`panel`: the answers under new pseudonyms, private; `twin`: invented answers like them."
    ),
]
To = Annotated[Path | None, typer.Option("--to", help="The file to write; <study>.bundle.zip if left out.")]
File = Annotated[Path, typer.Argument(help="The bundle.")]
Deposits = Annotated[Path | None, typer.Option(help="The folder with the deposited files of the study.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
From = Annotated[
    Source | None,
    typer.Option("--from", help="What to build from; if left out, the first of these that there is."),
]
Work = Annotated[
    Path | None,
    typer.Option("--work", help="An empty folder to build in, which is kept; else a temporary one, which is removed."),
]
Workers = Annotated[int | None, typer.Option(min=0, help="How many processes compute: by default as many as cores.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write every number to this CSV file.")]
SUFFIX = ".bundle.zip"
CANNOT = 2
"""The exit code where nothing could be compared."""


def _refuse_in_git(target: Path) -> None:
    """Rows of people do not lie where they could be committed."""
    if repository_of(target.resolve().parent) is not None:
        raise CohesionError(
            "lies in a git repository, where rows of people could be committed",
            where=str(target),
            todo="Name a file outside of any repository, with --to.",
        )


@said_plainly
def bundle(study: StudyName, rows: With = None, to: To = None, deposits: Deposits = None) -> None:
    """Write one file with which a partner can compute a study's numbers again, and compare them."""
    from assets.bundles.make import make_bundle

    target = to or Path(f"{study}{SUFFIX}")
    if target.is_dir():
        target = target / f"{study}{SUFFIX}"
    workspace = _workspace(study, deposits)
    if rows is Rows.PANEL:
        _refuse_in_git(target)
    with _writable(target):
        made = make_bundle(workspace, study, target, rows.value if rows else "", _Shown(False))
    details = {"file": str(target.resolve()), "sha256": made.sha256, "rows": rows.value if rows else "none"}
    note(workspace.paths, "bundle", study, details)
    typer.echo(f"✓ {made.file}: {made.numbers:,} numbers, {made.size / 1e6:,.1f} MB")
    typer.echo(f"  SHA-256 {made.sha256}")
    if made.withheld:
        typer.echo(f"  {made.withheld:,} rows of numbers are left out: they are of too few people to leave the study.")
    if made.people:
        typer.echo(PRIVATE.format(tables=", ".join(made.people)))
    typer.echo(f"  A partner runs: cohesion verify {made.file.name}")


Seed = Annotated[int | None, typer.Option(min=0, help="Another twin for another number.")]


@said_plainly
def twin(
    study: StudyName,
    to: Annotated[Path, typer.Option("--to", help="An empty or new folder, in which a project with the twin is made.")],
    deposits: Deposits = None,
    seed: Seed = None,
) -> None:
    """Invent people who answer as a study's people do, as deposits in its own layout, in a project that builds."""
    from assets.twins.make import SEED, make_twin

    if to.exists() and any(to.iterdir()):
        raise CohesionError("is not empty", where=str(to), todo="Name an empty or a new folder.")
    made = make_twin(_workspace(study, deposits), study, to.resolve(), SEED if seed is None else seed, typer.echo)
    people = sum(made.people.values())
    typer.echo(f"✓ {to}: {people:,} invented people in {made.files} file{'s' if made.files > 1 else ''}")
    for arm, near in made.distances.items():
        typer.echo(
            f"  {arm}: shares of missing codes within {near.missing:.1%}, of those who take part within "
            f"{near.participation:.1%}; correlations differ by {near.associations:.2f} on average"
        )
    typer.echo("  No row is a real one, and codes of fewer than ten people were merged; that is no formal guarantee.")
    typer.echo(f"  cohesion build --root {to}")


PRIVATE = """
  PRIVATE: this file holds a row for each participant ({tables}).
  Pseudonyms are new, but answers, dates, strata, sampling units and areas are as they are: whoever knows enough about a
  person may recognise the row. Send it only under a data agreement and encrypted; the file can be read by you alone.
  Who withdraws later stays in it: then make a new bundle, and have this one destroyed.
"""


def _workspace(study: str, deposits: Path | None = None) -> Workspace:
    """The study as it was built last, from wherever its deposits lay."""
    from assets.commands.remembered import deposit_folders

    paths = here_to_write()
    project = of_studies(paths, [study])
    declared = open_study(Workspace(paths, project), study)
    given = {study: _folder(deposits)} if deposits is not None else {}
    workspace, _ = deposit_folders(Workspace(paths, project, given), declared)
    return workspace


@said_plainly
def verify(
    file: File,
    deposits: Deposits = None,
    as_json: AsJson = False,
    work: Work = None,
    report: Report = None,
    workers: Workers = None,
    source: From = None,
) -> None:
    """Build a bundle's study again on this machine, and say number by number whether it is the same.

    Exit code 0: all the same; 1: something differs; 2: something could not be compared.
    """
    try:
        _verify(file, deposits, as_json, work, report, workers, source.value if source else None)
    except CohesionError as error:
        typer.echo(json.dumps({"code": CANNOT, "error": str(error)}) if as_json else f"✗ {error}", err=not as_json)
        raise typer.Exit(CANNOT) from None


def _verify(
    file: Path,
    deposits: Path | None,
    as_json: bool,
    work: Path | None,
    report: Path | None,
    workers: int | None,
    source: str | None,
) -> None:
    from assets.bundles.report import as_csv, data, lines
    from assets.bundles.verify import verify as verified
    from pipeline.files import write_bytes

    if deposits is not None:
        _folder(deposits)
    with _root(work) as root:
        found = verified(file, root, deposits, _Shown(as_json), workers, source)
        target = report or file.with_name(f"{file.name.removesuffix('.zip')}.verified.csv")
        with _writable(target):
            write_bytes(target, as_csv(found))
    if as_json:
        typer.echo(json.dumps({**data(found), "report": str(target)}, ensure_ascii=False, indent=1))
    else:
        for line in lines(found):
            typer.echo(visible(line))
        typer.echo(f"  every number: {target}")
    if found.code:
        raise typer.Exit(found.code)


def _folder(deposits: Path) -> Path:
    if not deposits.is_dir():
        raise CohesionError("is not a folder", where=str(deposits), todo="Give the folder that holds the wave files.")
    return deposits.resolve()


@contextmanager
def _writable(target: Path) -> Iterator[None]:
    """What the system refuses to write, in words."""
    try:
        yield
    except OSError as error:
        raise CohesionError(f"cannot be written ({error.strerror})", where=str(target), todo="Name another.") from None


class _Shown:
    """Says on the error stream which step ended, so that a long rebuild is seen to go on."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet

    def __call__(self, line: str) -> None:
        if not self._quiet:
            typer.echo(line, err=True)


@contextmanager
def _root(work: Path | None) -> Iterator[Path]:
    """An empty folder for the owner alone. Raises ``CohesionError`` for one that holds something."""
    if work is None:
        with tempfile.TemporaryDirectory(prefix="cohesion-verify-") as folder:
            yield Path(folder).resolve()
        return
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(work.iterdir()):
        raise CohesionError("is not empty", where=str(work), todo="Name an empty or a new folder.")
    yield work.resolve()
