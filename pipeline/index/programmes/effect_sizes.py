"""Effect sizes from published or tabulated numbers, with their sampling variances. R: ``metafor::escalc``.

``effect_sizes`` takes one row per place; a record says for each measure which columns it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.index.programmes import further_sizes as further
from pipeline.index.programmes.errors import refused
from pipeline.index.programmes.further_sizes import Columns, Made
from pipeline.index.programmes.heterogeneity import Array

Measure = Literal[
    "MD", "SMD", "SMDH", "ROM", "MC", "SMCC", "SMCR", "ROMC", "DPPC2", "OR", "RR", "RD", "AS", "PETO",
    "MN", "PR", "PLO", "PLN", "PAS", "COR", "ZCOR",
]  # fmt: skip
Variance = Literal["LS", "LS2", "UB"]


def small_sample_factor(df: Array | float) -> Array:
    """The exact J of Hedges (1981), which shrinks a standardised difference: Γ(df/2) / (√(df/2) Γ((df - 1)/2))."""
    from scipy.special import gammaln

    half = np.asarray(df, dtype=float) / 2
    factor: Array = np.exp(gammaln(half) - np.log(np.sqrt(half)) - gammaln(half - 0.5))
    return factor


def morris_factor(df: Array | float) -> Array:
    """The approximation to J that Morris (2008) uses: 1 - 3 / (4 df - 1)."""
    return 1 - 3 / (4 * np.asarray(df, dtype=float) - 1)


def _md(c: Columns, _: str) -> Made:
    return c["mean_1"] - c["mean_2"], c["sd_1"] ** 2 / c["n_1"] + c["sd_2"] ** 2 / c["n_2"]


def _smd(c: Columns, kind: str) -> Made:
    df = c["n_1"] + c["n_2"] - 2
    pooled = np.sqrt(((c["n_1"] - 1) * c["sd_1"] ** 2 + (c["n_2"] - 1) * c["sd_2"] ** 2) / df)
    d, J = (c["mean_1"] - c["mean_2"]) / pooled, small_sample_factor(df)
    groups = 1 / c["n_1"] + 1 / c["n_2"]
    if kind == "UB":
        return J * d, groups + (1 - (df - 2) / (df * J**2)) * (J * d) ** 2
    if kind == "LS2":
        return J * d, J**2 * (groups + d**2 / (2 * (c["n_1"] + c["n_2"])))
    return J * d, groups + (J * d) ** 2 / (2 * (c["n_1"] + c["n_2"]))


def _smdh(c: Columns, _: str) -> Made:
    """In the root of the mean of both variances, which may differ (Bonett 2009)."""
    one, other = c["sd_1"] ** 2, c["sd_2"] ** 2
    a, b = one / (c["n_1"] - 1), other / (c["n_2"] - 1)
    J = small_sample_factor(c["n_1"] + c["n_2"] - 2)
    g = J * (c["mean_1"] - c["mean_2"]) / np.sqrt((one + other) / 2)
    return g, J**2 * (g**2 * (one * a + other * b) / (2 * (one + other) ** 2) + 2 * (a + b) / (one + other))


def _change_sd(c: Columns) -> Array:
    before, after = c["sd_before"], c["sd_after"]
    return np.sqrt(before**2 + after**2 - 2 * c["correlation"] * before * after)


def _mc(c: Columns, _: str) -> Made:
    return c["mean_after"] - c["mean_before"], _change_sd(c) ** 2 / c["n"]


def _standardised_change(d: Array, n: Array, spread: Array, kind: str) -> Made:
    J = small_sample_factor(n - 1)
    if kind == "LS2":
        return J * d, J**2 * (spread / n + d**2 / (2 * n))
    return J * d, spread / n + (J * d) ** 2 / (2 * n)


def _smcc(c: Columns, kind: str) -> Made:
    d = (c["mean_after"] - c["mean_before"]) / _change_sd(c)
    return _standardised_change(d, c["n"], np.ones_like(d), kind)


def _smcr(c: Columns, kind: str) -> Made:
    d = (c["mean_after"] - c["mean_before"]) / c["sd_before"]
    return _standardised_change(d, c["n"], 2 * (1 - c["correlation"]), kind)


def _dppc2(c: Columns, _: str) -> Made:
    df = c["n_1"] + c["n_2"] - 2
    pooled = np.sqrt(((c["n_1"] - 1) * c["sd_before_1"] ** 2 + (c["n_2"] - 1) * c["sd_before_2"] ** 2) / df)
    change = (c["mean_after_1"] - c["mean_before_1"]) - (c["mean_after_2"] - c["mean_before_2"])
    J = morris_factor(df)
    return J * change / pooled, morris_variance(J * change / pooled, c["n_1"], c["n_2"], c["correlation"])


def morris_variance(effect: Array, n_1: Array, n_2: Array, correlation: Array) -> Array:
    """The variance of d_ppc2 (Morris 2008, equation 25), with the effect in place of the one it estimates."""
    df = n_1 + n_2 - 2
    spread = 2 * (1 - correlation) * (n_1 + n_2) / (n_1 * n_2)
    made: Array = morris_factor(df) ** 2 * spread * (df / (df - 2)) * (1 + effect**2 / spread) - effect**2
    return made


def _or(c: Columns, _: str) -> Made:
    a, b, e, f = further.four_cells(c)
    return np.log(a * f / (b * e)), 1 / a + 1 / b + 1 / e + 1 / f


def _rr(c: Columns, _: str) -> Made:
    a, b, e, f = further.four_cells(c)
    return np.log(a / (a + b)) - np.log(e / (e + f)), 1 / a - 1 / (a + b) + 1 / e - 1 / (e + f)


def _rd(c: Columns, _: str) -> Made:
    a, b, e, f = further.four_cells(c)
    p, q = a / (a + b), e / (e + f)
    return p - q, p * (1 - p) / (a + b) + q * (1 - q) / (e + f)


@dataclass(frozen=True)
class EffectSize:
    """A measure: what it is in words, the columns it needs, and the variances that it knows."""

    words: str
    columns: tuple[str, ...]
    function: Callable[[Columns, str], Made]
    variances: tuple[str, ...] = ("LS",)


_GROUPS = ("mean_1", "sd_1", "n_1", "mean_2", "sd_2", "n_2")
_CHANGE = ("mean_before", "sd_before", "mean_after", "sd_after", "n", "correlation")
_COUNTS = ("events_1", "n_1", "events_2", "n_2")
_COUNT = ("events", "n")
FEWEST = {"COR": 2, "ZCOR": 4}
"""People without whom a measure has no variance, beside those that a standard deviation needs."""
RATIOS = {"ROM": ("mean_1", "mean_2"), "ROMC": ("mean_before", "mean_after")}
"""Measures of the ratio of two means, which must not have different signs."""
EFFECT_SIZES: dict[str, EffectSize] = {
    "MD": EffectSize("difference of two means", _GROUPS, _md),
    "SMD": EffectSize(
        "difference of two means in pooled standard deviations (Hedges' g)", _GROUPS, _smd, ("LS", "LS2", "UB")
    ),
    "SMDH": EffectSize("difference of two means in standard deviations that may differ (Bonett 2009)", _GROUPS, _smdh),
    "ROM": EffectSize("log ratio of two means", _GROUPS, further.ratio_of_means),
    "MC": EffectSize("mean change", _CHANGE, _mc),
    "SMCC": EffectSize("mean change in standard deviations of the change", _CHANGE, _smcc, ("LS", "LS2")),
    "SMCR": EffectSize(
        "mean change in standard deviations before",
        ("mean_before", "sd_before", "mean_after", "n", "correlation"),
        _smcr,
        ("LS", "LS2"),
    ),
    "ROMC": EffectSize("log ratio of the mean after to that before", _CHANGE, further.ratio_of_change),
    "DPPC2": EffectSize(
        "difference of two changes in pooled standard deviations before (Morris 2008)",
        (
            *("mean_before_1", "mean_after_1", "sd_before_1", "n_1"),
            *("mean_before_2", "mean_after_2", "sd_before_2", "n_2", "correlation"),
        ),
        _dppc2,
    ),
    "OR": EffectSize("log odds ratio", _COUNTS, _or),
    "RR": EffectSize("log ratio of two shares", _COUNTS, _rr),
    "RD": EffectSize("difference of two shares", _COUNTS, _rd),
    "AS": EffectSize("difference of the arcsines of two shares' roots", _COUNTS, further.arcsine_difference),
    "PETO": EffectSize("log odds ratio by Peto's method", _COUNTS, further.peto),
    "MN": EffectSize("mean", ("mean", "sd", "n"), further.mean),
    "PR": EffectSize("share", _COUNT, further.share),
    "PLO": EffectSize("log odds", _COUNT, further.log_odds),
    "PLN": EffectSize("log share", _COUNT, further.log_share),
    "PAS": EffectSize("arcsine of the root of a share", _COUNT, further.arcsine_share),
    "COR": EffectSize("correlation", ("correlation", "n"), further.correlation),
    "ZCOR": EffectSize("correlation by Fisher's z", ("correlation", "n"), further.fisher_z),
}
"""Measure → its record, under the name that metafor has for it."""


@public(infinite=True)
def effect_sizes(frame: pl.DataFrame, measure: Measure, *, variance: Variance = "LS") -> pl.DataFrame:
    """The frame with ``estimate``, ``variance`` and ``std_error`` of each row's effect.

    Columns have the names of the measure's record (``EFFECT_SIZES``): ``mean_1, sd_1, n_1, mean_2, sd_2, n_2`` of two
    groups; ``mean_before, sd_before, mean_after, sd_after, n, correlation`` of one group twice; ``events_1, n_1,
    events_2, n_2`` of two shares, with a half added to each cell of a row with an empty one (none for AS, PAS);
    ``mean, sd, n``, ``events, n``, ``correlation, n`` of one group. ``variance``: large sample
    (``LS``, ``LS2``) or unbiased (``UB``), as metafor's ``vtype``. Rows with a gap keep it. Raises CohesionError for
    columns that are missing, and for numbers that cannot be.

    >>> import polars as pl
    >>> from pipeline.index import effect_sizes
    >>> trial = pl.DataFrame({"events_1": [4], "n_1": [123], "events_2": [11], "n_2": [139]})
    >>> round(effect_sizes(trial, "RR")["estimate"][0], 4)
    -0.8893
    """
    record = EFFECT_SIZES[measure]
    if variance not in record.variances:
        raise refused(f"{measure} has no variance `{variance}`", todo=f"It has {', '.join(record.variances)}.")
    missing = [name for name in record.columns if name not in frame.columns]
    if missing:
        raise refused(
            f"{measure} needs the columns {', '.join(record.columns)}",
            where=", ".join(missing),
            todo="Add what is missing.",
        )
    text = [name for name in record.columns if not frame[name].dtype.is_numeric()]
    if text:
        raise refused("must be numbers", where=", ".join(text))
    complete = frame.select(
        pl.when(pl.all_horizontal(pl.col(name).is_not_null() for name in record.columns)).then(pl.col(name)).alias(name)
        for name in record.columns
    )
    columns = {name: complete[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in record.columns}
    _require_possible(columns, measure)
    with np.errstate(over="ignore"):
        estimates, variances = record.function(columns, variance)
    far = int(np.isinf(estimates).sum() + np.isinf(variances).sum())
    if far:
        raise refused(f"{measure} is infinite of such numbers", where=", ".join(record.columns), count=far)
    return frame.with_columns(
        pl.Series("estimate", estimates).fill_nan(None),
        pl.Series("variance", variances).fill_nan(None),
        pl.Series("std_error", np.sqrt(variances)).fill_nan(None),
    )


def _require_possible(columns: Columns, measure: str) -> None:
    for name, values in columns.items():
        for what, wrong in _impossible(name, values, columns, measure):
            if wrong.any():
                raise refused(what, where=name, count=int(wrong.sum()), todo="Correct the column.")
    if measure in RATIOS:
        one, other = (columns[name] for name in RATIOS[measure])
        opposed = int((one * other <= 0).sum())
        if opposed:
            raise refused("a ratio needs two means of one sign", where=", ".join(RATIOS[measure]), count=opposed)


def _impossible(name: str, values: Array, columns: Columns, measure: str) -> list[tuple[str, np.ndarray]]:
    if name.startswith("sd"):
        return [("a standard deviation must be above zero", values <= 0)]
    if name.startswith("n"):
        least = FEWEST.get(measure, 2 if any(other.startswith("sd") for other in columns) else 1)
        return [(f"a group needs {least} people or more", values < least)]
    if name.startswith("correlation"):
        return [("a correlation lies between -1 and 1", np.abs(values) >= 1)]
    if name.startswith("events"):
        most = columns[name.replace("events", "n")]
        return [("more events than people, or fewer than none", (values < 0) | (values > most))]
    return []
