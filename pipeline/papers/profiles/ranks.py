"""The rank of an area with what the data leave open of it, alone and with all areas at once, in plain words."""

from __future__ import annotations

import re

from pipeline.papers.content import Number, Runs
from pipeline.papers.phrases import in_sentence
from pipeline.papers.profiles.frames import INDEX, Row
from pipeline.papers.profiles.subject import Subject, said
from pipeline.papers.prose.quantity import Printed
from pipeline.tables.rank_ends import Ends, rank_ends


def rank_of(subject: Subject, row: Row) -> Runs:
    """``Of 13 areas with a rank it is 5th, most likely between 3rd and 7th place; with all of them compared at once,
    between 1st and 9th.``, or why it has none.
    """
    count = len(subject.tables.ranked(subject.round, INDEX))
    if not row.get("is_ranked") or row.get("rank") is None:
        why = _without_rank(str(row.get("reason") or ""))
        return said(f"It has no rank{f': {why}' if why else ''}.")
    if count < 2:
        return ()
    alone, at_once = rank_ends(row), rank_ends(row, at_once=True)
    parts: list[Runs] = [said(f"Of {count} areas with a rank it is ", _place(subject, row, "rank"))]
    if alone is not None and row[alone[0]] < row[alone[1]]:
        parts.append(said(", most likely between ", _places(subject, row, alone), " place"))
    if at_once is not None and at_once != alone:
        parts.append(said("; with all of them compared at once, between ", _places(subject, row, at_once)))
    return said(*parts, ".")


def _places(subject: Subject, row: Row, ends: Ends) -> Runs:
    return said(_place(subject, row, ends[0]), " and ", _place(subject, row, ends[1]))


def _place(subject: Subject, row: Row, column: str) -> Number:
    return subject.numbers.print(Printed(ordinal(row[column]), subject.numbers.fact(row, column, PLACES[column])))


PLACES = {
    "rank": "Rank",
    "rank_low": "Best rank of this area alone",
    "rank_high": "Worst rank of this area alone",
    "rank_set_low": "Best rank, all areas at once",
    "rank_set_high": "Worst rank, all areas at once",
}


PLAIN = (
    (
        re.compile(r"^too few areas", re.I),
        "too few areas were asked in this wave to distinguish differences from chance",
    ),
    (re.compile(r"^effective n below (\d+)", re.I), "after weighting, the answers count as fewer than {} people"),
    (re.compile(r"^reliability below", re.I), "too much of how it differs from other areas may be chance"),
)
"""Reasons of the index stage as readers know them."""


def _without_rank(reason: str) -> str:
    for pattern, plain in PLAIN:
        match = pattern.match(reason)
        if match:
            return plain.format(*match.groups())
    return in_sentence(reason.rstrip("."))


def ordinal(number: float) -> str:
    """
    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '113th']
    """
    whole = int(number)
    ending = "th" if whole % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(whole % 10, "th")
    return f"{whole}{ending}"
