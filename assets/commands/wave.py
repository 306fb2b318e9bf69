"""The commands for the day a wave arrives: ``cohesion wave draft``, ``cohesion wave accept``, ``cohesion withdraw``."""

import datetime as dt
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.messages import of_studies, said_plainly
from assets.commands.place import here, here_to_write
from assets.engine.workspace import Workspace
from assets.waves.open import open_study, open_to_draft, open_wave
from pipeline.audit import note
from pipeline.errors import CohesionError
from pipeline.specs import Study

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
    from assets.waves.draft import draft as write

    workspace, declared = open_to_draft(here_to_write(), study)
    for line in write(workspace, declared, file, wave=wave, arm=arm, items=items):
        typer.echo(line)


@wave_app.command("preview")
@said_plainly
def preview(study: StudyName, wave: WaveName, deposits: Deposits = None) -> None:
    """Write the drift report of a wave that nobody has confirmed yet; confirm nothing."""
    from assets.waves.preview import preview as write

    workspace, declared = _open_wave(study, wave)
    page, found = write(workspace, declared, wave, deposits or workspace.deposit_folder(declared))
    typer.echo(f"{os.path.relpath(page)} ({found})")


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
    from assets.waves.accept import accept as confirm
    from assets.waves.running import reload_ui

    workspace, declared = _open_wave(study, wave)

    def ask(replaced: str, found: Mapping[str, Sequence[str]]) -> None:
        typer.echo(replaced)
        _say(found)
        if sys.stdin.isatty() and not yes and not typer.confirm("Accept it?"):
            raise CohesionError("was not accepted", where=f"{study} {wave}", todo="Nothing was changed.")

    for line in confirm(workspace, declared, wave, deposits or workspace.deposit_folder(declared), ask):
        typer.echo(line)
    if said := reload_ui(workspace.paths):
        typer.echo(said)


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


def _open_wave(study: str, wave: str, *, to_write: bool = True) -> tuple[Workspace, Study]:
    workspace = _workspace(study, to_write=to_write, with_papers=False)
    return workspace, open_wave(workspace, study, wave)


def _workspace(study: str, *, to_write: bool = True, with_papers: bool = True) -> Workspace:
    paths = here_to_write() if to_write else here()
    return Workspace(paths, of_studies(paths, [study], with_papers=with_papers))


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

    workspace = _workspace(study)
    declared = open_study(workspace, study)
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
