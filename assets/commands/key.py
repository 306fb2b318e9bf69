"""``cohesion key backup`` and ``cohesion key check``: a copy of the pseudonym key, and whether it is the right one."""

import os
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.messages import said_plainly
from assets.commands.place import here

key_app = typer.Typer(help="Back up the pseudonym key, and check that it is the right one.", no_args_is_help=True)


@key_app.command("backup")
@said_plainly
def backup(target: Annotated[Path, typer.Argument(help="A file, or a folder outside this one, for the copy.")]) -> None:
    """Copy the key to a safe place. Whoever has it can tell who a pseudonym is; without it nothing can be linked."""
    from pipeline.ingest.people.keys import back_up_key

    place = back_up_key(here(), target)
    typer.echo(f"✓ Copied to {os.path.relpath(place)}, readable by its owner alone. Keep it apart from the data.")


@key_app.command("check")
@said_plainly
def check(
    file: Annotated[Path | None, typer.Argument(help="A backup to check; the installed key if left out.")] = None,
) -> None:
    """Say which key this is, and whether it is the one with which withdrawals and tables were made."""
    from pipeline.ingest.people.keys import check_key

    typer.echo(f"✓ {check_key(here(), file)}")
