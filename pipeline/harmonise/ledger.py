"""The ledger: every answer received, counted by the code it came as and by what it became."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.harmonise.crosswalk import BLANK, IN_RANGE, Rule
from pipeline.harmonise.texts import is_number
from pipeline.harmonise.undeclared import OUT_OF_RANGE, Problem, undeclared
from pipeline.on_disk import OnDisk
from pipeline.options import known_options

SCHEMA = {
    "study": pl.String,
    "wave": pl.String,
    "arm": pl.String,
    "item": pl.String,
    "variable": pl.String,
    "code": pl.String,
    "value": pl.Float64,
    "is_valued": pl.Boolean,
    "reason": pl.String,
    "count": pl.Int64,
}


def ledger(
    table: pl.DataFrame, study: str, wave: str, rules: Mapping[str, Sequence[Rule]], files: Mapping[str, str]
) -> tuple[pl.DataFrame, list[Problem]]:
    """One row per arm, item and source code of a wave table (contract ``Ledger``); and what is not declared.

    ``files`` names each arm's file for the messages, one for each variable with undeclared codes.
    """
    rows: list[tuple[object, ...]] = []
    problems: list[Problem] = []
    for arm, arm_rules in rules.items():
        received = table.filter(pl.col("arm") == arm)
        for rule in arm_rules:
            counts = _counts(received, rule)
            problems += undeclared(counts, rule, files.get(arm, arm))
            rows += [(study, wave, arm, rule.item, rule.variable, *row) for row in _entries(counts, rule)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row"), problems


def _counts(received: pl.DataFrame, rule: Rule) -> dict[str, int]:
    """Code → answers. Numbers in range are counted together, and so are those outside it; texts by themselves."""
    if rule.variable is None:
        return {BLANK: received.height} if received.height else {}
    distinct = received[rule.variable].value_counts(name="count")
    counts = {BLANK if code is None else code: count for code, count in distinct.iter_rows()}
    if rule.range is None:
        return counts
    found: dict[str, int] = {}
    for code, count in counts.items():
        name = code if code in rule.codes else _amount(code, rule, rule.range)
        found[name] = found.get(name, 0) + count
    return found


def _amount(code: str, rule: Rule, bounds: tuple[float, float]) -> str:
    if not is_number(code):
        return code
    return IN_RANGE if bounds[0] <= rule.amount(code) <= bounds[1] else OUT_OF_RANGE


def _entries(counts: Mapping[str, int], rule: Rule) -> Iterator[tuple[str, float | None, bool, str | None, int]]:
    """Code, value, whether it is one, reason and count; in the order of the declarations."""
    for code, (value, reason) in rule.codes.items():
        if code in counts:
            yield code, value, reason is None, reason, counts[code]
    if rule.range is not None and IN_RANGE in counts:
        yield IN_RANGE, None, True, None, counts[IN_RANGE]


@known_options
def account(found: pl.DataFrame, waves: Mapping[str, Any], answers: Any = None) -> list[str]:
    """What does not add up: received must equal valued plus missing by reason, for every item of every wave.

    With ``answers`` the values and reasons in the result are counted again and held against the ledger.
    """
    problems = []
    totals = found.group_by("wave", "item").agg(pl.col("count").sum())
    for wave, item, count in totals.iter_rows():
        if count != waves[wave].height:
            problems.append(f"{wave}, {item}: {waves[wave].height:,} received, {count:,} accounted for")
    if answers is not None:
        problems += _recount(found, answers.scan() if isinstance(answers, OnDisk) else answers.lazy())
    return problems


def _recount(found: pl.DataFrame, answers: pl.LazyFrame) -> list[str]:
    problems = []
    items = found["item"].unique(maintain_order=True).to_list()
    counted = (
        answers.group_by("wave", maintain_order=True)
        .agg(
            *(pl.col(item).count().alias(item) for item in items),
            *(pl.col(f"{item}_reason").count().alias(f"{item}_reason") for item in items),
        )
        .collect(engine="streaming")
    )
    ledger_sums = found.group_by("wave", "item").agg(
        valued=pl.col("count").filter("is_valued").sum(), missing=pl.col("count").filter(~pl.col("is_valued")).sum()
    )
    expected = {(wave, item): (valued, missing) for wave, item, valued, missing in ledger_sums.iter_rows()}
    for row in counted.iter_rows(named=True):
        for item in items:
            made, counted_before = (row[item], row[f"{item}_reason"]), expected[row["wave"], item]
            if made != counted_before:
                problems.append(f"{row['wave']}, {item}: {made} valued and missing, {counted_before} in the ledger")
    return problems
