"""How sure a profile is: the rank with its interval, how many answered, what chance could have done."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.papers.content import Runs
from pipeline.papers.phrases import in_sentence
from pipeline.papers.profiles.frames import INDEX, Row
from pipeline.papers.profiles.subject import Subject, said
from pipeline.papers.prose.quantity import Quantity, pct


def level_words(subject: Subject) -> str:
    return f"{subject.about.confidence * 100:g}%"


def rank_of(subject: Subject, row: Row) -> Runs:
    ranked = subject.tables.ranked(subject.wave, INDEX)
    count = len(ranked)
    low, high = row.get("rank_low"), row.get("rank_high")
    if not row.get("is_ranked") or row.get("rank") is None:
        why = _without_rank(str(row.get("reason") or ""))
        return said(f"It has no rank{f': {why}' if why else ''}.")
    if count < 2:
        return ()
    then = _other_months(subject, ranked)
    if low is None or high is None or low == high:
        return said(f"Of {count} areas with a rank it is {ordinal(row['rank'])}{then}.")
    return said(f"Of {count} areas with a rank it lies between {ordinal(low)} and {ordinal(high)} place{then}.")


PLAIN = (
    (re.compile(r"^too few areas", re.I), "too few areas were asked in this wave to tell differences from chance"),
    (re.compile(r"^effective n below (\d+)", re.I), "after weighting, the answers count as fewer than {} people"),
    (re.compile(r"^reliability below", re.I), "more than is allowed of how it differs from other areas may be chance"),
)
"""Reasons of the index stage as readers know them."""


def _without_rank(reason: str) -> str:
    for pattern, plain in PLAIN:
        match = pattern.match(reason)
        if match:
            return plain.format(*match.groups())
    return in_sentence(reason.rstrip("."))


def _other_months(subject: Subject, ranked: Sequence[str]) -> str:
    """Ranks are of one wave by its name; which of these areas were then asked in other months is said."""
    tables = subject.tables
    apart = [area for area in ranked if tables.wave_then(subject.area, subject.wave, area) != subject.wave]
    return f"; {len(apart)} of these were asked in other months" if apart else ""


def ordinal(number: float) -> str:
    """
    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '113th']
    """
    whole = int(number)
    ending = "th" if whole % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(whole % 10, "th")
    return f"{whole}{ending}"


def how_sure(subject: Subject) -> Runs:
    row = subject.row(INDEX) or next(filter(None, map(subject.row, subject.tables.domains)), None)
    if row is None:
        return said("Nothing of this wave can be shown.")
    numbers = subject.numbers
    parts: list[Runs] = [said(numbers.people(row, "n_persons", "People who answered"), " people answered here")]
    if row.get("n_effective") is not None:
        effective = numbers.people(row, "n_effective", "Effective number of people")
        parts.append(said("; after weighting they count as much as about ", effective, " chosen at random"))
    parts.append(said(". "))
    found = subject.level(row)
    if found.low is not None:
        parts.append(
            said(
                "Had others been asked, the score would most likely lie between ",
                _between(subject, found),
                f" (the {level_words(subject)} interval). Other errors, such as who agrees to answer, come on top. ",
            )
        )
    return said(*parts, _reliable(subject, row))


def _between(subject: Subject, found: Quantity) -> Runs:
    assert found.low is not None
    assert found.high is not None
    numbers = subject.numbers
    return said(numbers.score(found.conf_low), " and ", numbers.score(found.conf_high))


def _reliable(subject: Subject, row: Row) -> Runs:
    """How much of what sets areas apart is more than chance."""
    share = row.get("reliability")
    if share is None:
        return ()
    if share < 0.005:
        return said("Areas differ by no more than chance explains (reliability 0).")
    reliability = subject.numbers.fact(row, "reliability", "Reliability of the area's mean")
    return said(
        "Of how this area differs from the others, about ",
        subject.numbers.print(pct(reliability)),
        " is more than chance (its reliability).",
    )
