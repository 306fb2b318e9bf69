"""Items that no longer correlate with themselves: columns that changed places, or a question about something else.

Answers of the same people to the same question correlate from wave to wave. If they correlate with another question's
earlier answers instead, columns were shifted; if with nothing any more, the question means something else now.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.harmonise.drift.history import Beside, History
from pipeline.harmonise.drift.rest import Items, Matrix
from pipeline.specs.project import Study

DROP = 0.25
"""A fall of the correlation with the wave before that is more than items usually show."""
CLEAR = 0.4
"""A correlation with another item's earlier answers must be at least this to say that they are its own."""

TODO_MOVED = "Check whether columns were shifted or renamed; ask for the file again if they were."
TODO_UNSTABLE = (
    "Ask whether the question means something else now: another person in office, another group, another coding."
)


def stability_findings(study: Study, beside: Beside, history: History, z: float) -> Iterator[Finding]:
    """Ordered items that correlate with another item's earlier answers, or less than before with their own."""
    ordered = [
        key
        for key, reading in beside.now.items()
        if study.items[key].kind == "ordinal" and key in beside.before and not reading.absent and not reading.shared
    ]
    found = {
        **_unstable(beside, history, ordered, z),
        **_moved(beside, ordered, z),
    }
    for key in ordered:
        if key in found:
            yield found[key]


def _moved(beside: Beside, ordered: list[str], z: float) -> dict[str, Finding]:
    """Items whose answers correlate with another item's answers of the wave before, and not with their own."""
    found: dict[str, Finding] = {}
    for wave in dict.fromkeys(map(beside.last, ordered)):
        keys = [key for key in ordered if beside.last(key) == wave]
        cross, people = _cross(beside, wave, keys)
        for n, key in enumerate(keys):
            own, other = cross[n, n], int(np.argmax(cross[:, n]))
            if other == n or min(people[n, n], people[other, n]) < MANY or cross[other, n] < CLEAR:
                continue
            apart = math.atanh(min(cross[other, n], 0.999)) - math.atanh(max(-0.999, min(own, 0.999)))
            if apart > z * math.sqrt(2 / (people[other, n] - 3)):
                found[key] = Finding(
                    beside.file.arm, key, "moved_answers", "warns",
                    f"its answers are associated with what the same people said to `{keys[other]}` in the wave before "
                    f"(r = {cross[other, n]:.2f}), not with what they said to it (r = {own:.2f}).",
                    beside.where(key), TODO_MOVED, count=int(people[other, n]), confidence=0.97,
                )  # fmt: skip
    return found


def _cross(beside: Beside, wave: str, keys: list[str]) -> tuple[Matrix, Matrix]:
    """Correlations of earlier answers (rows) with present ones (columns) among the same people, and how many."""
    rows_before, rows_now = beside.pairs(wave)
    then, now = ({key: dict(beside.earlier[key])[wave] for key in keys}, {key: beside.now[key] for key in keys})
    before, present = Items(then, rows_before), Items(now, rows_now)
    people = before.ones.T @ present.ones
    return np.clip((before.scores.T @ present.scores) / np.maximum(people, 1), -1, 1), people


def _unstable(beside: Beside, history: History, ordered: list[str], z: float) -> dict[str, Finding]:
    """Items whose correlation with the wave before fell, compared with the two waves before that."""
    found: dict[str, Finding] = {}
    for key in ordered:
        if len(beside.earlier[key]) < 2:
            continue
        found_now, was = beside.correlation(key), history.correlation(key, beside.file.arm, beside.last(key))
        if found_now is None or was is None or was[0] - max(found_now[0], 0.0) < DROP or found_now[0] < 0:
            continue  # a negative one is reported as reversed
        now, people = found_now
        std_error = math.sqrt(1 / (people - 3) + 1 / (was[1] - 3))
        if math.atanh(min(was[0], 0.999)) - math.atanh(min(now, 0.999)) > z * std_error:
            found[key] = Finding(
                beside.file.arm, key, "unstable", "warns",
                f"the same people's answers correlate with those of the wave before less than they did: r = {now:.2f}, "
                f"was {was[0]:.2f}.",
                beside.where(key), TODO_UNSTABLE, count=people, confidence=0.95,
            )  # fmt: skip
    return found
