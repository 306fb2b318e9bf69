"""Items that no longer correlate with themselves: columns that changed places, or a question about something else.

Answers of the same people to the same question correlate from wave to wave. If they correlate with another question's
earlier answers instead, columns were shifted; if with nothing any more, the question means something else now.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from statistics import NormalDist

import numpy as np
import polars as pl

from pipeline.harmonise.drift.change import correlation, kappa
from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.harmonise.drift.history import Beside, History
from pipeline.harmonise.drift.rest import Items, Matrix
from pipeline.specs.project import Study

DROP = 0.25
"""A fall of the correlation with the wave before that is more than items usually show."""
CLEAR = 0.4
"""A correlation with another item's earlier answers must be at least this to say that they are its own."""

SAME = 0.02
"""Correlations with two items whose answers are the same, but for those who did not answer, differ less."""

UNRELATED, UNRELATED_SORTED, USUAL = 0.15, 0.3, 0.3
"""Below this an item is unrelated to itself before (the second where the column stands in order of size), if half of
the others correlate by the third or more."""
SAME_PEOPLE = 0.6
"""Agreement of lasting facts (kappa), and correlation of ages, that the same people surely have."""
FEW_RELATED = 0.2
"""If no larger share of the items is associated with itself, the ids are not those of the people who answered."""
FEWEST_ITEMS, FEWEST_PEOPLE = 5, 100
"""Items and people, before it can be said that nobody's answers are related to their earlier ones."""

TODO_UNRELATED = (
    "Check whether the column was sorted or shifted without the ids, or holds another question's answers; if people "
    "change so much, accept it by a decision."
)
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


def unrelated_findings(study: Study, beside: Beside, history: History, found: Collection[str]) -> Iterator[Finding]:
    """Items (but those ``found`` already) that have nothing to do with the same people's answers in any wave before,
    where they had before, or stand sorted in the file; or the file, if hardly an item has: its ids are other people's.
    It stops the wave if lasting facts and ages say so, too.
    """
    lasting = {
        key: correlations
        for key, reading in beside.now.items()
        if study.items[key].kind != "nominal" and not reading.absent and (correlations := _with_each(beside, key))
    }
    if len(lasting) < FEWEST_ITEMS:
        return
    best = {key: max(r + 1.5 / math.sqrt(n) for r, n in ranks) for key, ranks in lasting.items()}
    ordered = {key for key in lasting if _sorted(beside, key)}
    nothing = [key for key, reach in best.items() if reach < (UNRELATED_SORTED if key in ordered else UNRELATED)]
    usual = float(np.median([max(r for r, _ in ranks) for ranks in lasting.values()]))
    related = sum(any(r > 2 / math.sqrt(n) for r, n in ranks) for ranks in lasting.values())
    if related <= FEW_RELATED * len(lasting):
        people = max(n for ranks in lasting.values() for _, n in ranks)
        yield Finding(
            beside.file.arm, "person_id", "unlike_before", "blocks" if _other_facts(beside) else "warns",
            f"of {len(lasting):,} items, {len(lasting) - related:,} have nothing to do with what the same people "
            f"(up to {people:,}) said before (half of the correlations are below {max(usual, 0):.2f}).",
            beside.file.file,
            "Check the id column: these ids seem to be other people's (numbered anew, or sorted without the answers).",
            count=people, confidence=0.99,
        )  # fmt: skip
    elif usual >= USUAL:
        for key in nothing:
            r, people = lasting[key][0]
            if key not in found and (key in ordered or _lasted(beside, history, key)):
                yield Finding(
                    beside.file.arm, key, "unstable", "warns",
                    f"its answers have nothing to do with those of the same people before (r = {r:.2f}; half of the "
                    f"other items have {usual:.2f} or more).", beside.where(key), TODO_UNRELATED, count=people,
                    confidence=0.9,
                )  # fmt: skip


def _other_facts(beside: Beside) -> bool:
    """Whether lasting facts or ages are not those that the same people had."""
    for key, reading in beside.now.items():
        item = beside.study.items[key]
        if reading.absent or key not in beside.before or not (item.time_constant or item.concept == "age"):
            continue
        pair = beside.same_people(key)
        if item.kind == "number" or item.concept == "age":
            r = correlation(pair)
            agree = None if r is None else (r, 1 / math.sqrt(len(pair[0])))
        else:
            found = kappa(pair)
            agree = None if found is None else found[:2]
        if agree is not None and agree[0] + 3 * agree[1] < SAME_PEOPLE:
            return True
    return False


def _lasted(beside: Beside, history: History, key: str) -> bool:
    """Whether an item was associated with itself between the two waves before."""
    was = history.correlation(key, beside.file.arm, beside.last(key))
    return was is not None and was[0] >= USUAL


def _sorted(beside: Beside, key: str) -> bool:
    """Whether the answers stand in order of size in the file: people may be sorted by them, or they without people."""
    if beside.rows["row"].n_unique() < beside.rows.height:
        return False
    numbers = beside.now[key].numbers[beside.rows["row"].arg_sort().to_numpy()]
    steps = np.diff(numbers[~np.isnan(numbers)])
    return bool((steps >= 0).all() or (steps <= 0).all())


def _with_each(beside: Beside, key: str) -> list[tuple[float, int]]:
    """Correlations (of amounts: by ranks) of an item with the same people's answers in the last two waves with it."""
    found = []
    for wave, _ in beside.earlier.get(key, [])[:2]:
        one = beside.correlation(key, wave) if beside.study.items[key].kind == "ordinal" else _ranked(beside, key, wave)
        found += [one] if one is not None and one[1] >= FEWEST_PEOPLE else []
    return found


def _ranked(beside: Beside, key: str, wave: str) -> tuple[float, int] | None:
    was, now = (pl.Series(values).rank().to_numpy() for values in beside.same_people(key, wave))
    r = correlation((was, now))
    return None if r is None else (r, len(was))


def _moved(beside: Beside, ordered: list[str], z: float) -> dict[str, Finding]:
    """Items whose answers correlate with another item's answers of the wave before, and not with their own.

    Among many items some measure so badly that a better one foretells them: the other item's answers must have gone
    there, so that none foretells what it foretells better.
    """
    found: dict[str, Finding] = {}
    for wave in dict.fromkeys(map(beside.last, ordered)):
        keys = [key for key in ordered if beside.last(key) == wave]
        z = max(z, NormalDist().inv_cdf(1 - 0.01 / len(keys) ** 2))  # each item is compared with every other
        cross, people = _cross(beside, wave, keys)
        for n, key in enumerate(keys):
            own, other = cross[n, n], int(np.argmax(cross[:, n]))
            if other == n or min(people[n, n], people[other, n]) < MANY or cross[other, n] < CLEAR:
                continue
            if cross[other, n] < cross[other].max() - SAME:
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
