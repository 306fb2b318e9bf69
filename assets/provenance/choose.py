"""Which kept build is meant: by its id or the beginning of it, by `last` and `previous`, or by a date."""

from __future__ import annotations

import re

from assets.provenance.archive import Archive, Entry
from pipeline.errors import CohesionError

LAST, PREVIOUS = "last", "previous"
SHORTEST = 4
"""Characters of an id that name it."""


def choose(archive: Archive, asked: str) -> Entry:
    """The build that is meant: the latest of those that the words fit.

    Raises ``CohesionError`` where none or several different ones do.
    """
    entries = archive.entries()
    if not entries:
        raise CohesionError("no build has been recorded yet", todo="Run `cohesion build`; each build is from then on.")
    if asked == LAST:
        return entries[-1]
    if asked == PREVIOUS:
        if len(entries) == 1:
            raise CohesionError(
                "only one build is recorded, so there is none to compare it with", todo="Build again after a change."
            )
        return entries[-2]
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", asked):
        return _at(entries, asked)
    return _by_id(entries, asked)


def _at(entries: list[Entry], date: str) -> Entry:
    """The build that lay there at the end of a day."""
    found = [entry for entry in entries if entry.made[:10] <= date]
    if not found:
        raise CohesionError(f"no build is as old as {date}", todo=f"The oldest is of {entries[0].made[:10]}.")
    return found[-1]


def _by_id(entries: list[Entry], asked: str) -> Entry:
    found = [entry for entry in entries if entry.id.startswith(asked.lower())]
    if len(asked) < SHORTEST or not found:
        why = "is too short to name a build" if len(asked) < SHORTEST else "is the beginning of no build's id"
        raise CohesionError(f"`{asked}` {why}", todo=_listed(entries))
    ids = list(dict.fromkeys(entry.id for entry in found))
    if len(ids) > 1:
        raise CohesionError(f"`{asked}` is the beginning of {len(ids)} ids: {', '.join(ids)}", todo="Give more of it.")
    return found[-1]


def _listed(entries: list[Entry]) -> str:
    shown = ", ".join(f"{entry.id} ({entry.made[:16]})" for entry in entries[-5:])
    return f"Recorded: {shown}. Or say last, previous or a date; `cohesion builds` lists all."
