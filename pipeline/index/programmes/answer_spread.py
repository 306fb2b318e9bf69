"""How answers to a measure spread, how stable they are from wave to wave, and how alike within areas."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

AREA = "_area"
NEEDED = 30
"""Pairs of answers for a correlation that a plan may rest on."""


@dataclass(frozen=True)
class Spread:
    """Of one measure. What too few people or areas answered is not there."""

    n_persons: int | None = None
    mean: float | None = None
    sd: float | None = None
    correlation: float | None = None
    """Of the same people's answers in waves that follow each other, within waves."""
    icc: float | None = None
    n_areas: int | None = None
    note: str | None = None


def spread_of(panel: pl.DataFrame, measure: str, area: str | None, smallest: int) -> Spread:
    """Mean and likeness within areas of the last wave with enough answers, the spread within waves of all."""
    groups = [name for name in ("arm", "wave") if name in panel.columns]
    where = [pl.col(area).alias(AREA)] if area else []
    rows = panel.select("person_id", *groups, *where, pl.col(measure).cast(pl.Float64).alias("value"))
    rows = rows.drop_nulls("value")
    people = rows["person_id"].n_unique()
    if people < max(smallest, 2):
        return Spread(note=f"withheld: fewer than {smallest} people answered")
    within = rows.with_columns(own=pl.col("value") - pl.col("value").mean().over(groups)) if groups else rows
    within = within if groups else within.with_columns(own=pl.col("value") - pl.col("value").mean())
    cells = within.select(groups).n_unique() if groups else 1
    sd = math.sqrt(math.fsum(within["own"] ** 2) / max(within.height - cells, 1))
    if sd == 0:
        return Spread(people, float(math.fsum(rows["value"]) / rows.height), note="everybody answers the same")
    last = _last(rows, smallest)
    icc, areas = likeness(last, AREA, smallest) if area else (None, None)
    mean = math.fsum(last["value"]) / last.height
    return Spread(people, mean, sd, _stability(within), icc, areas, None)


def _last(rows: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """The last wave that enough people answered."""
    if "wave" not in rows.columns:
        return rows
    for wave in rows["wave"].unique().sort(descending=True):
        own = rows.filter(pl.col("wave") == wave)
        if own.height >= smallest:
            return own
    return rows


def _stability(within: pl.DataFrame) -> float | None:
    """The correlation of answers in a wave with those of the same people in the next."""
    if "wave" not in within.columns:
        return None
    places = within.select("wave").unique().sort("wave").with_row_index("_place")
    told = within.join(places, on="wave").with_columns(pl.col("_place").cast(pl.Int64))
    later = told.select("person_id", pl.col("_place") - 1, later="own")
    pairs = told.join(later, on=["person_id", "_place"], maintain_order="left")
    if pairs.height < NEEDED:
        return None
    both = pairs.select(
        together=(pl.col("own") * pl.col("later")).sum(), a=pl.col("own").pow(2).sum(), b=pl.col("later").pow(2).sum()
    ).row(0)
    return float(both[0] / math.sqrt(both[1] * both[2])) if both[1] > 0 and both[2] > 0 else None


def likeness(rows: pl.DataFrame, area: str, smallest: int) -> tuple[float | None, int | None]:
    """The intraclass correlation over areas (one-way analysis of variance, unequal sizes), and how many areas.

    Areas of fewer than ``smallest`` people are left out. Negative values, which chance gives, are zero.
    """
    sizes = rows.drop_nulls(area).group_by(area).agg(n=pl.len(), mean=pl.col("value").mean(), own=pl.col("value").var())
    sizes = sizes.filter(pl.col("n") >= max(smallest, 2))
    areas, people = sizes.height, int(sizes["n"].sum())
    if areas < 2:
        return None, None
    n = sizes["n"].cast(pl.Float64)
    grand = float((n * sizes["mean"]).sum()) / people
    between = float((n * (sizes["mean"] - grand) ** 2).sum()) / (areas - 1)
    within = float(((n - 1) * sizes["own"]).sum()) / (people - areas)
    typical = (people - float((n**2).sum()) / people) / (areas - 1)
    total = between + (typical - 1) * within
    return (max(0.0, (between - within) / total) if total > 0 else 0.0), areas
