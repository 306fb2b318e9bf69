"""Several tests taken together: p-values and intervals corrected for how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.inference import quantile
from pipeline.specs.components import COMPONENTS
from pipeline.specs.several_tests import Corrections, Method, Tested
from pipeline.tables import estimates as estimates_table

AS_IT_IS = "uncorrected"
ALIKE = 1e-6
IN_WORDS: Mapping[str, str] = {
    AS_IT_IS: "as the model gives it",
    "holm": "Holm; simultaneous (Bonferroni) interval",
    "bonferroni": "Bonferroni; simultaneous interval",
    "benjamini_hochberg": "Benjamini–Hochberg; interval with false coverage rate, of what is selected",
}


def adjusted(p_values: Sequence[float], method: Method) -> np.ndarray:
    """Each p-value corrected for all of them; R: ``p.adjust``. Holm and Bonferroni: family-wise error; BH: false
    discovery rate. Raises ModelError for a value outside 0 to 1.

    >>> adjusted([0.01, 0.04, 0.03], "holm").round(6).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    bad = int((~((p >= 0) & (p <= 1))).sum())
    if bad:
        raise ModelError("p-values outside 0 to 1", where="p_values", count=bad)
    m, order = len(p), np.argsort(p, kind="stable")
    found = np.empty(m)
    if method == "bonferroni":
        return np.asarray(np.minimum(m * p, 1.0))
    if method == "holm":
        found[order] = np.minimum(np.maximum.accumulate((m - np.arange(m)) * p[order]), 1.0)
    else:
        rising = p[order] * m / np.arange(1, m + 1)
        found[order] = np.minimum(np.minimum.accumulate(rising[::-1])[::-1], 1.0)
    return found


@public(infinite=False)
def corrections(
    tests: pl.DataFrame,
    *,
    methods: Sequence[Method] = ("holm",),
    confidence: float = 0.95,
    model: str = "corrections",
) -> pl.DataFrame:
    """One row per test, as it is and by each method: its p corrected for all, and an interval that knows of all.

    ``tests``: rows of Estimates, one a test. ``group`` of what is returned names the method. Intervals: Holm and
    Bonferroni at level 1 − α/m, which hold all m true values at once with probability 1 − α; Benjamini–Hochberg at
    1 − Rα/m for the R tests that it selects (Benjamini & Yekutieli 2005), none for the others; of a ratio
    on the log scale, and none where the model's own interval is drawn, not of its standard error. A result that is
    withheld counts as a test with p = 1. Raises ModelError for fewer than two tests, two with one name, and for a
    result without a p-value.
    """
    rows = tests.to_dicts()
    if len(rows) < 2:
        raise ModelError("corrections are for two tests or more", where="tests", count=len(rows))
    untested = sum(row["p_value"] is None and row["estimate"] is not None for row in rows)
    if untested:
        raise ModelError("results without a p-value", where="tests", count=untested, todo="Leave them out.")
    p_values = [1.0 if row["p_value"] is None else row["p_value"] for row in rows]
    alpha, m = 1 - confidence, len(rows)
    made: list[Mapping[str, object]] = [
        _row(row, p, AS_IT_IS, confidence, m) for row, p in zip(rows, p_values, strict=True)
    ]
    for method in methods:
        new = adjusted(p_values, method)
        share = int((new < alpha).sum()) if method == "benjamini_hochberg" else 1
        for row, p in zip(rows, new, strict=True):
            shown = method != "benjamini_hochberg" or p < alpha
            made.append(_row(row, float(p), method, 1 - share * alpha / m if shown else None, m))
    return estimates_table(made, model=model, family="corrections")


def corrected(name: str, declared: Corrections, results: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """``corrections`` of the declared tests; ``results``: model → its Estimates. ``term`` names model and result.

    Raises ModelError if no row, or several, are what a test names.
    """
    rows = [_of(results[tested.model], tested).with_columns(term=pl.lit(label(tested))) for tested in declared.tests]
    return corrections(pl.concat(rows), methods=declared.methods, confidence=declared.confidence, model=name)


def _of(estimates: pl.DataFrame, tested: Tested) -> pl.DataFrame:
    names = ("term", "component", "outcome", "wave", "group")
    named = {name: value for name in names if (value := getattr(tested, name)) is not None}
    rows = estimates.filter(pl.all_horizontal(pl.col(name) == value for name, value in named.items()))
    if rows.height != 1:
        told = ", ".join(f"{name} {value}" for name, value in named.items())
        raise ModelError(f"{rows.height} results of {tested.model} fit {told}", where="tests", todo="Name one.")
    return rows


def label(tested: Tested) -> str:
    """A test in the column ``term``: model, term and what else it names."""
    return " ".join(
        filter(None, (tested.model, tested.term, tested.component, tested.outcome, tested.wave, tested.group))
    )


def _row(row: Mapping[str, Any], p: float, method: str, level: float | None, tests: int) -> dict[str, object]:
    names = ("term", "outcome", "estimate", "std_error", "statistic", "df", "n_obs", "n_persons")
    kept = {name: row[name] for name in names}
    ends = {"conf_low": None, "conf_high": None} if level is None else _interval(row, method, level)
    withheld = row["estimate"] is None and row["p_value"] is None
    note = row["note"] if withheld else None
    if method != AS_IT_IS and not withheld and row["estimate"] is not None and not _is_symmetric(row):
        note = "no interval: the model's is drawn, not of its standard error"
    words = {"covariance": f"{IN_WORDS[method]}, {tests} tests", "note": note}
    return {"component": "corrected", "group": method, **kept, **ends, "p_value": None if withheld else p, **words}


def _interval(row: Mapping[str, Any], method: str, level: float) -> dict[str, float | None]:
    """The interval of this level: of a ratio on the log scale; none where the model's own is not of a standard error,
    which is then shown as it is."""
    if not _is_symmetric(row):
        return {name: row[name] if method == AS_IT_IS else None for name in ("conf_low", "conf_high")}
    if row["estimate"] is None or row["std_error"] is None:
        return {"conf_low": None, "conf_high": None}
    half = quantile(level, np.inf if row["df"] is None else row["df"]) * row["std_error"]
    if _is_ratio(row):
        reach = half / row["estimate"]
        return {
            "conf_low": row["estimate"] * float(np.exp(-reach)),
            "conf_high": row["estimate"] * float(np.exp(reach)),
        }
    return {"conf_low": row["estimate"] - half, "conf_high": row["estimate"] + half}


def _is_ratio(row: Mapping[str, Any]) -> bool:
    return row["component"] in COMPONENTS and COMPONENTS[row["component"]].log_scale


def _is_symmetric(row: Mapping[str, Any]) -> bool:
    """Whether the model's own interval, if there is one, lies alike on both sides (of a ratio: on the log scale)."""
    low, middle, high = (row[name] for name in ("conf_low", "estimate", "conf_high"))
    if low is None or middle is None or high is None:
        return True
    if _is_ratio(row):
        low, middle, high = np.log([low, middle, high])
    return bool(abs(high + low - 2 * middle) <= ALIKE * (high - low))
