"""``cohesion trace``: from a printed number, a figure or a table back to the question asked and the file."""

import json
from typing import Annotated

import typer

from assets.commands.messages import said_plainly
from assets.commands.place import here
from assets.engine.workspace import Workspace
from pipeline.specs import load_project
from pipeline.texts import visible

What = Annotated[
    str,
    typer.Argument(
        help="PAPER:12 for a number (No. 12 of its annex), PAPER:A3 for a table of the annex, 'PAPER:table 3' or "
        "'PAPER:figure 3' for one of the paper; or the key of a figure, a model or an asset."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@said_plainly
def trace(what: What, as_json: AsJson = False) -> None:
    """Trace a number, figure or table back to the questions asked and the source files."""
    from assets.provenance import trace as tracing

    paths = here()
    workspace = Workspace(paths, load_project(paths))
    levels = tracing.trace(workspace, what)
    if as_json:
        typer.echo(json.dumps(tracing.data(levels), ensure_ascii=False, indent=1, default=str))
        return
    for line in (*tracing.text(levels), tracing.as_of(workspace)):
        typer.echo(visible(line))
