"""``cohesion diff``: which findings moved between two builds, and which input moved them; ``cohesion builds``."""

import json
from typing import Annotated

import typer

from assets.commands.messages import said_plainly
from assets.commands.place import here, here_to_write
from pipeline.texts import visible

Old = Annotated[
    str,
    typer.Argument(
        help="A build: `last`, `previous`, its id or four or more characters of its beginning, or a date (YYYY-MM-DD: "
        "the last build on or before it, UTC)."
    ),
]
New = Annotated[str, typer.Argument(help="The build to compare with it; the last one if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
All = Annotated[bool, typer.Option("--all", help="List every estimate and every row of a table.")]
Log = Annotated[bool, typer.Option("--changelog", help="Add a draft of it to reports/CHANGELOG.md.")]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit with status 3 if anything moved.")]
MOVED = 3


@said_plainly
def diff(
    old: Old = "previous",
    new: New = "last",
    as_json: AsJson = False,
    everything: All = False,
    changelog: Log = False,
    exit_code: ExitCode = False,
) -> None:
    """Say which findings moved between two builds, by how much, and which input moved each."""
    from assets.provenance.archive import Archive
    from assets.provenance.changelog import add_draft
    from assets.provenance.choose import choose
    from assets.provenance.diff import difference
    from assets.provenance.words import data, lines

    paths = here_to_write() if changelog else here()
    archive = Archive(paths)
    found = difference(archive, choose(archive, old), choose(archive, new))
    if as_json:
        typer.echo(json.dumps(data(found), ensure_ascii=False, indent=1))
    else:
        for line in lines(found, everything=everything):
            typer.echo(visible(line))
    if changelog:
        added = add_draft(paths.findings_log, found)
        name = paths.findings_log.relative_to(paths.root)
        typer.echo(f"\n{'Drafted in' if added else 'These two builds have an entry already in'} {name}.", err=True)
    if exit_code and found.has_moved:
        raise typer.Exit(MOVED)


@said_plainly
def builds() -> None:
    """List the builds that are kept for `cohesion diff`, the latest first: the last 100 that differed."""
    from assets.provenance.archive import Archive, size_of

    archive = Archive(here())
    entries = archive.entries()
    for entry in reversed(entries):
        typer.echo(f"{entry.id}  {entry.made[:16]} UTC  {entry.note}".rstrip())
    size = size_of(archive.file) / 1e6
    typer.echo(f"{len(entries)} builds ({size:.1f} MB): estimates and printed words, no row of a person.")
