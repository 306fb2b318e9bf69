"""A wave table read leniently: values and reasons where the declarations know the code, and what they do not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.harmonise.crosswalk import BLANK, Rule, canonical, rules
from pipeline.harmonise.texts import is_number
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.tables import NOT_IN_FILE, SET_ASIDE

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """One item of one arm and wave: whose row it is, its number (NaN for none) and reason by row, and codes counted.

    ``unknown`` holds the codes that are not declared, ``valued`` those that stand for a value (of number items: none),
    ``missing`` those that stand for a reason. ``tally``: value → rows. ``reasons``: reason → rows without a value.
    ``shared``: another item is read from the same variable.
    """

    rule: Rule
    people: pl.Series
    numbers: NDArray[np.float64]
    reason: pl.Series
    unknown: Mapping[str, int]
    valued: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    tally: Mapping[float, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    shared: bool = False

    @property
    def frame(self) -> pl.DataFrame:
        """``person_id``, ``value`` and ``reason``, row by row."""
        value = pl.Series(self.numbers, dtype=pl.Float64, nan_to_null=True)
        return pl.DataFrame({"person_id": self.people, "value": value, "reason": self.reason})

    @property
    def height(self) -> int:
        """Rows of the file."""
        return len(self.numbers)

    @property
    def values(self) -> pl.Series:
        """The numbers of the rows with a value."""
        return pl.Series("value", self.numbers[~np.isnan(self.numbers)], dtype=pl.Float64)

    @cached_property
    def varies(self) -> bool:
        """Whether there is more than one value."""
        return len(self.tally) > 1

    @property
    def valued_rows(self) -> int:
        """Rows with a value."""
        return sum(self.tally.values())

    @cached_property
    def deposited(self) -> NDArray[np.float64]:
        """The numbers of the rows with a value as the file has them: before they were turned round or converted."""
        numbers = self.numbers[~np.isnan(self.numbers)]
        if self.rule.reverse and self.rule.range is not None:
            numbers = sum(self.rule.range) - numbers
        return (numbers - self.rule.plus) / self.rule.times if self.rule.is_converted else numbers

    @cached_property
    def asked(self) -> Flags:
        """Per row whether the question was put to the person."""
        if not {"routed_out", "blank", "not_asked"} & set(self.reasons):
            return np.ones(self.height, dtype=bool)
        return (~self.reason.is_in(["routed_out", "blank", "not_asked"]).fill_null(False)).to_numpy()

    @cached_property
    def is_blank(self) -> Flags:
        """Per row whether the cell is empty where an answer was expected."""
        if "blank" not in self.reasons:
            return np.zeros(self.height, dtype=bool)
        return (self.reason == "blank").fill_null(False).to_numpy()

    @property
    def answered(self) -> int:
        """Rows with an answer, declared or not."""
        return self.valued_rows + sum(self.unknown.values())

    @property
    def absent(self) -> bool:
        """Whether the file has no such variable: all its rows say so."""
        return set(self.missing) in ({SET_ASIDE}, {NOT_IN_FILE}) and not self.answered and not self.reasons.get("blank")

    def share(self, reason: str) -> float:
        """The share of the rows that has no value for this reason."""
        return self.reasons.get(reason, 0) / max(self.height, 1)


def readings(
    study: Study, wave: str, file: WaveFile, deposited: pl.DataFrame, leave_out: Collection[str] = ()
) -> dict[str, Reading]:
    """Item → its reading, for every item that the file should hold and does."""
    rows = deposited.filter(pl.col("arm") == file.arm)
    every = [rule for rule in rules(study, wave, file) if rule.variable is not None and rule.variable in rows.columns]
    readers = Counter(rule.variable for rule in every)
    made = _read_together([rule for rule in every if rule.item not in leave_out], rows)
    return {one.rule.item: replace(one, shared=readers[one.rule.variable] > 1) for one in made}


def read(rule: Rule, rows: pl.DataFrame) -> Reading:
    """One item; codes that the rule does not know become neither value nor reason."""
    return _read_together([rule], rows)[0]


@dataclass(frozen=True)
class _Results:
    """What each code of one column becomes by one rule, and how often each is there (see ``Reading``)."""

    values: dict[str, float | None] = field(default_factory=dict)
    reasons: dict[str, str | None] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    valued: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    tally: Counter[float] = field(default_factory=Counter)
    why: Counter[str] = field(default_factory=Counter)


def _read_together(every: Sequence[Rule], rows: pl.DataFrame) -> list[Reading]:
    """The items of one file in a few passes over its columns: one for each would take longer than the work in it."""
    if not every:
        return []
    places = {name: str(place) for place, name in enumerate(dict.fromkeys(str(rule.variable) for rule in every))}
    codes = rows.select(pl.col(name).fill_null(BLANK).alias(place) for name, place in places.items())
    counted = codes.select(pl.all().value_counts(name="count").implode()).row(0, named=True)
    results = [_results(rule, _in_order(counted[places[str(rule.variable)]])) for rule in every]
    made = codes.select(
        column
        for place, (rule, result) in enumerate(zip(every, results, strict=True))
        for column in _columns(place, pl.col(places[str(rule.variable)]), result)
    )
    no_reason = pl.Series([None], dtype=pl.Categorical).new_from_index(0, rows.height)
    return [
        Reading(
            rule,
            rows["person_id"],
            made[f"value {place}"].to_numpy(),
            made[name] if (name := f"reason {place}") in made.columns else no_reason,
            result.unknown,
            result.valued,
            result.missing,
            result.tally,
            result.why,
        )
        for place, (rule, result) in enumerate(zip(every, results, strict=True))
    ]


def _in_order(counted: Iterable[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Codes and their counts, numbers by size and then texts: counting gives them in another order each time."""
    pairs = ((code, count) for code, count in (one.values() for one in counted))
    return sorted(pairs, key=lambda pair: (0, float(pair[0]), "") if is_number(pair[0]) else (1, 0.0, pair[0]))


def _results(rule: Rule, counted: Iterable[tuple[str, int]]) -> _Results:
    made = _Results()
    declared = {canonical(code): result for code, result in rule.codes.items()}
    for code, count in counted:
        known = declared.get(code)
        value, reason = made.values[code], made.reasons[code] = known or (_number_within(code, rule), None)
        if value is not None:
            made.tally[value] += count
        if reason is not None:
            made.why[reason] += count
        if value is None and reason is None:
            made.unknown[code] = count
        elif known and value is not None:
            made.valued[code] = count
        elif code != BLANK and reason is not None:
            made.missing[code] = count
    return made


def _columns(place: int, codes: pl.Expr, results: _Results) -> Iterator[pl.Expr]:
    """The value and the reason of each row; no reason where every row has a value."""
    values, reasons = results.values, results.reasons if results.why else {}
    value = codes.replace_strict(list(values), list(values.values()), return_dtype=pl.Float64)
    yield value.alias(f"value {place}")
    if reasons:
        reason = codes.replace_strict(list(reasons), list(reasons.values()), return_dtype=pl.Categorical)
        yield reason.alias(f"reason {place}")


def _number_within(code: str, rule: Rule) -> float | None:
    if rule.range is None or not is_number(code):
        return None
    number, (low, high) = rule.amount(code), rule.range
    if not low <= number <= high:
        return None
    return low + high - number if rule.reverse else number
