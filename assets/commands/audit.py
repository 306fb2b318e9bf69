"""``cohesion audit``: who accepted, decided, withdrew, signed and exported, and whether the record is whole."""

from typing import Annotated

import typer

from assets.commands.messages import said_plainly
from assets.commands.place import here
from pipeline.audit import Audit, Entry, read_audit
from pipeline.errors import CohesionError


@said_plainly
def audit(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the log is whole.")] = False,
    noted: Annotated[
        str, typer.Option(help="The hash of a last line as it was printed earlier: is it still in the log?")
    ] = "",
) -> None:
    """Print who did what, and check that no line was edited or removed. Exit code 1 if one was."""
    paths = here()
    found = read_audit(paths, noted)
    if not check:
        for entry in found.entries:
            typer.echo(in_words(entry))
    for line in found.notes:
        typer.echo(f"– {line}; the lines after it are whole.", err=True)
    if found.problems:
        listed = "\n".join(f"  {problem}" for problem in found.problems)
        todo = "Compare it with a backup; what is in doubt is the record, not the data.\n"
        raise CohesionError(f"the audit log is not whole:\n{listed}\n", where=paths.audit.name, todo=todo)
    typer.echo(_whole(found))


def in_words(entry: Entry) -> str:
    """One line for one entry: when, who and how that is known, what was done to what."""
    facts = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in entry.details.items() if value != "")
    done = f"{entry.time.replace('T', ' ').removesuffix('+00:00')} UTC  {entry.who} ({entry.known_by})"
    return f"{done}  {entry.action.replace('_', ' ')}  {entry.about}{f'  [{facts}]' if facts else ''}"


def _whole(found: Audit) -> str:
    count = len(found.entries)
    if not count:
        return "The audit log is empty: nobody has accepted, decided, withdrawn, signed or exported anything here."
    many = f"{count:,} entr{'y' if count == 1 else 'ies'}"
    return f"✓ {many}, each following the one before. Hash of the last: {found.last}"
