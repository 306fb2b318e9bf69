"""The commands for the day a wave arrives: ``cohesion wave draft``, ``cohesion wave accept``, ``cohesion withdraw``."""

import datetime as dt
import json
import os
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.messages import of_studies, said_plainly
from assets.commands.place import here, here_to_write
from assets.engine.outside import hash_of_file
from assets.engine.workspace import Workspace
from pipeline.audit import note
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.files import write_bytes
from pipeline.paths import Paths
from pipeline.specs import Project, Study, load_studies
from pipeline.specs.load import read_project

wave_app = typer.Typer(help="Draft the declaration of a new wave, and confirm it.", no_args_is_help=True)

StudyName = Annotated[str, typer.Argument(help="The study's folder name.")]
WaveName = Annotated[str, typer.Argument(help="The wave: w04.")]
Deposits = Annotated[Path | None, typer.Option(help="Where the study's files lie, if not where it says.")]


@wave_app.command("draft")
@said_plainly
def draft(
    study: StudyName,
    file: Annotated[Path, typer.Argument(help="The new file.")],
    wave: Annotated[str | None, typer.Option(help="The wave it is; the next one if left out.")] = None,
    arm: Annotated[str | None, typer.Option(help="The arm it belongs to; needed if the study has several.")] = None,
    items: Annotated[bool, typer.Option("--items", help="Declare the other columns in items.yaml, too.")] = False,
) -> None:
    """Propose a wave's declaration from its file, each proposal with its confidence and evidence.

    The first wave of a new study also proposes its items.
    """
    from pipeline.ingest.arrival.confirm import add_wave
    from pipeline.ingest.arrival.template import template_of
    from pipeline.ingest.arrival.write_draft import Place, check_name, next_wave, write_draft

    workspace, declared = open_to_draft(study)
    _refuse_loaded(workspace, declared, file)
    folder = workspace.deposit_folder(declared)
    place = Place(workspace.paths.study(study), template_of(workspace.paths.study(study)), folder)
    name, chosen = wave or next_wave(declared, place, file), _arm(declared, arm)
    check_name(declared, place, name, file)
    for line in write_draft(declared, place, name, chosen, file, add_items=items):
        typer.echo(line)
    if add_wave(workspace.paths.study(study) / "study.yaml", chosen, name):
        typer.echo(f"{name} is among the `waves` of the arm {chosen} in study.yaml.")
    else:
        typer.echo(f"Add {name} to the `waves` of the arm {chosen} in study.yaml.")
    if file.resolve().parent != folder.resolve():
        typer.echo(f"Put the file into {os.path.relpath(folder)}, from where it is read.")
    typer.echo(f"Read and correct it, then: cohesion wave accept {study} {name}")


@wave_app.command("accept")
@said_plainly
def accept(
    study: StudyName,
    wave: WaveName,
    deposits: Deposits = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a delivery replaces another.")] = False,
) -> None:
    """Confirm a wave: write the hash and the rows of its files into its declaration.

    Items with `codes: from_labels` get their codes from the files' labels, written into items.yaml.
    A delivery that replaces a confirmed one is first compared with it; the one before is kept.
    """
    from pipeline.ingest import find_file, keep_deposit
    from pipeline.ingest.arrival.confirm import confirm_places, places
    from pipeline.ingest.arrival.confirmed_elsewhere import refuse_confirmed_elsewhere
    from pipeline.ingest.arrival.freeze import freeze
    from pipeline.ingest.declared import labelled_parts, received_files

    workspace, declared = _open_wave(study, wave)
    folder = deposits or workspace.deposit_folder(declared)
    found = received_files(declared, wave, folder)
    refuse_confirmed_elsewhere(declared, wave, found)
    _refuse_unasked(declared, wave, folder, workspace, yes)
    for name, receipt in found.items():
        keep_deposit(find_file(folder, name), workspace.paths.kept(study), receipt)
    items = workspace.paths.study(study) / "items.yaml"
    receipts = [(place, found[place.file.file]) for place in places(workspace.paths.study(study), declared, wave)]
    targets = list(dict.fromkeys(place.declaration for place, _ in receipts))
    with _or_as_before(items, *targets):
        frozen = freeze(declared, wave, labelled_parts(declared, wave, folder), items)
        confirm_places(receipts)
        load_studies(workspace.paths, [study])
    for receipt in found.values():
        typer.echo(f"✓ {receipt['file']}: {receipt['rows']:,} rows, SHA-256 {str(receipt['sha256'])[:12]}…")
    for line in frozen:
        typer.echo(line)
    for name, receipt in found.items():
        details = {"file": name, "sha256": str(receipt["sha256"]), "rows": f"{receipt['rows']:,}"}
        note(workspace.paths, "accept", f"{study} {wave}", details)
    _reload_ui(workspace.paths)
    said = " and ".join(os.path.relpath(target) for target in targets)
    typer.echo(f"Confirmed in {said}. Next: cohesion build --study {study}")


@contextmanager
def _or_as_before(*files: Path) -> Iterator[None]:
    """All changes to these files, or none if one of them, or what they say together, is not right."""
    before = {file: file.read_bytes() for file in files}
    try:
        yield
    except CohesionError:
        for file, content in before.items():
            if file.read_bytes() != content:
                write_bytes(file, content)
        raise


@wave_app.command("compare")
@said_plainly
def compare(study: StudyName, wave: WaveName, deposits: Deposits = None) -> None:
    """Show what the files that lie there now change of the wave as it was confirmed; confirm nothing."""
    from assets.redelivery import redeliveries

    workspace, declared = _open_wave(study, wave, to_write=False)
    found = redeliveries(workspace, declared, wave, deposits or workspace.deposit_folder(declared))
    if found:
        _say(found)
    else:
        typer.echo("Nothing differs: these are the confirmed files, or none was confirmed yet.")


def _say(found: Mapping[str, Sequence[str]]) -> None:
    """Print what differs, wave by wave; of a single wave without its name."""
    for wave, lines in found.items():
        for line in lines:
            typer.echo(f"  {wave}: {line}" if len(found) > 1 else f"  {line}")


def _refuse_unasked(study: Study, wave: str, folder: Path, workspace: Workspace, yes: bool) -> None:
    """Say what a delivery changes of the one before, and at a terminal ask before it takes its place."""
    from assets.redelivery import redeliveries

    found = redeliveries(workspace, study, wave, folder)
    if not found:
        return
    waves = ", ".join(found)
    several = f" It serves {len(found)} waves, and is confirmed for all of them: {waves}." if len(found) > 1 else ""
    typer.echo(f"{study.key} {wave}: this delivery replaces the one that was confirmed.{several}")
    _say(found)
    if sys.stdin.isatty() and not yes and not typer.confirm("Accept it?"):
        raise CohesionError("was not accepted", where=f"{study.key} {wave}", todo="Nothing was changed.")


def _open_wave(study: str, wave: str, *, to_write: bool = True) -> tuple[Workspace, Study]:
    workspace, declared = _open(study, to_write=to_write)
    if wave not in declared.waves:
        raise CohesionError(f"has no wave `{wave}`", where=study, todo=f"Known: {', '.join(declared.waves)}.")
    return workspace, declared


def _open(study: str, *, to_write: bool = True) -> tuple[Workspace, Study]:
    paths = here_to_write() if to_write else here()
    project = of_studies(paths, [study])
    if study not in project.studies:
        known = ", ".join(project.studies)
        raise CohesionError(f"there is no study `{study}`", todo=f"Known: {known}.")
    return Workspace(paths, project), project.studies[study]


def open_to_draft(study: str) -> tuple[Workspace, Study]:
    """The same without holding the files of the project against each other: some may name the wave already."""
    paths = here_to_write()
    reading = read_project(paths)
    if study not in reading.parts:
        raise CohesionError(f"there is no study `{study}`", todo=f"Known: {', '.join(reading.parts)}.")
    problems = [problem for key, source in reading.sources.items() if key[0] == study for problem in source.problems]
    if problems:
        raise DeclarationErrors(list(dict.fromkeys(problems)))
    project = Project(reading.concepts, reading.studies, reading.models, reading.figures, reading.papers)
    return Workspace(paths, project), project.studies[study]


def _arm(study: Study, arm: str | None) -> str:
    arms = study.about.arms
    if arm is None and len(arms) == 1:
        return next(iter(arms))
    if arm not in arms:
        raise CohesionError("has several arms", where=study.key, todo=f"Say which, with --arm: {', '.join(arms)}.")
    return arm


def _refuse_loaded(workspace: Workspace, study: Study, file: Path) -> None:
    from assets.deposits import loaded_hashes

    if not file.is_file():
        raise CohesionError("there is no such file", where=file.name)
    wave = loaded_hashes(workspace, study).get(hash_of_file(file))
    if wave:
        raise CohesionError(f"is already loaded as {wave}", where=file.name, todo="There is nothing to do.")


def _reload_ui(paths: Paths) -> None:
    """Let a running UI of this clone read the declarations again; nothing happens if none is running."""
    from assets.dagster.instance import noted_port

    query = json.dumps({"query": "mutation { reloadWorkspace { __typename } }"}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{noted_port(paths)}/graphql", data=query, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=90):
            typer.echo("The running asset graph shows it.")
    except OSError:
        return


@said_plainly
def withdraw(
    study: StudyName,
    person: Annotated[str | None, typer.Argument(help="The person's id, as the files have it.")] = None,
    scope: Annotated[
        str, typer.Option(help="future: no later wave; erase: nothing stays, of any wave, anywhere.")
    ] = "",
    date: Annotated[dt.datetime | None, typer.Option(help="When the person withdrew; today if left out.")] = None,
    deposits: Annotated[
        Path | None, typer.Option(help="Where the study's files lie; if left out, where the last build read them.")
    ] = None,
    take_back: Annotated[
        bool, typer.Option("--roll-back", help="Put all files back as they were before an erasure that has not ended.")
    ] = False,
) -> None:
    """Note that somebody withdrew; with `erase` remove them everywhere, build again and prove it."""
    from assets.commands.withdrawal import carry_out, roll_back

    workspace, declared = _open(study)
    if take_back:
        typer.echo(roll_back(workspace, declared))
        note(workspace.paths, "roll_back_withdrawal", study)
        return
    if person is None:
        raise CohesionError("no id was given", todo="Give the id as the files have it.")
    if deposits is not None:
        workspace = Workspace(workspace.paths, workspace.project, {study: deposits.resolve()})
    note(workspace.paths, "withdraw", study, {"scope": scope, "outcome": "begun"})
    outcome = "not ended"
    try:
        for line in carry_out(workspace, declared, person, scope, (date or dt.datetime.now()).date()):
            typer.echo(line)
        outcome = "done"
    finally:
        note(workspace.paths, "withdraw", study, {"scope": scope, "outcome": outcome})
