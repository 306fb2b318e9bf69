"""Which variable of a new file holds which item: by name, label and answer codes, each match with its evidence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.ingest.arrival.coding import rounded_outwards
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import NUMBER, code_texts
from pipeline.ingest.items.stems import stem_of
from pipeline.specs.answer_words import plain
from pipeline.specs.study import Item

SURE, POSSIBLE = 0.75, 0.5
"""A match this good is proposed; one this good is only mentioned."""

_DIGITS = re.compile(r"\d+")
_QUESTION = re.compile(r"[a-z]{1,2}\d+\w?", re.IGNORECASE)
"""The number of a question in a questionnaire: A3, e3, Q17b."""

MOST_CODES = 60
"""A variable with more different answers than this is not recognised by its codes."""


@dataclass(frozen=True)
class Match:
    """A variable for an item: how sure, from 0 to 1, and why."""

    variable: str
    confidence: float
    evidence: str
    is_its_name: bool = False
    """Whether it has the name that was expected, if in another case; any other name is for a person to judge."""
    is_as_declared: bool = True
    """Whether every answer is among the declared codes, or within the declared range."""


def matches(
    items: Mapping[str, Item], names: Mapping[str, str], deposit: Deposit, missing: Collection[str] = ()
) -> dict[str, Match]:
    """Item → its best variable, those of the expected name first; a variable of another name is given once.

    ``names`` maps item → the name its variable should have; ``missing`` lists the study's missing codes. What has the
    name of one item is not proposed for another.
    """
    by_case = {column.lower(): column for column in deposit.frame.columns}
    chosen = {}
    for item, name in names.items():
        column = name if name in deposit.frame.columns else by_case.get(name.lower())
        if column is not None:
            chosen[item] = _match(items[item], name, column, deposit, missing)
    taken = {match.variable for match in chosen.values()}
    free = [column for column in deposit.frame.columns if column not in taken]
    found = [
        (match.confidence, item, match)
        for item in names
        if item not in chosen
        for match in _candidates(items[item], names[item], free, deposit, missing)
    ]
    for _, item, match in sorted(found, key=lambda entry: -entry[0]):
        if item not in chosen and match.variable not in taken:
            chosen[item] = match
            taken.add(match.variable)
    return chosen


def _candidates(
    item: Item, name: str, columns: Sequence[str], deposit: Deposit, missing: Collection[str]
) -> list[Match]:
    """The columns of another name that are like the item in name or label."""
    wordings = _wordings(item)
    found = []
    for column in columns:
        label = _label_of(deposit, column)
        by_name, _ = _name_score(column, name)
        if by_name >= 0.6 or (label and max((_alike(label, text) for text in wordings), default=0.0) >= 0.6):
            found.append(_match(item, name, column, deposit, missing))
    return found


def _match(item: Item, name: str, column: str, deposit: Deposit, missing: Collection[str]) -> Match:
    """How sure it is that a column holds an item, and on what evidence."""
    by_name, how = _name_score(column, name)
    label, wordings = _label_of(deposit, column), _wordings(item)
    by_label = max((_alike(label, text) for text in wordings), default=0.0) if label else None
    renamed = 0.5 if by_name or (by_label or 0) > 0.95 else 0.0  # with another number only the same words count
    declared = frozenset({*item.codes, *item.missing, *missing})
    by_codes = _code_score(_codes_of(deposit, column), declared) if item.codes else None
    confidence = max(
        _weighted([(by_name, 0.5), (by_label, 0.3), (by_codes, 0.2)]),
        _weighted([(renamed, 0.2), (by_label or 0.0, 0.6), (by_codes, 0.2)]),  # a survey tool named it anew
    )
    evidence = [how, *([f"label {by_label:.0%} alike"] if by_label is not None else [])]
    evidence += [f"{by_codes:.0%} of its codes are declared"] if by_codes is not None else []
    outside = _outside(deposit, column, item, declared)
    if outside:
        evidence += [f"{outside:,} answers are outside its range: {_wider(deposit, column, item, declared)}"]
    as_declared = not outside and (by_codes is None or by_codes == 1)
    return Match(column, round(confidence, 2), ", ".join(evidence), column.lower() == name.lower(), as_declared)


def _outside(deposit: Deposit, column: str, item: Item, missing: Collection[str]) -> int:
    """How many answers to an item of numbers its declared range leaves out."""
    if item.range is None or deposit.frame.schema[column].is_temporal():
        return 0
    return int((~_amounts(deposit, column, missing).is_between(*item.range)).sum())


def _amounts(deposit: Deposit, column: str, missing: Collection[str]) -> pl.Series:
    """The numbers of a column that are no missing code."""
    numbers = deposit.frame[column].cast(pl.Float64, strict=False).drop_nulls()
    return numbers.filter(~numbers.is_in([float(code) for code in missing if re.fullmatch(NUMBER, code)]))


def _wider(deposit: Deposit, column: str, item: Item, missing: Collection[str]) -> str:
    """The range, rounded outwards, that holds what was declared and what this file has, too."""
    amounts = _amounts(deposit, column, missing)
    low, high = rounded_outwards([*(item.range or ()), *amounts.drop_nans()])
    return f"`range: [{low:.15g}, {high:.15g}]` in items.yaml holds all, unless some are missing codes"


def _wordings(item: Item) -> list[str]:
    return [plain(text) for text in (item.label, item.wording, item.original) if text]


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
    if _are_of_two_batteries(column, name):
        return 0.0, f"another battery than `{name}`"
    likeness = _alike(column.lower(), name.lower())
    return likeness, f"name {likeness:.0%} like `{name}`"


def _are_of_two_batteries(one: str, other: str) -> bool:
    """Whether both are within numbered batteries, or numbers of questions, that differ: A3_1 and E3_1, B7 and C7."""
    stems = [stem_of(name) or name.lower() for name in (one, other)]
    return stems[0] != stems[1] and all(_QUESTION.fullmatch(stem) for stem in stems)


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
