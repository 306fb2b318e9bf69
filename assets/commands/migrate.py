"""``cohesion migrate``: declarations of an older format, and a project of an older version, brought up to date."""

from typing import Annotated

import typer

from assets.commands.messages import said_plainly
from assets.commands.place import writable
from assets.projects.repin import repinned
from pipeline.files import write_bytes
from pipeline.paths import Paths
from pipeline.specs.format import FIRST, FORMAT


@said_plainly
def migrate(
    study: Annotated[
        list[str] | None, typer.Argument(help="Only these studies, by the names of their folders.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="List what would change, and change nothing. Exit code 1 if anything would.")
    ] = False,
    unsaid: Annotated[
        int, typer.Option("--from", help="The format of studies that do not say theirs in study.yaml.")
    ] = FIRST,
) -> None:
    """Bring older declarations, and the version in cohesion.toml, to those of this version."""
    from pipeline.migration import migrate as write
    from pipeline.migration import migrations

    paths = Paths.from_environment()
    pins = {} if study else repinned(paths.root)
    found = [one for one in migrations(paths, study or (), unsaid) if one.changes]
    for migration in found:
        said = f"format {migration.said}" if migration.said else f"no format said, taken for {unsaid}"
        typer.echo(f"{migration.study}: {said} → {FORMAT}")
        for change in migration.changes:
            typer.echo(f"  {change}")
    for file, (change, _) in pins.items():
        typer.echo(f"{file.name}: {change}")
    if not found and not pins:
        typer.echo(f"✓ Nothing to do: every study is declared in format {FORMAT}.")
        return
    if check:
        typer.echo("Nothing was changed. `cohesion migrate` does it.")
        raise typer.Exit(1)
    writable(*sorted({file.parent for one in found for file in one.files} | {file.parent for file in pins}))
    count = len(list(write(found)))
    for file, (_, text) in pins.items():
        write_bytes(file, text.encode())
    typer.echo(f"✓ {count + len(pins):,} files written. Next: cohesion check, and cohesion diff after the next build.")
