"""``cohesion ui``: start page, papers and asset graph in the browser, on this machine only or behind a proxy."""

import os
import signal
from typing import Annotated

import typer

from assets.commands.messages import of_studies, said_plainly
from assets.commands.place import here_to_write
from pipeline.root import VARIABLE


@said_plainly
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 3000,
    open_: Annotated[bool, typer.Option("--open", help="Open the start page in the browser when it answers.")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="Show everything; start and change nothing.")] = False,
    host: Annotated[str, typer.Option(help="Where to listen; elsewhere than on this machine only behind a proxy.")] = (
        "127.0.0.1"
    ),
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="Answer to the proxy alone that sends COHESION_PROXY_SECRET.")
    ] = False,
    name: Annotated[
        str, typer.Option(envvar="COHESION_NAME", help="Behind a proxy, the public name: cohesion.example.org.")
    ] = "",
) -> None:
    """Open the studies, their papers and the asset graph in the browser. Ctrl-C ends it."""
    from assets.dagster.instance import damaged_words, note_port, prepare_instance, set_damaged_aside
    from assets.web.guard.exposure import exposure
    from assets.web.services import run

    seen = exposure(port, host, behind_proxy=behind_proxy, name=name, read_only=read_only)
    paths = here_to_write()
    of_studies(paths, ())
    prepare_instance(paths.instance)
    if damaged := set_damaged_aside(paths.instance):
        typer.echo(f"{damaged_words(damaged)} A new one is begun.", err=True)
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
        run(paths.root, seen, ready)
    except KeyboardInterrupt:
        typer.echo("Ended.")


def _end(*_: object) -> None:
    raise KeyboardInterrupt
