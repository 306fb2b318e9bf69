"""How well an area's mean is distinguished from chance: ICC(1), ICC(2), and which areas may be ranked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.checks import require_numbers, require_weights
from pipeline.index.coherence.one_way import OneWay, one_way

SCHEMA = {
    "wave": pl.String, "area": pl.String, "measure": pl.String, "estimate": pl.Float64, "n_persons": pl.Int64,
    "n_effective": pl.Float64, "reliability": pl.Float64, "conf_low": pl.Float64, "conf_high": pl.Float64,
    "icc1": pl.Float64, "icc1_low": pl.Float64, "icc1_high": pl.Float64, "between": pl.Float64, "within": pl.Float64,
    "is_ranked": pl.Boolean, "reason": pl.String,
}  # fmt: skip


@public(once=True, ordered=True)
def area_reliability(
    frame: pl.DataFrame,
    measures: Sequence[str],
    *,
    weight: str | None = "weight",
    area: str = "area",
    wave: str = "wave",
    confidence: float = 0.95,
    floor: float = 0.5,
    smallest: float = 30.0,
) -> pl.DataFrame:
    """One row per wave, measure and area: ICC(2) = τ² / (τ² + σ²/n_effective) with its interval, and ICC(1).

    From a one-way random-effects model of each wave and measure (REML; R: ``lme4::lmer(y ~ 1 + (1 | area))``, whose
    ``VarCorr`` it equals without weights). ``is_ranked``: the reliability is at least ``floor`` and the effective
    number of people at least ``smallest``; ``reason`` says why not. A measure that a wave does not have, or that can
    say nothing of areas there, has no reliability.

    Raises CohesionError for columns that are absent or no numbers, and for weights below zero.

    >>> people = pl.DataFrame({"person_id": list("abcdef"), "wave": "w01", "area": list("xxxyyy")})
    >>> people = people.with_columns(trust=pl.Series([1.0, 2, 3, 7, 8, 9]))
    >>> made = area_reliability(people, ["trust"], weight=None, smallest=3)
    >>> made.select("area", "reliability", "is_ranked").with_columns(pl.col("reliability").round(3))
    shape: (2, 3)
    ┌──────┬─────────────┬───────────┐
    │ area ┆ reliability ┆ is_ranked │
    │ ---  ┆ ---         ┆ ---       │
    │ str  ┆ f64         ┆ bool      │
    ╞══════╪═════════════╪═══════════╡
    │ x    ┆ 0.981       ┆ true      │
    │ y    ┆ 0.981       ┆ true      │
    └──────┴─────────────┴───────────┘
    """
    lost = [name for name in (area, wave, *([weight] if weight else []), *measures) if name not in frame.columns]
    if lost:
        raise CohesionError(f"has no column {', '.join(lost)}", where="frame", todo="Name the columns that it has.")
    require_numbers(frame, measures)
    require_weights(frame, weight)
    held = pl.col(weight).cast(pl.Float64) if weight else pl.lit(1.0)
    rows = frame.select(
        pl.col(wave).alias("wave"), pl.col(area).cast(pl.String).alias("area"), held.alias("weight"), *measures
    ).filter(pl.col("area").is_not_null() & (pl.col("weight") > 0))
    parts = []
    for (name,), part in rows.sort("wave", "area").group_by("wave", maintain_order=True):
        parts += [_one(part, str(name), measure, confidence, floor, smallest) for measure in measures]
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)


def _one(part: pl.DataFrame, wave: str, measure: str, confidence: float, floor: float, smallest: float) -> pl.DataFrame:
    answered = part.select("area", "weight", pl.col(measure).cast(pl.Float64).alias("y")).drop_nulls()
    # in an order that does not depend on the frame's, so that sums come out the same
    answered = answered.sort("area", "y", "weight")
    areas = answered["area"].unique(maintain_order=True)
    code = answered["area"].rank("dense").cast(pl.Int64).to_numpy() - 1
    found, reason = None, None
    try:
        found = one_way(answered["y"].to_numpy(), code, answered["weight"].to_numpy(), confidence)
    except CohesionError as error:
        reason = error.what
    columns = _columns(answered, code, len(areas), found)
    table = pl.DataFrame({"area": areas, **columns}).with_columns(
        wave=pl.lit(wave), measure=pl.lit(measure), n_persons=pl.Series(np.bincount(code, minlength=len(areas)))
    )
    low = pl.when(pl.col("n_effective") < smallest).then(pl.lit(f"effective number of people below {smallest:g}"))
    weak = pl.when(pl.col("reliability") < floor).then(pl.lit(f"reliability below {floor:g}"))
    why = pl.lit(reason) if reason else pl.coalesce(low, weak)
    table = table.with_columns(why.cast(pl.String).alias("reason")).with_columns(is_ranked=pl.col("reason").is_null())
    return table.with_columns(pl.selectors.float().fill_nan(None)).select(
        pl.col(name).cast(kind) for name, kind in SCHEMA.items()
    )


def _columns(
    answered: pl.DataFrame, code: np.ndarray, areas: int, found: OneWay | None
) -> dict[str, np.ndarray | list[float | None]]:
    if found is None:
        weights = answered["weight"].to_numpy()
        total = np.bincount(code, weights=weights, minlength=areas)
        mean = np.bincount(code, weights=weights * answered["y"].to_numpy(), minlength=areas) / total
        empty: list[float | None] = [None] * areas
        names = ("reliability", "conf_low", "conf_high", "icc1", "icc1_low", "icc1_high", "between", "within")
        effective = total**2 / np.bincount(code, weights=weights**2, minlength=areas)
        return {"estimate": mean, "n_effective": effective} | dict.fromkeys(names, empty)
    one = np.ones(areas)
    ends = (found.ratio, found.ratio_low, found.ratio_high)
    made = [found.reliability(found.effective, ratio) for ratio in ends] + [found.reliability(one, r) for r in ends]
    measured = ("reliability", "conf_low", "conf_high", "icc1", "icc1_low", "icc1_high")
    columns: dict[str, np.ndarray | list[float | None]] = dict(zip(measured, made, strict=True))
    columns |= {"between": found.between * one, "within": found.within * one}
    return {"estimate": found.means, "n_effective": found.effective, **columns}
