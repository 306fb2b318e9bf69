"""``cohesion build``: what is due, from deposits to papers, with a line for each asset as it ends."""

import contextlib
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from assets.building import Running, plan_build, record
from assets.commands.interrupts import heed
from assets.commands.messages import of_studies, said_plainly
from assets.commands.place import here_to_write
from assets.commands.progress import Shown
from assets.commands.remembered import remember_deposits
from assets.engine.build import Event
from assets.engine.node import Node
from assets.engine.plan import Plan
from assets.engine.workspace import Workspace
from assets.reported import counted, findings_in_words
from assets.waves.open import open_study
from pipeline.errors import CohesionError
from pipeline.specs import load_project

Study = Annotated[list[str] | None, typer.Option("--study", "-s", help="Only this study; may be repeated.")]
Deposits = Annotated[Path | None, typer.Option(help="The folder with the deposited files of the one study named.")]
Select = Annotated[
    list[str] | None, typer.Option(help="Only these assets and what they need: 'paper/*'. May be repeated.")
]
Force = Annotated[bool, typer.Option("--force", help="Rebuild what is up to date, too.")]
List = Annotated[bool, typer.Option("--list", help="Show the assets, and which are due; build nothing.")]
Verify = Annotated[
    bool, typer.Option("--verify", help="Read every output again and compare its hash; what is altered is made anew.")
]
Workers = Annotated[int | None, typer.Option(min=0, help="How many processes compute: by default as many as cores.")]
AsOf = Annotated[
    list[str] | None, typer.Option("--as-of", help="With an earlier delivery of a wave: w02=1. May be repeated.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong.")]


@said_plainly
def build(
    study: Study = None,
    deposits: Deposits = None,
    select: Select = None,
    force: Force = False,
    list_: List = False,
    verify: Verify = False,
    workers: Workers = None,
    quiet: Quiet = False,
    as_of: AsOf = None,
) -> None:
    """Build what is due, from deposits to papers, and say where the papers are."""
    workspace = _workspace(study or [], deposits)
    with _as_delivered(workspace, study or [], as_of or []) as then:
        began = time.perf_counter()
        plan = plan_build(then, study or [], select or [], force=force, verify=verify)
        shown = Shown(plan, quiet)
        if not workspace.project.studies:
            shown.say(
                "– no study is declared yet: copy data/studies/_template, and let `cohesion check` say what is missing"
            )
        for name, why in plan.waiting.items():
            shown.say(
                f"– {name}: {why}; left out. Put the files there, or: cohesion build --study {name} --deposits DIR"
            )
        if list_:
            _list(plan)
            return
        if not as_of:
            remember_deposits(workspace, {node.study for node in plan.nodes})
        note = f"as of {', '.join(as_of)}" if as_of else ""
        failures, left = _build(then, plan, workers, shown, note) if plan.count else _as_it_is(then, plan, note)
        _close(then, plan, shown, failures, left, time.perf_counter() - began)
    if as_of:
        typer.echo(
            f"Built as of {', '.join(as_of)}: what lies there now is of that delivery. `cohesion build` undoes it."
        )


def _as_delivered(
    workspace: Workspace, studies: list[str], as_of: list[str]
) -> contextlib.AbstractContextManager[Workspace]:
    """The workspace with the chosen waves as they were delivered earlier; as it is if none was chosen."""
    if not as_of:
        return contextlib.nullcontext(workspace)
    from assets.redelivery import as_of as earlier

    return earlier(workspace, _versions(workspace, studies, as_of))


def _versions(workspace: Workspace, studies: list[str], as_of: list[str]) -> dict[str, dict[str, str]]:
    """Study → wave → version, from ``w02=1`` (of the one study named) or ``elsoc/w02=1``."""
    found: dict[str, dict[str, str]] = {}
    known = workspace.project.studies
    for asked in as_of:
        name, _, version = asked.partition("=")
        study, _, wave = name.rpartition("/")
        study = study or (studies[0] if len(studies) == 1 else next(iter(known)) if len(known) == 1 else "")
        if study not in known or wave not in known[study].waves or not version:
            raise CohesionError(
                f"`--as-of {asked}` names no wave and version",
                todo="Say `--study STUDY --as-of w02=1` (1 is the first delivery), or begin the SHA-256 of one.",
            )
        if workspace.uses_sample(known[study]):
            raise CohesionError("has generated files, which have no deliveries", where=study)
        found.setdefault(study, {})[wave] = version
    return found


def _list(plan: Plan) -> None:
    """Every asset: due, or to be looked at again when what it needs has been made, or current."""
    for node in plan.nodes:
        mark = "due" if node.name in plan.due else "then" if node.name in plan.following else ""
        typer.echo(f"{mark:<4} {node.group:<10} {node.name}")


def _as_it_is(workspace: Workspace, plan: Plan, note: str) -> tuple[dict[str, str], set[str]]:
    """Nothing is due: what lies there is written into the ledger, if it is not yet; runs that were killed are ended."""
    from assets.dagster.left_open import left_open

    if left_open(workspace.paths.instance):
        from assets.dagster.books import close_lost

        close_lost(workspace)
    if trouble := record(workspace, plan, note):
        typer.echo(trouble, err=True)
    return {}, set()


def _build(
    workspace: Workspace, plan: Plan, workers: int | None, shown: Shown, note: str
) -> tuple[dict[str, str], set[str]]:
    """Build, and let Dagster keep the books of it; returns what failed and why, and all that could not be built."""
    waits = lambda: shown.say("Another build of this folder is running; this one begins when it ends.")  # noqa: E731

    def take(event: Event) -> None:
        heed()
        shown.take(event)

    with shown, Running(workspace, plan, workers=workers, listener=take, waits=waits, note=note) as running:
        from assets.dagster.books import keep_books

        trouble = keep_books(workspace, plan, running)
    for line in (*trouble, *filter(None, [running.unrecorded, running.unshared])):
        typer.echo(line, err=True)
    return running.failures, running.left


def _workspace(studies: list[str], deposits: Path | None) -> Workspace:
    paths = here_to_write()
    project = of_studies(paths, studies) if studies else load_project(paths)
    workspace = Workspace(paths, project)
    for name in studies:
        open_study(workspace, name)
    if deposits is None:
        return workspace
    if len(studies) != 1:
        raise CohesionError("`--deposits` says where one study's files lie", todo="Name it with `--study`.")
    if not deposits.is_dir():
        raise CohesionError("is not a folder", where=str(deposits), todo="Give the folder that holds the wave files.")
    return Workspace(paths, project, {studies[0]: deposits.resolve()})


PAGES = {"profiles": "profiles of areas", "national": "national picture", "codebook": "codebook"}
"""What pages that are neither papers nor drift reports are called, by the first part of the key."""


def _close(
    workspace: Workspace, plan: Plan, shown: Shown, failures: dict[str, str], left: set[str], seconds: float
) -> None:
    """How many assets were built, where pages are, what is to be decided, and what failed."""
    built = counted(shown.built, "asset")
    current = f"; {shown.current:,} came out as they were" if shown.current else ""
    shown.say(f"\n{f'{built} built in {seconds:.1f} s{current}' if plan.count else 'Nothing has changed'}.")
    for node in plan.nodes:
        for page in (file for file in node.files.values() if file.is_page):
            path = workspace.paths.root / page.path
            if path.exists():
                kind = PAGES.get(node.keys[0][0], "paper" if node.group == "write" else "drift report")
                old = " (of an earlier build)" if node.name in left and node.group == "write" else ""
                shown.say(f"  {kind}: {os.path.relpath(path)}{old or _found(workspace, node)}")
    if failures:
        typer.echo(f"\n{counted(len(left), 'asset')} could not be built, because of:", err=True)
        for name, message in failures.items():
            typer.echo(f"  ✗ {name}: {message}", err=True)
        raise typer.Exit(1)


def _found(workspace: Workspace, node: Node) -> str:
    words = findings_in_words(workspace, node)
    return f" ({words})" if words else ""
