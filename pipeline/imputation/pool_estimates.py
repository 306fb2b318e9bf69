"""A model's estimates pooled: the Estimates table of each completed panel becomes one, with what missing data cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.imputation.joint_tests import d2
from pipeline.imputation.pooling import pool
from pipeline.tables import estimates

KEYS = ("model", "family", "outcome", "component", "term", "wave", "group")
LOG_SCALE = ("odds_ratio", "rate_ratio", "hazard_ratio", "variance", "standard_deviation")
"""Ratios and variances are pooled as logarithms, and given back as they were."""
CHI_SQUARED = (("fit", "chi_square"), ("ladder", "chi_square"), ("ladder", "difference"))
"""Rows whose estimate is itself a χ² on ``df``."""
FISHER = ("random_correlation",)
"""Correlations are pooled on Fisher's z scale."""


def pool_estimates(results: Sequence[pl.DataFrame], *, name: str = "", confidence: float = 0.95) -> pl.DataFrame:
    """One row per row of an Estimates table: pooled over imputations, each fitted with its own standard errors.

    ``results`` holds one Estimates table per completed panel. Rows with a standard error are pooled by Rubin's rules
    with Barnard & Rubin's degrees of freedom (complete-data df from the row's own ``df``), ratios on the log scale;
    joint tests, chi-squared on ``df``, by D2; other numbers (variances, counts of rows) are averaged. ``covariance``
    says so, with the fraction of missing information. A row withheld in one imputation is withheld.

    Raises ModelError if the imputations did not give the same rows.
    """
    first = results[0]
    keys = first.select(KEYS)
    if any(not table.select(KEYS).equals(keys, null_equal=True) for table in results):
        raise ModelError("the imputations did not give results for the same terms", where=name)
    stacked = {column: [table[column].to_list() for table in results] for column in VALUES}
    rows: list[Mapping[str, object]] = []
    for place, row in enumerate(first.to_dicts()):
        each = {column: [values[place] for values in stacked[column]] for column in VALUES}
        rows.append(row | _pooled_row(row, each, name, confidence))
    return estimates(rows)


VALUES = ("estimate", "std_error", "statistic", "df", "n_obs", "n_persons", "note")


def pooled_fmi(results: Sequence[pl.DataFrame]) -> float:
    """The largest fraction of missing information among rows with a standard error; 0 without any.

    As many imputations as a hundred times it are enough for standard errors that another seed would give too
    (White, Royston & Wood 2011, section 7).
    """
    found = [0.0]
    for place in range(results[0].height):
        each = [table.row(place, named=True) for table in results]
        if _can_pool([row["estimate"] for row in each], [row["std_error"] for row in each]):
            q = np.array([[row["estimate"]] for row in each])
            u = np.array([[row["std_error"] ** 2] for row in each])
            found.append(float(pool(q, u)["fmi"][0]))
    return max(found)


def _pooled_row(
    row: dict[str, object], each: dict[str, list[float | None]], name: str, confidence: float
) -> dict[str, object]:
    m = len(each["estimate"])
    smallest = {count: min(map(int, known)) if (known := _known(each[count])) else None for count in COUNTS}
    over = f"pooled over {m} imputations" + (f" ({name})" if name else "")
    if _can_pool(each["estimate"], each["std_error"]):
        return smallest | _by_rubin(row, each, over, confidence)
    if row["component"] == "test" and len(_known(each["statistic"])) == m and row["df"]:
        known = _known(each["estimate"])
        return smallest | {"estimate": float(np.mean(known)) if len(known) == m else None} | _by_d2(each, over)
    if any(value is None for value in each["estimate"]):
        return smallest | _withheld(each)
    if (row["component"], row["term"]) in CHI_SQUARED and len(_known(each["df"])) == m and each["df"][0]:
        tested = _by_d2(each | {"statistic": each["estimate"]}, over)
        return smallest | {"estimate": float(np.mean(_known(each["estimate"])))} | tested
    ends = dict.fromkeys(("conf_low", "conf_high", "p_value", "statistic"))  # of the first imputation alone
    return smallest | ends | {"estimate": float(np.mean(_known(each["estimate"]))), "covariance": f"mean, {over}"}


COUNTS = ("n_obs", "n_persons")


def _by_rubin(
    row: dict[str, object], each: dict[str, list[float | None]], over: str, confidence: float
) -> dict[str, object]:
    q, errors = np.array(_known(each["estimate"]))[:, None], np.array(_known(each["std_error"]))[:, None]
    is_ratio = row["component"] in LOG_SCALE and bool((q > 0).all())
    is_correlation = row["component"] in FISHER and bool((np.abs(q) < 1).all())
    if is_ratio:
        q, errors = np.log(q), errors / q
    elif is_correlation:
        q, errors = np.arctanh(q), errors / (1 - q**2)
    degrees = _known(each["df"])
    df = float(np.mean(degrees)) if len(degrees) == len(q) else np.inf
    found = pool(q, errors**2, df_complete=df, level=confidence).row(0, named=True)
    kept = {name: found[name] for name in ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")}
    if is_ratio:
        ratio = float(np.exp(found["estimate"]))
        ends = {name: float(np.exp(found[name])) for name in ("conf_low", "conf_high")}
        kept |= {"estimate": ratio, "std_error": ratio * found["std_error"], **ends}
    elif is_correlation:
        kept |= {name: float(np.tanh(found[name])) for name in ("estimate", "conf_low", "conf_high")}
        kept["std_error"] = found["std_error"] * (1 - float(kept["estimate"]) ** 2)
    kept["df"] = float(found["df"]) if np.isfinite(found["df"]) else None
    if not np.isfinite(kept["statistic"]):
        kept["statistic"] = None
    if not _known(each["statistic"]):  # nothing is tested against zero
        kept |= {"statistic": None, "p_value": None}
    told = f"{row['covariance']}; {over}, Barnard–Rubin df, {found['fmi']:.0%} of the information missing"
    return kept | {"covariance": told}


def _by_d2(each: dict[str, list[float | None]], over: str) -> dict[str, object]:
    tested = d2(_known(each["statistic"]), int(_known(each["df"])[0]))
    told = f"F test D2 on {tested.df1:.0f} and {tested.df2:,.1f} df, {over}"
    return {
        "statistic": tested.statistic,
        "df": float(tested.df1),
        "p_value": tested.p_value,
        "covariance": told,
    }


def _withheld(each: dict[str, list[float | None]]) -> dict[str, object]:
    """A result that some imputation does not give is no result."""
    lost = sum(value is None for value in each["estimate"])
    empty = dict.fromkeys(("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high"))
    reasons = [str(note) for note in each["note"] if note]
    why = f"no result in {lost} of {len(each['estimate'])} imputations"
    return empty | {"note": "; ".join([why, *dict.fromkeys(reasons)])}


def _can_pool(estimates_: Sequence[float | None], errors: Sequence[float | None]) -> bool:
    return len(_known(estimates_)) == len(estimates_) == len(_known(errors))


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
