"""``cohesion ui``: the asset graph in the browser, on this machine only."""

import os
import sys
from typing import Annotated

import typer

from assets.commands.messages import said_plainly
from pipeline.paths import Paths
from pipeline.specs import load_project


@said_plainly
def ui(port: Annotated[int, typer.Option(help="The port to listen on, on this machine only.")] = 3000) -> None:
    """Open the asset graph in the browser."""
    from assets.dagster.instance import note_port, prepare_instance

    paths = Paths.from_environment()
    load_project(paths)
    prepare_instance(paths.instance)
    note_port(paths, port)
    os.chdir(paths.root)
    os.environ["PWD"] = str(paths.root)
    command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    typer.echo(f"The asset graph: http://127.0.0.1:{port} (Ctrl-C ends it)")
    os.execv(sys.executable, command)
