"""Rubin's rules: one result from the results of each imputation. Fit first, pool after.

What is pooled is what each imputation gives: an estimate with its own standard error, be it clustered, design-based or
of a marginal effect. Formulas: Rubin (1987); Barnard & Rubin (1999), Biometrika 86, 948-955; van Buuren (2018),
Flexible Imputation of Missing Data, section 2.3. R: ``mice::pool``, ``pool.scalar``, ``mitools::MIcombine``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.options import known_options


@public()
def pool(
    estimates: np.ndarray,
    variances: np.ndarray,
    *,
    terms: Sequence[str] | None = None,
    df_complete: float = np.inf,
    level: float = 0.95,
) -> pl.DataFrame:
    """One row per term: pooled estimate, standard error, t, df, p, interval, and what missing data cost.

    ``estimates`` and ``variances`` (squared standard errors) are imputations × terms. ``within`` is the mean variance,
    ``between`` that of the estimates, ``total`` = within + (1 + 1/m) between; ``riv`` the relative increase, ``lambda``
    the share of the total due to missingness, ``fmi`` the fraction of missing information. The df are Barnard &
    Rubin's given ``df_complete`` (residual df without missing data), Rubin's of 1987 where that is infinite.
    """
    from scipy.special import stdtr, stdtrit

    q, u = np.atleast_2d(np.asarray(estimates, float)), np.atleast_2d(np.asarray(variances, float))
    m = _check(q, u)
    if terms is not None and len(terms) != q.shape[1]:
        raise ModelError(f"{len(terms)} terms for {q.shape[1]} estimates", where="terms")
    if not df_complete > 0:
        raise ModelError(f"`df_complete={df_complete!r}` are no degrees of freedom", where="df_complete")
    estimate, within, between = q.mean(axis=0), u.mean(axis=0), q.var(axis=0, ddof=1)
    extra = (1 + 1 / m) * between
    total = within + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        riv, share = extra / within, extra / total
        df = barnard_rubin(m, share, df_complete)
        fmi = np.where(np.isinf(df), share, (riv + 2 / (df + 3)) / (1 + riv))
    error = np.sqrt(total)
    finite = np.where(np.isinf(df), 1e12, df)
    half = stdtrit(finite, 0.5 + level / 2) * error
    statistic = np.divide(estimate, error, out=np.full_like(error, np.nan), where=error > 0)
    return pl.DataFrame(
        {
            "term": list(terms) if terms is not None else [str(index) for index in range(q.shape[1])],
            "imputations": [m] * q.shape[1],
            "estimate": estimate,
            "std_error": error,
            "statistic": statistic,
            "df": df,
            "p_value": 2 * stdtr(finite, -np.abs(statistic)),
            "conf_low": estimate - half,
            "conf_high": estimate + half,
            "within": within,
            "between": between,
            "total": total,
            "riv": riv,
            "lambda": share,
            "fmi": fmi,
        }
    )


@public()
def pool_table(
    results: Sequence[pl.DataFrame],
    *,
    keys: Sequence[str] = ("term",),
    df_complete: float | None = None,
    level: float = 0.95,
) -> pl.DataFrame:
    """One row per key: the pooled rows of tables with ``estimate`` and ``std_error``, one table per imputation.

    ``keys`` name a row (``component, term, wave, group`` of an Estimates table). ``df_complete`` defaults to the ``df``
    column of the tables, and to infinity without one. Every table must hold the same keys in the same order.
    """
    first = results[0]
    if any(not table.select(keys).equals(first.select(keys), null_equal=True) for table in results):
        raise ModelError("the imputations' results are not of the same terms", where=", ".join(keys))
    estimates = np.array([table["estimate"].to_numpy() for table in results])
    variances = np.array([table["std_error"].to_numpy() ** 2 for table in results])
    degrees = [np.inf] * first.height
    if df_complete is not None:
        degrees = [df_complete] * first.height
    elif "df" in first.columns:
        degrees = np.nanmean([table["df"].fill_null(np.inf).to_numpy() for table in results], axis=0).tolist()
    rows = [
        pool(estimates[:, [place]], variances[:, [place]], df_complete=df, level=level)
        for place, df in enumerate(degrees)
    ]
    return pl.concat([first.select(keys), pl.concat(rows).drop("term")], how="horizontal")


@known_options
def pool_covariance(estimates: np.ndarray, covariances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pooled coefficients and their total covariance; ``covariances`` is imputations × terms × terms."""
    q, u = np.asarray(estimates, float), np.asarray(covariances, float)
    m = len(q)
    return q.mean(axis=0), u.mean(axis=0) + (1 + 1 / m) * np.atleast_2d(np.cov(q.T))


@public()
def pool_correlation(correlations: Sequence[float], n: int, *, level: float = 0.95) -> dict[str, float]:
    """The pooled correlation and its interval, on Fisher's z scale (variance 1 / (n - 3)), normal as in FIMD 5.2.2."""
    from scipy.special import ndtri

    if n <= 3:
        raise ModelError("a correlation has a standard error among more than three", where="n", count=n)
    beyond = int((~(np.abs(np.asarray(correlations, float)) < 1)).sum())
    if beyond:
        raise ModelError("correlations that are not between -1 and 1", where="correlations", count=beyond)
    row = pool(np.arctanh(correlations)[:, None], np.full((len(correlations), 1), 1 / (n - 3))).row(0, named=True)
    half = float(ndtri(0.5 + level / 2)) * row["std_error"]
    return {
        "estimate": float(np.tanh(row["estimate"])),
        "conf_low": float(np.tanh(row["estimate"] - half)),
        "conf_high": float(np.tanh(row["estimate"] + half)),
        "fmi": row["fmi"],
    }


@public()
def pool_r_squared(r_squared: Sequence[float], n: int, *, level: float = 0.95) -> dict[str, float]:
    """The pooled R² (or adjusted R²): its root pooled as a correlation. Harel (2009); R: ``pool.r.squared``.

    Where the interval of the root reaches below zero, that of R² begins at zero: R squares both ends, so that its
    interval may leave the estimate out.
    """
    values = np.asarray(r_squared, float)
    beyond = int((~((values >= 0) & (values < 1))).sum())
    if beyond:
        raise ModelError(
            "R² below zero, or 1 and more", where="r_squared", count=beyond, todo="Pool R² that is not adjusted."
        )
    pooled = pool_correlation(list(np.sqrt(values)), n, level=level)
    return {name: value if name == "fmi" else max(value, 0.0) ** 2 for name, value in pooled.items()}


def barnard_rubin(m: int, share: np.ndarray, df_complete: float) -> np.ndarray:
    """Degrees of freedom with ``share`` of the variance due to missing data; infinite where nothing is missing."""
    share = np.asarray(share, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        old = (m - 1) / share**2
        if np.isinf(df_complete):
            return np.where(share > 0, old, np.inf)
        observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
        return np.where(share > 0, old * observed / (old + observed), observed)


def _check(q: np.ndarray, u: np.ndarray) -> int:
    if q.shape != u.shape or q.shape[0] < 2:
        raise ModelError("pooling needs the estimates and variances of at least two imputations", count=len(q))
    failed = int((~np.isfinite(q) | ~np.isfinite(u)).any(axis=1).sum())
    if failed:
        raise ModelError("imputations gave no result to pool", count=failed)
    if (u < 0).any():
        raise ModelError("variances below zero", where="variances", count=int((u < 0).any(axis=1).sum()))
    return len(q)
