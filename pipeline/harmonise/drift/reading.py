"""A wave table read leniently: values and reasons where the declarations know the code, and what they do not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

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
    """One item of one arm and wave: ``person_id``, ``value`` and ``reason`` by row, and codes counted.

    ``unknown`` holds the codes that are not declared, ``valued`` those that stand for a value (of number items: none),
    ``missing`` those that stand for a reason. ``tally``: value → rows. ``reasons``: reason → rows without a value.
    ``shared``: another item is read from the same variable.
    """

    rule: Rule
    frame: pl.DataFrame
    unknown: Mapping[str, int]
    valued: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    tally: Mapping[float, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    shared: bool = False

    @cached_property
    def values(self) -> pl.Series:
        return self.frame["value"].drop_nulls()

    @cached_property
    def varies(self) -> bool:
        """Whether there is more than one value."""
        return len(self.tally) > 1

    @property
    def valued_rows(self) -> int:
        """Rows with a value."""
        return sum(self.tally.values())

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """The value of each row, NaN where there is none."""
        return self.frame["value"].to_numpy()

    @cached_property
    def deposited(self) -> NDArray[np.float64]:
        """The numbers of the rows with a value as the file has them: before they were turned round or converted."""
        numbers = self.values.cast(pl.Float64).to_numpy()
        if self.rule.reverse and self.rule.range is not None:
            numbers = sum(self.rule.range) - numbers
        return (numbers - self.rule.plus) / self.rule.times if self.rule.is_converted else numbers

    @cached_property
    def asked(self) -> Flags:
        """Per row whether the question was put to the person."""
        if not {"routed_out", "blank", "not_asked"} & set(self.reasons):
            return np.ones(self.frame.height, dtype=bool)
        return (~self.frame["reason"].is_in(["routed_out", "blank", "not_asked"]).fill_null(False)).to_numpy()

    @cached_property
    def is_blank(self) -> Flags:
        """Per row whether the cell is empty where an answer was expected."""
        if "blank" not in self.reasons:
            return np.zeros(self.frame.height, dtype=bool)
        return (self.frame["reason"] == "blank").fill_null(False).to_numpy()

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
        return self.reasons.get(reason, 0) / max(self.frame.height, 1)


def readings(
    study: Study, wave: str, file: WaveFile, deposited: pl.DataFrame, leave_out: Collection[str] = ()
) -> dict[str, Reading]:
    """Item → its reading, for every item that the file should hold and does."""
    rows = deposited.filter(pl.col("arm") == file.arm)
    every = [rule for rule in rules(study, wave, file) if rule.variable is not None and rule.variable in rows.columns]
    readers = Counter(rule.variable for rule in every)
    return {
        rule.item: replace(read(rule, rows), shared=readers[rule.variable] > 1)
        for rule in every
        if rule.item not in leave_out
    }


def read(rule: Rule, rows: pl.DataFrame) -> Reading:
    """One item; codes that the rule does not know become neither value nor reason."""
    codes = rows[rule.variable or ""].fill_null(BLANK)
    values: dict[str, float | None] = {}
    reasons: dict[str, str | None] = {}
    unknown: dict[str, int] = {}
    valued: dict[str, int] = {}
    missing: dict[str, int] = {}
    declared = {canonical(code): result for code, result in rule.codes.items()}
    counts = codes.value_counts(name="count").rows()
    for code, count in counts:
        known = declared.get(code)
        value, reason = known or (_number_within(code, rule), None)
        values[code], reasons[code] = value, reason
        if value is None and reason is None:
            unknown[code] = count
        elif known and value is not None:
            valued[code] = count
        elif code != BLANK and reason is not None:
            missing[code] = count
    tally: Counter[float] = Counter()
    why: Counter[str] = Counter()
    for code, count in counts:
        value, reason = values[code], reasons[code]
        tally.update({} if value is None else {value: count})
        why.update({} if reason is None else {reason: count})
    frame = pl.DataFrame({"person_id": rows["person_id"], **_columns(codes, values, reasons if why else {})})
    return Reading(rule, frame, unknown, valued, missing, tally, why)


def _columns(
    codes: pl.Series, values: Mapping[str, float | None], reasons: Mapping[str, str | None]
) -> dict[str, pl.Series]:
    """The value and the reason of each row; no ``reasons`` where every row has a value."""
    value = codes.replace_strict(list(values), list(values.values()), return_dtype=pl.Float64)
    if not reasons:
        return {"value": value, "reason": pl.Series([None], dtype=pl.Categorical).new_from_index(0, len(codes))}
    reason = codes.replace_strict(list(reasons), list(reasons.values()), return_dtype=pl.Categorical)
    return {"value": value, "reason": reason}


def _number_within(code: str, rule: Rule) -> float | None:
    if rule.range is None or not is_number(code):
        return None
    number, (low, high) = rule.amount(code), rule.range
    if not low <= number <= high:
        return None
    return low + high - number if rule.reverse else number
