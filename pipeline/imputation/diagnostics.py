"""Whether the chains have mixed, and how much of a panel is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.imputation.wide import AT

MIXED = 1.5
"""The potential scale reduction above which chains are held not to have mixed.

The usual 1.1 is for long chains: over the few rounds of chained equations, chains that have mixed scatter up to 1.3,
while those that two near copies of one column tie down lie above 2.
"""


def chain_mixing(trace: pl.DataFrame) -> pl.DataFrame:
    """One row per arm and wide column: ``r_hat`` and ``autocorrelation`` of chains' means after their first quarter.

    R̂ = √(((n - 1) W / n + B / n) / W) of the mean of the imputed values, with m chains of n rounds (Gelman & Rubin
    1992; Oberman, van Buuren & Vink 2021 on chained equations). Null where the means do not vary, or n < 2.
    """
    last = int(trace["iteration"].max() or 0)  # type: ignore[arg-type]
    kept = trace.filter(pl.col("iteration") > last // 4).sort("arm", "column", "imputation", "iteration")
    lagged = kept.with_columns(before=pl.col("mean").shift(1).over("arm", "column", "imputation"))
    chains = lagged.group_by("arm", "column", "imputation", maintain_order=True).agg(
        pl.col("mean").mean().alias("centre"), pl.col("mean").var().alias("spread"), pl.len().alias("n")
    )
    within, between = pl.col("spread").mean(), pl.col("centre").var()
    n = pl.col("n").first()
    table = chains.group_by("arm", "column", maintain_order=True).agg(
        r_hat=pl.when((within > 0) & (n > 1)).then((((n - 1) / n * within + between) / within).sqrt())
    )
    own = pl.col("mean").mean().over("arm", "column", "imputation")
    along = lagged.with_columns(now=pl.col("mean") - own, then=pl.col("before") - own).drop_nulls("before")
    drift = along.group_by("arm", "column", maintain_order=True).agg(
        autocorrelation=pl.when(pl.col("now").len() > 2).then(pl.corr("now", "then")).fill_nan(None)
    )
    return table.join(drift, on=["arm", "column"], how="left", maintain_order="left")


def convergence(panel: pl.DataFrame, cells: pl.DataFrame, trace: pl.DataFrame) -> pl.DataFrame:
    """One row per arm, wave and measure imputed: how much is filled in, with what, and whether the chains mixed.

    ``answered`` and ``filled`` count cells of one imputation; means and SDs compare what was answered with what is
    filled in (they may differ: that is what imputation is for). The chains of a passive scale are those of its items.
    """
    mixing = chain_mixing(trace).with_columns(
        pl.col("column").str.split(AT).list.get(0).alias("concept"),
        pl.col("column").str.split(AT).list.get(1, null_on_oob=True).alias("wave"),
    )
    people = panel.select("person_id", "arm").unique(maintain_order=True)
    own = cells.filter(pl.col("imputation") > 0).join(people, on="person_id", how="left", maintain_order="left")
    draws = pl.col("imputation").n_unique()
    filled = own.group_by("arm", "wave", "concept", maintain_order=True).agg(
        filled=(pl.len() / draws).cast(pl.Int64),
        mean_filled=pl.col("value").mean(),
        sd_filled=pl.col("value").std(),
    )
    rows = []
    for row in filled.iter_rows(named=True):
        values = panel.filter(pl.col("arm") == row["arm"], pl.col("wave") == row["wave"])[row["concept"]].drop_nulls()
        known = {"answered": values.len(), "mean_answered": values.mean(), "sd_answered": values.std()}
        rows.append(row | known | {"share_filled": row["filled"] / (row["filled"] + values.len())})
    told = ("answered", "mean_answered", "sd_answered", "share_filled")
    empty: dict[str, Any] = {**filled.schema, **dict.fromkeys(told, pl.Float64), "answered": pl.Int64}
    table = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame(schema=empty)  # nothing was missing
    return table.join(
        mixing.select(  # without a chain, since nothing was missing, they have no type of their own
            pl.col("arm", "wave", "concept").cast(pl.String), pl.col("r_hat", "autocorrelation").cast(pl.Float64)
        ),
        on=["arm", "wave", "concept"],
        how="left",
        maintain_order="left",
    ).sort("arm", "concept", "wave")


def problems(
    panel: pl.DataFrame,
    cells: pl.DataFrame,
    mixing: pl.DataFrame,
    ranges: Mapping[str, tuple[float | None, float | None]],
) -> dict[str, list[str]]:
    """What is wrong with imputed cells, by check: an answer replaced, a value out of range, chains that drift."""
    replaced = []
    for concept in cells["concept"].unique(maintain_order=True):
        own = cells.filter(pl.col("concept") == concept).select("person_id", "wave").unique()
        given = panel.select("person_id", "wave", concept).drop_nulls(concept)
        many = own.join(given, on=["person_id", "wave"], how="inner").height
        replaced += [f"{many:,} answers to {concept} would be replaced"] if many else []
    outside = []
    for concept, (low, high) in ranges.items():
        values = cells.filter(pl.col("concept") == concept)["value"]
        below = int((values < low).sum()) if low is not None else 0
        above = int((values > high).sum()) if high is not None else 0
        outside += [f"{below + above:,} imputed values of {concept} are out of its range"] if below + above else []
    bad = mixing.filter(pl.col("r_hat") > MIXED)
    drifting = [
        f"the chains of {column} ({arm}) have not mixed: R-hat {r_hat:.2f}; declare more `iterations`"
        for arm, column, r_hat in bad.select("arm", "column", "r_hat").iter_rows()
    ]
    return {"unchanged": replaced, "in_range": outside, "mixed": drifting}
