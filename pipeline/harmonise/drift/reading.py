"""A wave table read leniently: values and reasons where the declarations know the code, and what they do not know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from pipeline.harmonise.crosswalk import BLANK, Rule, canonical, rules
from pipeline.specs.project import Study
from pipeline.specs.study import WaveFile


@dataclass(frozen=True)
class Reading:
    """One item of one arm and wave: ``person_id``, ``value`` and ``reason`` by row, and undeclared codes counted."""

    rule: Rule
    frame: pl.DataFrame
    unknown: dict[str, int]

    @property
    def values(self) -> pl.Series:
        return self.frame["value"].drop_nulls()

    def share(self, reason: str) -> float:
        """The share of the rows that has no value for this reason."""
        return float((self.frame["reason"] == reason).sum()) / max(self.frame.height, 1)


def readings(
    study: Study, wave: str, file: WaveFile, deposited: pl.DataFrame, leave_out: Collection[str] = ()
) -> dict[str, Reading]:
    """Item → its reading, for every item that the file should hold and does."""
    rows = deposited.filter(pl.col("arm") == file.arm)
    return {
        rule.item: read(rule, rows)
        for rule in rules(study, wave, file)
        if rule.variable is not None and rule.variable in rows.columns and rule.item not in leave_out
    }


def read(rule: Rule, rows: pl.DataFrame) -> Reading:
    """One item; codes that the rule does not know become neither value nor reason."""
    codes = rows[rule.variable or ""].fill_null(BLANK)
    distinct = codes.value_counts(name="count")
    values: dict[str, float | None] = {}
    reasons: dict[str, str | None] = {}
    unknown: dict[str, int] = {}
    declared = {canonical(code): result for code, result in rule.codes.items()}
    for code, count in distinct.iter_rows():
        value, reason = declared.get(code) or (_number_within(code, rule.range), None)
        values[code], reasons[code] = value, reason
        if value is None and reason is None:
            unknown[code] = count
    value_column = codes.replace_strict(list(values), list(values.values()), return_dtype=pl.Float64)
    reason_column = codes.replace_strict(list(reasons), list(reasons.values()), return_dtype=pl.String)
    frame = pl.DataFrame({"person_id": rows["person_id"], "value": value_column, "reason": reason_column})
    return Reading(rule, frame, unknown)


def _number_within(code: str, bounds: tuple[float, float] | None) -> float | None:
    if bounds is None:
        return None
    try:
        number = float(code)
    except ValueError:
        return None
    return number if bounds[0] <= number <= bounds[1] else None
