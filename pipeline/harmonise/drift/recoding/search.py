"""Items of a wave whose codes stand for other answers than before, by the same people's answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline.harmonise.drift.finding import Finding, Severity
from pipeline.harmonise.drift.history import Beside
from pipeline.harmonise.drift.recoding.candidates import Links
from pipeline.harmonise.drift.recoding.fit import Fitted, best_mapping, still_better
from pipeline.harmonise.drift.recoding.numbers import converted_numbers
from pipeline.harmonise.drift.recoding.transitions import Transitions, transitions
from pipeline.harmonise.drift.recoding.words import (
    fit_words,
    gone_and_new,
    mapping_words,
    mean_words,
    named,
    paste,
)
from pipeline.specs.project import Study

SAID_BY = ("reversed", "swapped", "contradicts_fact", "range", "out_of_range", "reversed_labels")
"""Findings that name the same fault: they carry the mapping, so that one decision is about one thing."""
FOLLOWS = ("distribution", "unstable", "age_backwards", "age_ahead")
"""Findings that only follow from a recoding."""


@dataclass(frozen=True)
class Recoding:
    """A recoding of one item: what, and what to paste; ``blocks`` where a scale or a model uses the item."""

    what: str
    todo: str
    people: int
    blocks: bool
    where: str
    arm: str

    def among(self, key: str, found: Collection[Finding]) -> list[Finding]:
        """The findings about an item, the recoding said by one that names the same fault, else by its own."""
        kept = [finding for finding in found if finding.kind not in FOLLOWS]
        for index, finding in enumerate(kept):
            if finding.kind in SAID_BY:
                kept[index] = self._said_by(finding)
                return kept
        severity: Severity = "blocks" if self.blocks else "warns"
        what = f"{self.what[0].lower()}{self.what[1:]}"
        own = Finding(
            self.arm, key, "recoded", severity, what, self.where, self.todo, count=self.people, confidence=0.99
        )  # fmt: skip
        return [*kept, own]

    def _said_by(self, finding: Finding) -> Finding:
        severity = "blocks" if self.blocks else finding.severity
        what = f"{finding.what} {self.what[0].upper()}{self.what[1:]}"
        return replace(finding, severity=severity, what=what, todo=f"{finding.todo} {self.todo}")


def used_items(study: Study, concepts: Collection[str]) -> frozenset[str]:
    """Items that a scale is made of, or whose concept a model names."""
    in_scales = {key for scale in study.scales.values() for key in scale.items}
    return frozenset(in_scales | {key for key, item in study.items.items() if item.concept in concepts})


def recodings(study: Study, beside: Beside, used: Collection[str]) -> Iterator[tuple[str, Recoding]]:
    """Item and recoding, for the items of a file that the last wave asked too."""
    for key, now in beside.now.items():
        if key not in beside.before or now.absent:
            continue
        if study.items[key].kind == "number":
            if converted := converted_numbers(study, beside, key):
                yield key, Recoding(*converted, key in used, beside.where(key), beside.file.arm)
            continue
        table = _table(study, beside, key, beside.last(key))
        fitted = best_mapping(table) if table is not None else None
        if table is not None and fitted is not None and _also_before(study, beside, key, table, fitted.links):
            yield key, _recoding(beside, key, table, fitted, key in used)


def _table(study: Study, beside: Beside, key: str, wave: str) -> Transitions | None:
    now, before = beside.now[key], dict(beside.earlier[key])[wave]
    raw = beside.rows[now.rule.variable or ""]
    return transitions(before, now, raw, beside.pairs(wave), study.items[key].kind == "ordinal")


def _also_before(study: Study, beside: Beside, key: str, table: Transitions, links: Links) -> bool:
    """Whether the wave before the last agrees: else it was the last wave that was recoded, and this one is as ever."""
    for wave, _ in beside.earlier[key][1:2]:
        other = _table(study, beside, key, wave)
        if other is not None and other.people >= table.people / 4:
            return still_better(other, _carried(table, links, other))
    return True


def _carried(table: Transitions, links: Links, other: Transitions) -> Links:
    """A mapping as links of another table of the same item."""
    pairs = {(table.values[row], table.symbols[column]) for row, column in np.argwhere(links)}
    return np.array([[(value, symbol) in pairs for symbol in other.symbols] for value in other.values])


def _usual(beside: Beside, key: str) -> float | None:
    """Share of the people in both of the two waves before who repeated their answer."""
    if len(beside.earlier[key]) < 2:
        return None
    (_, last), (_, first) = beside.earlier[key][:2]
    both = first.frame.select("person_id", was="value").join(
        last.frame.select("person_id", now="value"), on="person_id"
    ).drop_nulls()  # fmt: skip
    return float((both["was"] == both["now"]).mean()) if both.height else None  # type: ignore[arg-type]


def _recoding(beside: Beside, key: str, table: Transitions, fitted: Fitted, used: bool) -> Recoding:
    before, now, links = beside.before[key], beside.now[key], fitted.links
    what = (
        f"{gone_and_new(table, before)}{named(table, links)} ({mapping_words(table, links, before)}, earlier code "
        f"first) fits the same people better than the codes as declared: "
        f"{fit_words(table, links, fitted.explained, _usual(beside, key))}.{mean_words(table, links)}"
    )
    todo = (
        "Compare the codes of the two questionnaires. If they were recoded: "
        f"{paste(beside.wave, key, table, links, before, now)}; if not, decide `accept`."
    )
    return Recoding(what, todo, int(table.people), used, beside.where(key), beside.file.arm)
