"""Who is asked a question: not how many, which ``missing`` tells, but which kinds of people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.harmonise.drift.missing import JUMP, SURE
from pipeline.harmonise.drift.reading import Flags, Reading
from pipeline.specs.deposits import WaveFile

MOST_KINDS = 12
"""A fact with more categories than this does not tell kinds of people."""


Kinds = Mapping[str, tuple[Sequence[str], NDArray[np.int64]]]
"""Fact → the kinds of people it tells, and per row which of them the person is (-1: not known)."""


def universe_findings(
    file: WaveFile, key: str, now: Reading, before: Reading, kinds: Kinds, kinds_before: Kinds, where: str
) -> Iterator[Finding]:
    """Kinds of people (by lasting facts) of whom the share that is asked jumped more than that of all."""
    asked, asked_before = now.asked, before.asked
    if not len(asked) or not len(asked_before) or abs(asked.mean() - asked_before.mean()) >= JUMP:
        return  # reported as routing
    if asked.all() and asked_before.all():
        return
    for fact, (names, of_rows) in kinds.items():
        jumps = _jumps(names, of_rows, asked, kinds_before[fact][1], asked_before)
        if jumps:
            told = "; ".join(f"“{kind}” {share:.0%}, before {was:.0%}" for kind, share, was, _ in jumps[:3])
            yield Finding(
                file.arm, key, "universe", "warns", f"who is asked changed by {fact.replace('_', ' ')}: {told}.", where,
                "Compare the routing of the two questionnaires; declare an exception of this wave that says it.",
                count=sum(rows for *_, rows in jumps), confidence=0.95,
            )  # fmt: skip
            return


def _jumps(
    names: Sequence[str], kinds: NDArray[np.int64], asked: Flags, kinds_before: NDArray[np.int64], asked_before: Flags
) -> list[tuple[str, float, float, int]]:
    """Kind, share asked now, share asked before and rows now, where the two shares lie apart beyond chance."""
    found = []
    for number, name in enumerate(names):
        own, own_before = asked[kinds == number], asked_before[kinds_before == number]
        rows, rows_before = len(own), len(own_before)
        if min(rows, rows_before) < MANY:
            continue
        share, was = float(own.mean()), float(own_before.mean())
        pooled = (share * rows + was * rows_before) / (rows + rows_before)
        std_error = math.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / rows_before))
        if abs(share - was) >= JUMP and abs(share - was) > SURE * std_error:
            found.append((name, share, was, rows))
    return found
