"""``cohesion ui``: start page, papers and asset graph in the browser, on this machine only."""

import os
import signal
from typing import Annotated

import typer

from assets.commands.messages import said_plainly
from assets.commands.place import here_to_write
from pipeline.root import VARIABLE
from pipeline.specs import load_project


@said_plainly
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on, on this machine only.")] = 3000,
    open_: Annotated[bool, typer.Option("--open", help="Open the start page in the browser when it answers.")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="Show everything; start and change nothing.")] = False,
) -> None:
    """Open the studies, their papers and the asset graph in the browser. Ctrl-C ends it."""
    from assets.dagster.instance import note_port, prepare_instance
    from assets.web.services import run

    paths = here_to_write()
    load_project(paths)
    prepare_instance(paths.instance)
    os.environ[VARIABLE] = str(paths.root)

    def ready(address: str) -> None:
        note_port(paths, port)
        typer.echo(f"Studies, papers and the asset graph: {address} (Ctrl-C ends it)")
        if open_:
            import webbrowser

            webbrowser.open(address)

    signal.signal(signal.SIGTERM, _end)
    typer.echo("Starting …")
    try:
        run(paths.root, port, ready, read_only=read_only)
    except KeyboardInterrupt:
        typer.echo("Ended.")


def _end(*_: object) -> None:
    raise KeyboardInterrupt
