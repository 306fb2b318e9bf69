"""What the tension monitor says of an area: where to look next, never a verdict on a place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.content import Runs
from pipeline.papers.phrases import in_sentence, sentence
from pipeline.papers.profiles.subject import Subject, said
from pipeline.papers.prose.quantity import Quantity, dp, size
from pipeline.specs.rounding import rounded

COLUMNS = ("area", "measure", "wave", "against", "fall", "signal", "n_persons")


def signals_of(subject: Subject, monitor: pl.DataFrame | None) -> tuple[Runs, ...]:
    """One paragraph per measure that fell by more than chance explains at the wave of the profile, or that none did.

    The last says how often a sign appears although nothing changed. Empty where the area was not looked at.
    """
    if monitor is None or monitor.is_empty():
        return ()
    missing = [column for column in COLUMNS if column not in monitor.columns]
    if missing:
        raise PaperError(f"there is no column `{missing[0]}`", where="monitor", todo=f"It has {', '.join(COLUMNS)}.")
    rows = [
        row
        for row in monitor.filter(pl.col("area") == subject.area, pl.col("wave") == subject.wave).iter_rows(named=True)
        if subject.row(row["measure"]) is not None
    ]
    judged = [row for row in rows if row["signal"] != "not_judged" and _can_be_said(subject, row)]
    if not judged:
        return tuple(_not_judged(subject, rows))
    fell = [row for row in judged if row["signal"] == "below"]
    return (*(_fell(subject, row) for row in fell), *([] if fell else [_none(subject, judged)]), *_false_alarms(judged))


def _can_be_said(subject: Subject, row: dict[str, Any]) -> bool:
    people = row["n_persons"]
    return people is not None and people >= subject.tables.smallest and row["fall"] is not None


def _not_judged(subject: Subject, rows: list[dict[str, Any]]) -> Iterator[Runs]:
    """Why nothing was judged. What the table says of it is printed only where it is of areas, not of people here."""
    if rows:
        notes = {
            str(row.get("note") or "") for row in rows if row["n_persons"] is not None and _can_be_said(subject, row)
        }
        why = f": {_plain(notes.pop())}" if len(notes) == 1 and "" not in notes else ""
        yield said(f"Sudden falls cannot be distinguished from chance in {subject.when(subject.wave)}{why}.")


def _plain(note: str) -> str:
    """A note of the monitor as readers know it: the sides of a change are two waves."""
    return note.rstrip(".").replace(" people on one side", " people answered in one of the two waves")


def _none(subject: Subject, judged: list[dict[str, Any]]) -> Runs:
    since = {row["against"] for row in judged}
    before = f" since {subject.when(since.pop())}" if len(since) == 1 else ""
    many = (
        f"None of the {len(judged)} measures looked at fell"
        if len(judged) > 1
        else "The measure looked at did not fall"
    )
    return said(f"{many}{before} by more than chance and the usual ups and downs of areas explain.")


def _fell(subject: Subject, row: dict[str, Any]) -> Runs:
    label = in_sentence(subject.measure(row["measure"]))
    origin = subject.numbers.origin(
        row,
        f"Fall of {label}",
        "monitor",
        "change",
        place=(subject.wave, subject.area),
        sample=f"previous_wave {row['against']}",
        column="fall",
    )
    fell = subject.numbers.print(dp(size(Quantity(row["fall"], origin)), subject.settings.places))
    return said(
        f"Look next at {label}: it fell by ",
        fell,
        f" {subject.settings.scale} since {subject.when(row['against'])}, by more than chance and the usual ups "
        "and downs of areas explain. It says nothing of why, and is no verdict on the place.",
    )


def _false_alarms(judged: list[dict[str, Any]]) -> Iterator[Runs]:
    rates = {float(row["expected_false_alarms"]) for row in judged if row.get("expected_false_alarms") is not None}
    if len(rates) == 1:
        rate = rates.pop()
        yield said(
            sentence(
                f"if nothing changed anywhere, about {rounded(100 * rate, 0)} in 100 waves would still show such a "
                "sign in some area by chance"
            )
        )
