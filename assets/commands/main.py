"""The command line: ``cohesion init``, ``check``, ``build``, ``diff``, ``sample``, ``ui``, ``items``, ``wave`` …"""

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.audit import audit
from assets.commands.build import build
from assets.commands.bundle import bundle, twin, verify
from assets.commands.diff import builds, diff
from assets.commands.export import export
from assets.commands.init import init
from assets.commands.items import items_app
from assets.commands.key import key_app
from assets.commands.messages import said_plainly
from assets.commands.migrate import migrate
from assets.commands.place import RootAnywhere, here, here_to_write, named_root
from assets.commands.proxy import proxy_app
from assets.commands.release import release_app
from assets.commands.toolkit import toolkit
from assets.commands.trace import trace
from assets.commands.ui import ui
from assets.commands.warehouse import warehouse_app
from assets.commands.wave import wave_app, withdraw
from assets.projects.pinned import installed_version
from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import Project, load_project
from pipeline.specs.check_no_weight import waves_without_weight
from pipeline.specs.format import FORMAT, unsaid_formats
from pipeline.specs.multiverse import Multiverse
from pipeline.specs.study import awaits_labels

app = typer.Typer(
    cls=RootAnywhere,
    help="From wave files to findings papers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"cohesion {installed_version()}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    root: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="The folder of the project, also after the command; if left out, the one that this is run in.",
        ),
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """From wave files to findings papers."""
    if root is not None and not root.strip():
        raise typer.BadParameter("names no folder", param_hint="--root")
    if root is not None and context.invoked_subcommand == "init":
        raise typer.BadParameter("`cohesion init DIR` says where the new project is to lie", param_hint="--root")
    context.with_resource(named_root(root))


@app.command()
@said_plainly
def check() -> None:
    """Read every declaration and report every mistake at once."""
    began = time.perf_counter()
    paths = here()
    project = load_project(paths)
    _check_prose(paths)
    names = {"study": "studies", "model": "models", "figure": "figures", "paper": "papers"}
    counts = {one: len(getattr(project, many)) for one, many in names.items()}
    summary = ", ".join(f"{count} {one if count == 1 else names[one]}" for one, count in counts.items())
    typer.echo(f"✓ {summary}: no mistakes ({time.perf_counter() - began:.1f} s)")
    _say_grids(project)
    _say_gaps(project, paths)
    _say_unreleasable(project)
    for key in unsaid_formats(paths):
        todo = f"is read as {FORMAT}. An older one: `cohesion migrate {key} --check`"
        typer.echo(f"  data/studies/{key}/study.yaml: does not say its `format`, and {todo}.")
    for key, study in project.studies.items():
        waiting = sum(map(awaits_labels, study.items.values()))
        if waiting:
            typer.echo(f"  {key}: {waiting:,} items take their codes from labels; `cohesion wave accept` freezes them.")


def _say_gaps(project: Project, paths: Paths) -> None:
    """What papers and models lack that stops nothing."""
    for key, paper in project.papers.items():
        if paper.gaps:
            typer.echo(f"  reports/papers/{key}.md: the masthead does not say {', '.join(paper.gaps)}.")
    for key in dict.fromkeys(paper.study for paper in project.papers.values()):
        if project.studies[key].methods is None:
            is_there = (paths.study(key) / "methods.yaml").is_file()
            lacks = "methods.yaml says nothing yet" if is_there else "no methods.yaml"
            typer.echo(f"  data/studies/{key}: {lacks}, so that its papers do not say how the study was made.")
    for said in waves_without_weight(project):
        typer.echo(f"  {said}")


def _say_unreleasable(project: Project) -> None:
    """What is missing before profiles can be released."""
    for key, study in project.studies.items():
        if study.index is not None and not study.index.profile.version:
            todo = 'without which its profiles cannot be released: profile: {version: "1.0"}.'
            typer.echo(f"  data/studies/{key}/index.yaml: says no `version` of its profiles, {todo}")


def _say_grids(project: Project) -> None:
    """How many analyses each multiverse has and excludes; the hash of each plan, as its registration names it."""
    for key, study in project.studies.items():
        if study.plan is not None:
            told = "as recorded" if study.plan.hash == study.plan.recorded else f"recorded as {study.plan.recorded}"
            typer.echo(f"  data/studies/{key}/plan.yaml: has the hash {study.plan.hash}, {told}.")
    for key, model in project.models.items():
        if isinstance(model, Multiverse):
            excluded = len(model.grid) - len(model.cells)
            typer.echo(f"  reports/models/{key}.yaml: {len(model.cells):,} analyses, {excluded:,} excluded.")


def _check_prose(paths: Paths) -> None:
    """What is wrong with the form of a paper, as far as it can be seen without results."""
    from pipeline.papers import read_paper

    found = [
        problem
        for file in sorted(paths.papers.glob("*.md"))
        if file.name != "README.md"
        for problem in read_paper(file, f"reports/papers/{file.name}").problems
    ]
    if found:
        raise DeclarationErrors(found)


@app.command()
@said_plainly
def sample(
    directory: Annotated[Path | None, typer.Argument(help="Where to write; data/sample if left out.")] = None,
) -> None:
    """Write the sample deposits: made-up data in genuine files, for the two UK studies."""
    from pipeline.sample import write_sample

    for path in write_sample(directory or here_to_write().sample):
        typer.echo(os.path.relpath(path))


app.command()(init)
app.command()(migrate)
app.command()(build)
app.command()(ui)
app.command()(diff)
app.command()(builds)
app.command()(trace)
app.command()(toolkit)
app.command()(audit)
app.command()(bundle)
app.command()(verify)
app.command()(export)
app.command()(twin)
app.add_typer(items_app, name="items")
app.add_typer(wave_app, name="wave")
app.command()(withdraw)
app.add_typer(key_app, name="key")
app.add_typer(warehouse_app, name="warehouse")
app.add_typer(release_app, name="release")
app.add_typer(proxy_app, name="proxy")


def main() -> None:
    """The console script ``cohesion``."""
    app()
