"""The effects of a programme's areas, pooled wave by wave: the rows of the table ``programme``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.index.programmes.errors import refused
from pipeline.index.programmes.meta_analysis import MetaAnalysis, Method, Prediction, Test, meta_analysis

MANY = 10
"""Areas from which on a prediction interval covers about as often as it says."""
NEEDED = ("area", "wave", "estimate", "std_error", "conf_low", "conf_high", "df", "shared", "n_persons", "n_comparison")


@public(infinite=True)
def pooled_effects(
    effects: pl.DataFrame,
    *,
    programme: str = "programme",
    outcome: str = "outcome",
    moderators: Mapping[str, Mapping[str, float | str]] | None = None,
    method: Method = "REML",
    test: Test = "knha",
    prediction: Prediction = "k_minus_2",
    confidence: float = 0.95,
) -> pl.DataFrame:
    """One row per area and wave, and per wave the pooled effect, the interval of a new area, and the moderators.

    ``effects``: as ``programme_effects`` gives them. ``moderators``: name → area → value, each pooled with the
    intercept, in a model of its own. What cannot be pooled has a row that says why, and no number. Columns are those of
    the table ``programme``. Raises CohesionError for columns that are missing, or a moderator without an area's value.
    """
    missing = [name for name in NEEDED if name not in effects.columns]
    if missing:
        raise refused(
            f"the effects have no column {', '.join(f'`{name}`' for name in missing)}",
            todo="Give what `programme_effects` returns.",
        )
    options: dict[str, Any] = {"method": method, "test": test, "prediction": prediction, "confidence": confidence}
    rows: list[dict[str, Any]] = []
    for (_,), of_wave in effects.group_by("wave", maintain_order=True):
        rows += _wave_rows(of_wave, dict(moderators or {}), options)
    return pl.DataFrame(
        [{"programme": programme, "outcome": outcome, **row} for row in rows],
        schema=SCHEMA,
    )


SCHEMA = {
    "programme": pl.String, "outcome": pl.String, "area": pl.String, "wave": pl.String, "row": pl.String,
    "term": pl.String, "estimate": pl.Float64, "std_error": pl.Float64, "conf_low": pl.Float64,
    "conf_high": pl.Float64, "tau2": pl.Float64, "i2": pl.Float64, "q": pl.Float64, "df": pl.Float64,
    "p_value": pl.Float64, "weight": pl.Float64, "n_persons": pl.Int64, "n_areas": pl.Int64, "note": pl.String,
}  # fmt: skip


def _wave_rows(effects: pl.DataFrame, moderators: dict[str, Any], options: dict[str, Any]) -> list[dict[str, Any]]:
    used = effects.drop_nulls(["estimate", "std_error"])
    head = {"wave": effects["wave"][0], "n_areas": used.height}
    counts = used.select(pl.col("n_persons").sum() + pl.col("n_comparison").max()).item()
    people = int(counts) if used.height else None
    pooled, why = _pooled(used, options, ())
    weights = dict(zip(used["area"], pooled.weights, strict=True)) if pooled else {}
    rows = [_area_row(row, weights) for row in effects.iter_rows(named=True)]
    left = effects.height - used.height
    missing = f"{left} of {effects.height} areas withheld" if left else None
    rows.append({**head, "row": "pooled", "n_persons": people, **_summary(pooled, why, missing)})
    if pooled is not None:
        rows.append({**head, "row": "prediction", "n_persons": people, **_prediction(pooled)})
    for name, values in moderators.items():
        rows += [{**head, "n_persons": people, **row} for row in _moderator(used, name, values, options)]
    return rows


def _area_row(row: Mapping[str, Any], weights: Mapping[str, float]) -> dict[str, Any]:
    from pipeline.index.programmes.meta_analysis import p_value

    kept = ("area", "wave", "estimate", "std_error", "conf_low", "conf_high", "df", "n_persons")
    told = row.get("note")
    if row["estimate"] is not None and row["n_comparison"] is not None:
        told = "; ".join(filter(None, [told, f"compared with {row['n_comparison']:,} people"]))
    known = row["estimate"] is not None and row["df"] is not None and row["std_error"]
    return {
        "row": "area",
        **{name: row[name] for name in kept},
        "p_value": p_value(row["estimate"] / row["std_error"], row["df"]) if known else None,
        "weight": weights.get(row["area"]),
        "note": told,
    }


def _pooled(
    used: pl.DataFrame, options: dict[str, Any], moderators: tuple[str, ...]
) -> tuple[MetaAnalysis | None, str | None]:
    """The summary, or why there is none."""
    if used.height < 2:
        return None, f"withheld: {used.height} area{'' if used.height == 1 else 's'} with an effect cannot be pooled"
    shared = float(used.select(pl.col("shared").mean()).item() or 0.0)
    try:
        return meta_analysis(used, std_error="std_error", shared=shared, moderators=moderators, **options), None
    except ModelError as error:
        return None, f"withheld: {error.what}"


def _summary(found: MetaAnalysis | None, why: str | None, missing: str | None) -> dict[str, Any]:
    if found is None:
        return {"note": "; ".join(filter(None, [why, missing]))}
    first = found.coefficients.row(0, named=True)
    kept = ("estimate", "std_error", "conf_low", "conf_high", "df", "p_value")
    return {
        **{name: first[name] for name in kept},
        "tau2": found.tau2,
        "i2": found.i2,
        "q": found.q,
        "note": "; ".join(filter(None, [missing, found.note])) or None,
    }


def _prediction(found: MetaAnalysis) -> dict[str, Any]:
    if found.prediction is None:
        return {"note": f"withheld: {found.k} areas are too few for the interval of a new one"}
    low, high = found.prediction
    form = {"same": "the quantile of the pooled effect", "k_minus_2": "t with k - 2", "hts": "t with k - 2, unadjusted"}
    few = "; approximate, since areas are few" if found.k < MANY else ""
    return {
        "estimate": found.estimate,
        "conf_low": low,
        "conf_high": high,
        "df": found.prediction_df,
        "tau2": found.tau2,
        "note": f"where the effect of another area is expected ({form[found._fit.form]}){few}",
    }


def _moderator(
    used: pl.DataFrame, name: str, values: Mapping[str, float | str], options: dict[str, Any]
) -> list[dict[str, Any]]:
    absent = [area for area in used["area"] if area not in values]
    if absent:
        raise refused(f"`{name}` has no value of `{absent[0]}`", where="moderators", todo="Give one for each area.")
    column = pl.Series(name, [values[area] for area in used["area"]], strict=False)
    found, why = _pooled(used.with_columns(column), options, (name,))
    if found is None:
        return [{"row": "moderator", "term": name, "note": why}]
    kept = ("term", "estimate", "std_error", "conf_low", "conf_high", "df", "p_value")
    return [
        {"row": "moderator", **{key: row[key] for key in kept}, "tau2": found.tau2, "i2": found.i2, "q": found.q}
        for row in found.coefficients.rows(named=True)[1:]
    ]
