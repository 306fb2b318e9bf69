"""Weighted means of persons' scores by area and wave, with errors of the sampling design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.stats import t as student

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.checks import require_columns, require_numbers, require_same_keys, require_weights

CELL = ("wave", "area", "measure")


@public(once=("scores", "design"))
def area_means(
    scores: pl.DataFrame,
    measures: Sequence[str],
    design: pl.DataFrame | None = None,
    *,
    weight: str = "weight",
    confidence: float = 0.95,
) -> pl.DataFrame:
    """One row per area, wave and measure: weighted mean, standard error, interval, people, Kish's effective n.

    ``scores``: one row per person and wave with ``area, arm, wave``, the weight and the measures. ``design``:
    ``person_id, wave`` and any of ``stratum, psu, household_id``: people are clustered in primary sampling units, else
    in households, and stratified within their arm. The variance is that of the linearised ratio mean, an area being a
    domain of all that were interviewed: with z = w (y - mean) / Σw in the area, Σ_h n_h/(n_h - 1) Σ_c (z_hc - z̄_h)²
    (R: ``svyby(~y, ~area, svydesign(...), svymean)``; a stratum of one unit counts as ``survey.lonely.psu =
    "adjust"``). The interval has the t of the area's units less its strata. Columns: ``wave, area, measure, estimate,
    std_error, conf_low, conf_high, n_persons, n_effective``. Raises CohesionError for columns that are absent
    or no numbers, and for weights below zero.

    >>> people = pl.DataFrame({"person_id": list("abcd"), "arm": "x", "wave": "w01", "area": ["1", "1", "2", "2"]})
    >>> made = area_means(people.with_columns(weight=pl.lit(1.0), trust=pl.Series([0.0, 10, 20, 20])), ["trust"])
    >>> made.select("area", "estimate", "n_persons").rows()
    [('1', 5.0, 2), ('2', 20.0, 2)]
    """
    needed = ["person_id", "arm", "wave", "area", weight, *measures]
    require_columns(scores, needed, "the scores have")
    require_numbers(scores, measures)
    require_weights(scores, weight)
    rows = placed(scores.select(needed).rename({weight: "_w"}), design).filter(pl.col("_w") > 0)
    answered = _answered(rows, list(measures))
    if not answered.height:
        raise CohesionError(
            "nobody has an area and a score",
            where="area",
            todo="Look at areas, weights and coverage.",
        )
    means = answered.group_by(CELL).agg(
        estimate=(pl.col("_w") * pl.col("_y")).sum() / pl.col("_w").sum(),
        _total=pl.col("_w").sum(),
        n_persons=pl.len().cast(pl.Int64),
        n_effective=pl.col("_w").sum() ** 2 / (pl.col("_w") ** 2).sum(),
    )
    return _intervals(means.join(_variances(rows, answered, means), on=CELL), confidence, list(measures))


def _answered(rows: pl.DataFrame, measures: list[str]) -> pl.DataFrame:
    """One row per person, wave and measure with a value and an area."""
    kept = ["wave", "area", "_w", "_stratum", "_unit"]
    long = rows.filter(pl.col("area").is_not_null()).unpivot(
        on=measures, index=kept, variable_name="measure", value_name="_y"
    )
    return long.drop_nulls("_y")


def _variances(rows: pl.DataFrame, answered: pl.DataFrame, means: pl.DataFrame) -> pl.DataFrame:
    """Variance of each mean, and the area's units less its strata. Units outside the area count as zero."""
    z = pl.col("_w") * (pl.col("_y") - pl.col("estimate")) / pl.col("_total")
    units = answered.join(means, on=CELL).group_by(*CELL, "_stratum", "_unit").agg(z.sum().alias("_z"))
    within = units.group_by(*CELL, "_stratum").agg(
        _squares=(pl.col("_z") ** 2).sum(), _sum=pl.col("_z").sum(), _units=pl.len().cast(pl.Int64)
    )
    strata = rows.group_by("wave", "_stratum").agg(pl.col("_unit").n_unique().alias("_size"))
    size = pl.col("_size")
    spread = size / (size - 1) * (pl.col("_squares") - pl.col("_sum") ** 2 / size)
    variance = pl.when(size > 1).then(spread).otherwise("_squares")
    return (
        within.join(strata, on=["wave", "_stratum"])
        .group_by(CELL)
        .agg(_variance=variance.sum().clip(0), _df=pl.col("_units").sum() - pl.len().cast(pl.Int64))
    )


def placed(scores: pl.DataFrame, design: pl.DataFrame | None) -> pl.DataFrame:
    """With ``_stratum`` and ``_unit`` of each row, as text: units are nested in strata, strata in arms."""
    if design is not None:
        require_columns(design, ("person_id", "wave"), "the design has")
        require_same_keys(scores, design, ("person_id", "wave"))
    rows = scores if design is None else scores.join(design, on=["person_id", "wave"], how="left")
    stratum = pl.col("stratum").cast(pl.String).fill_null("") if "stratum" in rows.columns else pl.lit("")
    unit = pl.lit(None, pl.String)
    for name in ("psu", "household_id"):
        if name in rows.columns:
            unit = pl.coalesce(unit, pl.concat_str(pl.lit(f"{name}:"), pl.col(name).cast(pl.String)))
    own = pl.concat_str(pl.lit("person:"), pl.col("person_id"))
    rows = rows.with_columns(_stratum=pl.concat_str("arm", pl.lit("|"), stratum), _unit=pl.coalesce(unit, own))
    return rows.with_columns(_unit=pl.concat_str("_stratum", pl.lit("|"), "_unit"))


def _intervals(made: pl.DataFrame, confidence: float, measures: list[str]) -> pl.DataFrame:
    df = np.maximum(made["_df"].to_numpy(), 1)
    made = made.with_columns(std_error=pl.when(pl.col("_df") > 0).then(pl.col("_variance").sqrt()))
    half = pl.Series("_half", student.ppf(0.5 + confidence / 2, df)) * made["std_error"]
    order = pl.col("measure").cast(pl.Enum(measures))
    return (
        made.with_columns(conf_low=pl.col("estimate") - half, conf_high=pl.col("estimate") + half)
        .sort("wave", "area", order)
        .select(*CELL, "estimate", "std_error", "conf_low", "conf_high", "n_persons", "n_effective")
    )
