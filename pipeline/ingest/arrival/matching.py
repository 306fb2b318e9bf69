"""Which variable of a new file holds which item: by name, label and answer codes, each match with its evidence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import code_texts
from pipeline.specs.answer_words import plain
from pipeline.specs.study import Item

SURE, POSSIBLE = 0.75, 0.5
"""A match this good is proposed; one this good is only mentioned."""

_DIGITS = re.compile(r"\d+")

MOST_CODES = 60
"""A variable with more different answers than this is not recognised by its codes."""


@dataclass(frozen=True)
class Match:
    """A variable for an item: how sure, from 0 to 1, and why."""

    variable: str
    confidence: float
    evidence: str


def matches(
    items: Mapping[str, Item], names: Mapping[str, str], deposit: Deposit, missing: Collection[str] = ()
) -> dict[str, Match]:
    """Item → its best variable, the surest matches first; each variable is given once, but to items of its own name.

    ``names`` maps item → the name its variable should have; ``missing`` lists the study's missing codes.
    """
    columns = deposit.frame.columns
    codes = {column: _codes_of(deposit, column) for column in columns}
    labels = {column: _label_of(deposit, column) for column in columns}
    found = [
        (match.confidence, item, match)
        for item, declared in items.items()
        for match in _candidates(declared, names[item], columns, labels, codes, missing)
    ]
    chosen: dict[str, Match] = {}
    taken: set[str] = set()
    for _, item, match in sorted(found, key=lambda entry: -entry[0]):
        is_its_own = match.variable.lower() == names[item].lower()  # two items may be read from one variable
        if item not in chosen and (is_its_own or match.variable not in taken):
            chosen[item] = match
            taken.add(match.variable)
    return chosen


def _candidates(
    item: Item,
    name: str,
    columns: Sequence[str],
    labels: Mapping[str, str],
    codes: Mapping[str, frozenset[str]],
    missing: Collection[str],
) -> list[Match]:
    wordings = [plain(text) for text in (item.label, item.wording, item.original) if text]
    declared = frozenset({*item.codes, *item.missing, *missing})
    found = []
    for column in columns:
        by_name, how = _name_score(column, name)
        by_label = max((_alike(labels[column], text) for text in wordings), default=0.0) if labels[column] else None
        if by_name < 0.6 and (by_label or 0) < 0.6:
            continue
        renamed = 0.5 if by_name or (by_label or 0) > 0.95 else 0.0  # with another number only the same words count
        by_codes = _code_score(codes[column], declared) if item.codes else None
        confidence = max(
            _weighted([(by_name, 0.5), (by_label, 0.3), (by_codes, 0.2)]),
            _weighted([(renamed, 0.2), (by_label or 0.0, 0.6), (by_codes, 0.2)]),  # a survey tool named it anew
        )
        evidence = [how, *([f"label {by_label:.0%} alike"] if by_label is not None else [])]
        evidence += [f"{by_codes:.0%} of its codes are declared"] if by_codes is not None else []
        found.append(Match(column, round(confidence, 2), ", ".join(evidence)))
    return found


def _weighted(parts: Sequence[tuple[float | None, float]]) -> float:
    """The weighted mean of the scores that there are."""
    known = [(score, share) for score, share in parts if score is not None]
    return sum(score * share for score, share in known) / sum(share for _, share in known)


def _label_of(deposit: Deposit, column: str) -> str:
    """The wording of a column's label; a label that repeats the name says nothing."""
    label = plain(deposit.labels.get(column, ""))
    return "" if label == column.lower() else label


def _name_score(column: str, name: str) -> tuple[float, str]:
    if column == name:
        return 1.0, "same name"
    if column.lower() == name.lower():
        return 0.97, "same name but for case"
    if _DIGITS.sub("", column.lower()) == _DIGITS.sub("", name.lower()):
        return 0.0, f"another number than `{name}`"  # the next question of the same battery looks most alike
    likeness = _alike(column.lower(), name.lower())
    return likeness, f"name {likeness:.0%} like `{name}`"


def _alike(one: str, other: str) -> float:
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= 0.6 and matcher.quick_ratio() >= 0.6 else 0.0


def _codes_of(deposit: Deposit, column: str) -> frozenset[str]:
    labelled = set(deposit.value_labels.get(column, {}))
    distinct = deposit.frame[column].unique().drop_nulls()
    if len(distinct) > MOST_CODES:
        return frozenset(labelled)
    return frozenset(labelled | set(code_texts(distinct) if distinct.dtype.is_numeric() else distinct.cast(str)))


def _code_score(found: frozenset[str], declared: frozenset[str]) -> float:
    return len(found & declared) / len(found) if found else 0.0
