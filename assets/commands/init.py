"""``cohesion init``: a project in a folder of its own."""

import os
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.messages import said_plainly


@said_plainly
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    example: Annotated[
        str | None,
        typer.Option(help="Begin with this study: beyond_us_and_them, parallel_lives (synthetic data), elsoc."),
    ] = None,
) -> None:
    """Begin a project in a folder of its own: studies, reports, settings, versions."""
    from assets.projects.begin import begin_project
    from pipeline.paths import Paths
    from pipeline.specs import load_project

    place = begin_project(folder, example)
    load_project(Paths(place))
    typer.echo(f"✓ {place}: {f'the example {example}' if example else 'no study yet'}. Next:")
    if place != Path.cwd():
        typer.echo(f"  cd {os.path.relpath(place)}")
    if example is None:
        typer.echo("  cp -r data/studies/_template data/studies/my_study")
    typer.echo("  cohesion check")
    typer.echo(f"In a clone of Cohesion Panel instead: uv run cohesion check --root {os.path.relpath(place)}")
