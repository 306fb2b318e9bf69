"""``cohesion warehouse pull``, ``push`` and ``prune``: a warehouse in object storage that machines share."""

from typing import Annotated

import typer

from assets.commands.messages import said_plainly
from assets.commands.place import here_to_write
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.storage.warehouse import Shared, shared
from pipeline.errors import CohesionError
from pipeline.specs import load_project

warehouse_app = typer.Typer(help="A warehouse that machines share. Each build does this itself.", no_args_is_help=True)


@warehouse_app.command("pull")
@said_plainly
def pull() -> None:
    """Take what other machines built since this one looked last."""
    workspace, place = _open()
    typer.echo(f"✓ {place.pull(all_nodes(workspace)):,} assets taken from {place.bucket.address}.")


@warehouse_app.command("push")
@said_plainly
def push() -> None:
    """Give what this machine built."""
    workspace, place = _open()
    typer.echo(f"✓ {place.push(all_nodes(workspace)):,} assets given to {place.bucket.address}.")


@warehouse_app.command("prune")
@said_plainly
def prune(
    now: Annotated[
        bool, typer.Option("--now", help="Those of the last day, too: while no other machine pushes.")
    ] = False,
) -> None:
    """Remove files that no asset names any more, for instance after somebody was erased."""
    _, place = _open()
    typer.echo(f"✓ {place.prune(now=now):,} files removed from {place.bucket.address}.")


def _open() -> tuple[Workspace, Shared]:
    from pipeline.ingest import installation_key

    paths = here_to_write()
    workspace = Workspace(paths, load_project(paths))
    place = shared(workspace)
    if place is None:
        raise CohesionError(
            "shares no warehouse", where="this project", todo="Set COHESION_WAREHOUSE=s3://bucket/folder."
        )
    installation_key(paths)
    return workspace, place
