"""What harmonise makes: crosswalk, ledger, answers, and the findings of the drift report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.tables.contracts import dy

MISSING_REASONS = (
    "not_asked",  # the item is not in this wave's questionnaire
    "routed_out",  # the item did not apply to this person
    "refused",
    "dont_know",
    "no_answer",
    "proxy",  # somebody else answered on the person's behalf
    "blank",  # an empty cell where an answer was expected
    "set_aside",  # quarantined, with the reason
)
"""Why an answer has no value; exactly one applies wherever an item is null."""


HEAD: dict[str, dy.Column] = {
    "person_id": dy.String(primary_key=True),
    "study": dy.String(),
    "arm": dy.String(),
    "wave": dy.String(primary_key=True),
    "fieldwork_start": dy.Date(),
    "interview_date": dy.Date(nullable=True),  # null unless the study declares it
    "design_weight": dy.Float64(nullable=True, min=0),
    "stratum": dy.String(nullable=True),
    "psu": dy.String(nullable=True),
    "area_code": dy.String(nullable=True),
}
"""The fixed head of answers and panel: one row per person and wave."""

FURTHER_HEAD: dict[str, dy.Column] = {
    "mode": dy.String(nullable=True),  # how the person was interviewed, where files say so
    "household_id": dy.String(nullable=True),  # a pseudonym, where a column has the role `household`
}
"""Columns of the head that only some studies have."""


class Crosswalk(dy.Schema):
    """One row per wave, arm, item and source code: what the code becomes."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    item = dy.String(primary_key=True)
    variable = dy.String(nullable=True)
    code = dy.String(primary_key=True)
    label = dy.String(nullable=True)
    value = dy.Float64(nullable=True)
    reason = dy.String(nullable=True)


class Ledger(dy.Schema):
    """One row per wave, arm, item and source code: number of answers and what they became."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    item = dy.String(primary_key=True)
    variable = dy.String(nullable=True)
    code = dy.String(primary_key=True)  # for number items all values in range share the code "in range"
    value = dy.Float64(nullable=True)  # null for number items: a single amount could point at a person
    is_valued = dy.Bool()
    reason = dy.String(nullable=True)
    count = dy.Int64(min=0)

    @dy.rule()
    def valued_or_missing_with_a_reason(cls) -> pl.Expr:
        return pl.col("is_valued") == pl.col("reason").is_null()


def answers_schema(
    items: Mapping[str, tuple[float | None, float | None]], further: Sequence[str] = ()
) -> type[dy.Schema]:
    """One row per person and wave, each item with its value (in its range) and its reason for missing.

    ``items`` maps item → (lowest, highest) value; ``None`` leaves a side open. ``further``: of ``FURTHER_HEAD``.
    """
    columns: dict[str, dy.Column] = {**HEAD, **{name: FURTHER_HEAD[name] for name in further}}
    for item, (low, high) in items.items():
        columns[item] = dy.Float64(nullable=True, min=low, max=high)
        columns[f"{item}_reason"] = dy.Enum(MISSING_REASONS, nullable=True)
    return type("Answers", (dy.Schema,), columns)


class Findings(dy.Schema):
    """One row per difference of a new wave from earlier waves or from its declaration."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    item = dy.String(primary_key=True)  # an item, a role such as weight, or the whole wave
    kind = dy.String(primary_key=True)  # range, reversed, routing, ...
    severity = dy.Enum(["blocks", "warns", "notes"])
    what = dy.String()  # in words
    where = dy.String()  # file and variable
    count = dy.Int64(nullable=True, min=0)
    confidence = dy.Float64(min=0, max=1)  # of the finding, from 0 to 1
    todo = dy.String()
    decision = dy.String(nullable=True)  # the recorded decision, with the reason
    texts = dy.String(nullable=True)  # of texts in place of numbers: those that may be shown, with counts, as JSON
    battery = dy.String(nullable=True)  # of an item, where every item of its battery has this finding


class Redeliveries(dy.Schema):
    """One row per thing that a corrected delivery of a wave changed, against the delivery accepted before it."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    part = dy.Enum(["counts", "columns", "cells", "means", "not_compared"], primary_key=True)
    arm = dy.String(primary_key=True)  # of means; else empty
    name = dy.String(primary_key=True)  # a count (below); a column; an item or scale; why nothing was compared
    change = dy.String(nullable=True)  # of columns: added or gone
    count = dy.Int64(nullable=True, min=0)  # people in_both, added, gone; means that were compared
    changed = dy.Int64(nullable=True, min=0)  # of cells, among people in both deliveries
    filled = dy.Int64(nullable=True, min=0)
    emptied = dy.Int64(nullable=True, min=0)
    answers_before = dy.Int64(nullable=True, min=0)  # of means
    answers_after = dy.Int64(nullable=True, min=0)
    mean_before = dy.Float64(nullable=True)
    mean_after = dy.Float64(nullable=True)
    weighted_before = dy.Float64(nullable=True)  # with the weights of the files
    weighted_after = dy.Float64(nullable=True)
    printed = dy.String(nullable=True)  # the weights with which models print this mean; null if none prints it
