"""The command line: ``cohesion check``, ``build``, ``sample``, ``ui``."""

import logging
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from assets import store
from assets.graph import Node, Workspace
from assets.messages import said_plainly
from assets.wave_commands import wave_app, withdraw
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import load_project

app = typer.Typer(
    help="From wave files to findings papers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
FINDINGS = {"blocks": "to be decided", "warns": "to be looked at", "notes": "good to know"}
Study = Annotated[list[str] | None, typer.Option("--study", "-s", help="Only this study; may be repeated.")]
Deposits = Annotated[Path | None, typer.Option(help="The folder with the deposited files of the one study named.")]
Select = Annotated[
    list[str] | None, typer.Option(help="Only these assets and what they need: 'paper/*'. May be repeated.")
]
Force = Annotated[bool, typer.Option("--force", help="Rebuild what is up to date, too.")]
SampleFolder = Annotated[Path | None, typer.Argument(help="Where to write; data/sample if left out.")]
List = Annotated[bool, typer.Option("--list", help="Show the assets, and which are due; build nothing.")]


@app.command()
@said_plainly
def check() -> None:
    """Read every declaration and report every mistake at once."""
    began = time.perf_counter()
    paths = Paths.from_environment()
    project = load_project(paths)
    _check_prose(paths)
    counts = {kind: len(getattr(project, kind)) for kind in ("studies", "models", "figures", "papers")}
    summary = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    typer.echo(f"✓ {summary}: no mistakes ({time.perf_counter() - began:.1f} s)")


@app.command()
@said_plainly
def build(
    study: Study = None, deposits: Deposits = None, select: Select = None, force: Force = False, list_: List = False
) -> None:
    """Build what is due, from deposits to papers, and say where the papers lie."""
    from assets.build import database_is_current, execute, plan, swap_in_database

    began = time.perf_counter()
    workspace = _workspace(study or [], deposits)
    todo = plan(workspace, study or [], select or [], force)
    for name, why in todo.waiting.items():
        typer.echo(f"– {name}: {why}; left out. Put the files there, or: cohesion build --study {name} --deposits DIR")
    if list_:
        due = {node.name for node in todo.due}
        for node in todo.nodes:
            typer.echo(f"{'due ' if node.name in due else '    '} {node.group:<10} {node.name}")
        return
    failures = {}
    if todo.due:
        _show_progress(len(todo.due))
        failures = execute(workspace, todo.due)
    if todo.due or not database_is_current(workspace):
        swap_in_database(workspace)
    _close(workspace, todo, failures, time.perf_counter() - began)


def _check_prose(paths: Paths) -> None:
    """What is wrong with the form of a paper, as far as it can be told without results."""
    from pipeline.papers import read_paper

    found = [
        problem
        for file in sorted(paths.papers.glob("*.md"))
        if file.name != "README.md"
        for problem in read_paper(file, f"reports/papers/{file.name}").problems
    ]
    if found:
        raise DeclarationErrors(found)


def _workspace(studies: list[str], deposits: Path | None) -> Workspace:
    paths = Paths.from_environment()
    project = load_project(paths)
    for name in studies:
        if name not in project.studies:
            from pipeline.specs.reader import nearest

            known = ", ".join(project.studies)
            raise CohesionError(f"there is no study `{name}`{nearest(name, project.studies)}", todo=f"Known: {known}.")
    if deposits is None:
        return Workspace(paths, project)
    if len(studies) != 1:
        raise CohesionError("`--deposits` says where one study's files lie", todo="Name it with `--study`.")
    if not deposits.is_dir():
        raise CohesionError("is not a folder", where=str(deposits), todo="Give the folder that holds the wave files.")
    return Workspace(paths, project, {studies[0]: deposits.resolve()})


class _Progress(logging.Handler):
    """One line for each asset as it ends."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total, self.done = total, 0

    def emit(self, record: logging.LogRecord) -> None:
        self.done += 1
        typer.echo(f"[{self.done:>3}/{self.total}] {record.getMessage()}", err=record.levelno >= logging.ERROR)


def _show_progress(total: int) -> None:
    log = logging.getLogger("cohesion")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(_Progress(total))


def _close(workspace: Workspace, todo: object, failures: dict[str, str], seconds: float) -> None:
    from assets.fingerprints import stale

    due, nodes = {node.name for node in todo.due}, todo.nodes  # type: ignore[attr-defined]
    left = {node.name for node in stale(nodes, workspace)} if failures else set()
    typer.echo(f"\n{f'{_assets(len(due - left))} built in {seconds:.1f} s' if due else 'Nothing has changed'}.")
    for node in nodes:
        for file in node.files(workspace.paths) if node.files and node.group in ("harmonise", "write") else ():
            if file.exists():
                kind = "paper" if node.group == "write" else "drift report"
                old = " (of an earlier build)" if node.name in left and node.group == "write" else ""
                typer.echo(
                    f"  {kind}: {os.path.relpath(file)}{old or (_found(workspace, node) if node.name in due else '')}"
                )
    if failures:
        typer.echo(f"\n{_assets(len(left))} could not be built, because of:", err=True)
        for message in failures.values():
            typer.echo(f"  {message}", err=True)
        raise typer.Exit(1)


def _found(workspace: Workspace, node: Node) -> str:
    """How many findings a drift report holds, by what they do; nothing for papers."""
    key = next((key for key in node.keys if key[0] == "findings"), None)
    if key is None:
        return ""
    rows = store.load(workspace.paths, key).select("severity", "decision").iter_rows()
    counts = Counter("decided" if decision else FINDINGS[severity] for severity, decision in rows)
    words = [f"{counts[meaning]:,} {meaning}" for meaning in (*FINDINGS.values(), "decided") if counts[meaning]]
    return f" ({', '.join(words) or 'nothing found'})"


def _assets(count: int) -> str:
    return f"{count:,} asset{'' if count == 1 else 's'}"


@app.command()
@said_plainly
def sample(
    directory: Annotated[Path | None, typer.Argument(help="Where to write; data/sample if left out.")] = None,
) -> None:
    """Write the sample deposits: made-up data in genuine files, for the two UK studies."""
    from pipeline.sample import write_sample

    for path in write_sample(directory or Paths.from_environment().sample):
        typer.echo(os.path.relpath(path))


@app.command()
@said_plainly
def ui(port: Annotated[int, typer.Option(help="The port to listen on, on this machine only.")] = 3000) -> None:
    """Open the asset graph in the browser."""
    from assets.instance import note_port, prepare_instance

    paths = Paths.from_environment()
    load_project(paths)
    prepare_instance(paths.instance)
    note_port(paths, port)
    os.chdir(paths.root)
    os.environ["PWD"] = str(paths.root)
    command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    typer.echo(f"The asset graph: http://127.0.0.1:{port} (Ctrl-C ends it)")
    os.execv(sys.executable, command)


app.add_typer(wave_app, name="wave")
app.command()(withdraw)


def main() -> None:
    """The console script ``cohesion``."""
    app()
