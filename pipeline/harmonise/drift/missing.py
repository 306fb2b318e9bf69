"""Why answers are missing: who was asked, which reasons were given, and whether the reasons are still in the file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.harmonise.drift.finding import Finding
from pipeline.harmonise.drift.reading import Flags, Reading
from pipeline.specs.deposits import WaveFile
from pipeline.specs.study import Item

JUMP = 0.15
"""A share of the rows that moves by more than this between waves is reported."""
SURE = 3.3
"""Standard errors that a change must lie beyond: one in a thousand by chance."""

MOST_BY_CHANCE = 5
"""A reason given at least this often in the wave before is missed if nobody gives it now."""

GIVEN = ("refused", "dont_know", "no_answer", "proxy")
"""Reasons that a person or an interviewer gave; an empty cell states none."""

WORDS = {
    "routed_out": "not asked this question",
    "refused": "refused",
    "dont_know": "do not know",
    "no_answer": "no answer",
    "proxy": "answered by somebody else",
    "blank": "not stated (an empty cell)",
}


def missing_findings(
    file: WaveFile, key: str, item: Item, now: Reading, before: Reading, broken_off: Flags, where: str
) -> Iterator[Finding]:
    """Reasons that were lost, and shares of the rows without an answer that jumped."""
    lost = _reasons_lost(file, key, item, now, before, broken_off, where)
    if lost is not None:
        yield lost
        return
    for reason, words in WORDS.items():
        share, was = now.share(reason), before.share(reason)
        if abs(share - was) < JUMP or abs(share - was) < SURE * _std_error(now, before, reason):
            continue
        routed = reason in ("routed_out", "blank")
        yield Finding(
            file.arm, key, "routing" if routed else "missing_codes", "warns",
            f"{words}: {share:.0%} of the rows ({now.reasons.get(reason, 0):,}), {was:.0%} in the wave before "
            f"({before.reasons.get(reason, 0):,}).",
            where,
            "Compare who was asked in the two questionnaires; declare an exception of this wave that says it."
            if routed else "Compare how missing answers are coded in the two waves.",
            count=round(abs(share - was) * now.height), confidence=0.99,
        )  # fmt: skip
        return


def _std_error(now: Reading, before: Reading, reason: str) -> float:
    """Of the difference between two shares, under no change."""
    rows = now.height + before.height
    pooled = (now.reasons.get(reason, 0) + before.reasons.get(reason, 0)) / max(rows, 1)
    return math.sqrt(pooled * (1 - pooled) * (1 / max(now.height, 1) + 1 / max(before.height, 1)))


def _reasons_lost(
    file: WaveFile, key: str, item: Item, now: Reading, before: Reading, broken_off: Flags, where: str
) -> Finding | None:
    """Empty cells where the wave before gave reasons: the export dropped the missing codes."""
    if item.blank != "blank":
        return None
    empty, given = int((now.is_blank & ~broken_off).sum()), _given(now.reasons)
    empty_before, given_before = before.reasons.get("blank", 0), _given(before.reasons)
    if not empty or not given_before or now.share("blank") > 0.5:
        return None
    gone = not empty_before and not given
    usual = [reason for reason in GIVEN if before.reasons.get(reason, 0) >= MOST_BY_CHANCE]
    vanished = [reason for reason in usual if not now.reasons.get(reason)]
    fewer = bool(vanished) and _fisher(empty, given, empty_before, given_before) < 1e-4
    if not (gone or fewer):
        return None
    reasons = ", ".join(
        f"{WORDS[reason]} {now.reasons.get(reason, 0):,} (before {before.reasons.get(reason, 0):,})"
        for reason in GIVEN
        if now.reasons.get(reason, 0) or before.reasons.get(reason, 0)
    )
    return Finding(
        file.arm, key, "reasons_lost", "warns",
        f"why answers are missing is no longer in the file: {empty:,} recorded as “not stated” "
        f"(before {empty_before:,}); {reasons}.",
        where, "Ask for the file with its missing codes; an export may have turned them into empty cells.",
        count=empty, confidence=0.95 if fewer else 0.8,
    )  # fmt: skip


def broken_off(readings: Sequence[Reading]) -> Flags:
    """Per row whether the person stopped: empty cells in most of the items that have any. These lost no reason."""
    blanks = [reading.is_blank for reading in readings if reading.reasons.get("blank")]
    rows = len(readings[0].numbers) if readings else 0
    if len(blanks) < 3:
        return np.zeros(rows, dtype=bool)
    per_row = np.sum(blanks, axis=0)
    return np.asarray((per_row >= 3) & (per_row > len(blanks) / 2))


def _given(reasons: Mapping[str, int]) -> int:
    return sum(reasons.get(reason, 0) for reason in GIVEN)


def _fisher(empty: int, given: int, empty_before: int, given_before: int) -> float:
    """One-sided p-value that so many missing answers have no reason, if nothing changed (Fisher's exact test)."""
    missing, missing_before, blanks = empty + given, empty_before + given_before, empty + empty_before
    every = _log_choose(missing + missing_before, blanks)
    most = min(missing, blanks)
    return sum(
        math.exp(_log_choose(missing, count) + _log_choose(missing_before, blanks - count) - every)
        for count in range(max(empty, blanks - missing_before), most + 1)
    )


def _log_choose(of: int, some: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(some + 1) - math.lgamma(of - some + 1)


def unmarked_findings(
    file: WaveFile, now: Mapping[str, Reading], marked: Mapping[str, str | None], before: Mapping[str, str | None]
) -> Iterator[Finding]:
    """Missing codes that an SPSS file holds and does not mark as missing: in its own statistics they would be answers.

    ``marked``: variable → the codes it marks, such as ``-99..-88``; ``None`` where the format cannot say. ``before``:
    the same of the last wave that could say; without a mark then, the file is only as it always was.
    """
    counted: dict[str, str] = {}
    total, were_marked = 0, False
    for reading in now.values():
        variable, ranges = str(reading.rule.variable), marked.get(str(reading.rule.variable))
        if ranges is None or variable in counted:
            continue
        plain = {code: count for code, count in reading.missing.items() if not is_marked(code, ranges)}
        if plain:
            counted[variable] = ", ".join(f"{code} ({count:,})" for code, count in sorted(plain.items()))
            total += sum(plain.values())
            were_marked |= any(is_marked(code, before.get(variable) or "") for code in plain)
    if not counted:
        return
    told = "; ".join(f"`{variable}` {codes}" for variable, codes in list(counted.items())[:8])
    more = f"; and {len(counted) - 8:,} more variables" if len(counted) > 8 else ""
    yield Finding(
        file.arm, "missing_codes", "missing_not_marked", "warns" if were_marked else "notes",
        f"codes that are missing by declaration are not marked as missing in the file: {told}{more}. "
        "They are read as declared and enter no mean.",
        file.file, "Nothing, if the codes mean what the declaration says; tell the sender that the marks are gone.",
        count=total, confidence=0.99,
    )  # fmt: skip


def is_marked(code: str, ranges: str) -> bool:
    """Whether a code lies in the ranges, such as ``-99..-88;97..97``, that a file marks as missing."""
    try:
        number = float(code)
        bounds = [tuple(map(float, part.split(".."))) for part in ranges.split(";") if part]
    except ValueError:
        return True  # text, or bounds that are: nothing to compare
    return any(low <= number <= high for low, high in bounds)
