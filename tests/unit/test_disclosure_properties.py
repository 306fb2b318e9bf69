"""Suppression and the attacker on random tables and hierarchies, and against the reference of a threshold tool."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.papers.disclosure import narrowed, suppressed, suppressed_intervals
from tests.shared import shared

SEEDS = range(6)


def random_table(seed: int) -> pl.DataFrame:
    """Counts of areas in regions by group, with all totals; many cells small."""
    random = np.random.default_rng(seed)
    regions = {f"r{n}": [f"r{n}a{k}" for k in range(random.integers(2, 4))] for n in range(random.integers(1, 3))}
    groups = [f"g{n}" for n in range(random.integers(2, 4))]
    rows = [
        {"region": region, "area": area, "group": group, "value": float(random.choice([3, 12, 25, 60, 140]))}
        for region, areas in regions.items()
        for area in areas
        for group in groups
    ]
    cells = pl.DataFrame(rows)
    parts = [cells]
    for kept in (["region", "area"], ["region", "group"], ["region"], ["group"], []):
        summed = (
            cells.group_by(kept, maintain_order=True).agg(pl.col("value").sum())
            if kept
            else cells.select(pl.col("value").sum())
        )
        parts.append(summed)
    return pl.concat(parts, how="diagonal").with_columns(statistic=pl.lit("count"), table=pl.lit("t"))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_narrowed_after_suppression(seed):
    assert narrowed(suppressed(random_table(seed)).drop("mark")) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_bounds_hold_the_truth(seed):
    table = random_table(seed)
    random = np.random.default_rng(100 + seed)
    hidden = pl.Series(random.random(table.height) < 0.4)
    shown = table.with_columns(value=pl.when(hidden).then(None).otherwise("value"))
    truth = {
        tuple(sorted((name, row[name]) for name in ("region", "area", "group") if row[name] is not None)): row["value"]
        for row in table.iter_rows(named=True)
    }
    for of, (low, high) in suppressed_intervals(shown).items():
        assert low <= truth[of.where] <= high, str(of)


@pytest.mark.parametrize("base", [5, 10])
def test_bounds_hold_the_truth_of_rounded_tables(base):
    table = random_table(7)
    rounded = table.with_columns(
        rounding=pl.lit(float(base)), value=base * (pl.col("value") / base + 0.5).floor(), small=pl.col("value") < 10
    )
    shown = rounded.with_columns(value=pl.when("small").then(None).otherwise("value")).drop("small")
    truth = {
        tuple(sorted((name, row[name]) for name in ("region", "area", "group") if row[name] is not None)): row["value"]
        for row in table.iter_rows(named=True)
    }
    for of, (low, high) in suppressed_intervals(shown).items():
        assert low <= truth[of.where] <= high, str(of)


def test_suppression_is_small():
    """A table with one small cell loses three others and no total."""
    rows = [
        {"area": a, "group": g, "value": v}
        for (a, g), v in {("a", "x"): 4, ("a", "y"): 30, ("a", "z"): 50, ("b", "x"): 22, ("b", "y"): 31,
                          ("b", "z"): 40, ("c", "x"): 60, ("c", "y"): 70, ("c", "z"): 80}.items()
    ]  # fmt: skip
    cells = pl.DataFrame(rows)
    sums = [cells.group_by(k, maintain_order=True).agg(pl.col("value").sum()) for k in ("area", "group")]
    table = pl.concat([cells, *sums, cells.select(pl.col("value").sum())], how="diagonal")
    found = suppressed(table.with_columns(statistic=pl.lit("count"), table=pl.lit("t")))
    gone = found.filter(pl.col("value").is_null())
    assert gone.height == 4
    assert gone["area"].null_count() == gone["group"].null_count() == 0


def reference() -> dict[str, Any]:
    return dict(json.loads(shared("reference", "sdc_acro", "reference.json").read_text()))


def long(table: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [
        {"area": None if area == "All" else area, "ethnic": None if group in ("All", "all") else group,
         "value": value, "statistic": "count", "table": name, "place": f"{name}, {area}, {group}"}
        for area, row in zip(table["index"], table["data"], strict=True)
        for group, value in zip(table["columns"], row, strict=True)
    ]  # fmt: skip


def test_the_attacker_recovers_what_a_threshold_tool_leaks():
    known = reference()
    cells = long(known["acro_suppress_true_nomargins"], "t1") + long(known["acro_row_totals_separately"], "t2")
    found = suppressed_intervals(pl.DataFrame(cells, infer_schema_length=None))
    for area, leak in known["differencing_attack"].items():
        of = next(of for of in found if dict(of.where) == {"area": area, "ethnic": leak["ethnic"]})
        assert found[of] == (leak["true"], leak["true"])
    leaks = {dict(leak.of.where)["area"] for leak in narrowed(pl.DataFrame(cells, infer_schema_length=None))}
    assert set(known["rows_with_exactly_one_suppressed_cell"]) <= leaks


def test_primary_suppression_is_that_of_the_threshold_tool_and_more():
    known = reference()
    table = pl.DataFrame(long(known["raw_counts_with_margins"], "t1"), infer_schema_length=None)
    ours = suppressed(table)
    inner = ours.filter(pl.col("area").is_not_null() & pl.col("ethnic").is_not_null())
    primary = {(row["area"], row["ethnic"]) for row in inner.filter(mark="primary").iter_rows(named=True)}
    theirs = {
        (row["area"], row["ethnic"])
        for row in long(known["acro_suppress_true_nomargins"], "t1")
        if row["value"] is None
    }
    assert primary == theirs
    assert inner.filter(mark="secondary").height > 0
    assert narrowed(ours.drop("mark")) == []
