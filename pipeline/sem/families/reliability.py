"""Do the items of a scale hang together? Alpha, omega, what each item adds, and how alike members of a group are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.data import as_frame, numeric, several
from pipeline.sem.engine.fitting import check_level
from pipeline.sem.engine.moments import pairwise_covariance
from pipeline.sem.engine.result import Result
from pipeline.sem.families.measurement import cfa


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of k items (psych's names in brackets)."""

    alpha: float  # raw_alpha
    standardised: float  # std.alpha, from correlations
    guttman_6: float  # G6(smc)
    average_r: float
    median_r: float
    std_error: float  # ase, Duhachek & Iacobucci (2004)
    conf_low: float  # Feldt (1965) interval
    conf_high: float
    n: int
    items: int
    missing: str


@known_options
def alpha(
    frame: pl.DataFrame,
    items: Sequence[str],
    missing: str = "pairwise",
    reverse: Sequence[str] = (),
    level: float = 0.95,
) -> Alpha:
    """Cronbach's alpha, k/(k−1) · (1 − Σ variances / variance of the sum).

    ``missing``: pairwise (each covariance over those who answered both items; n counts everybody) or listwise.
    ``reverse`` items are turned (their sign; a constant does not matter). As R's ``psych::alpha``.

    Raises ModelError for fewer than two items, or an item that does not vary.
    """
    check_level(level)
    y = _answers(frame, items, missing, reverse)
    covariance = pairwise_covariance(y)
    correlation = _correlation(covariance)
    k, n = len(items), len(y)
    value = _alpha(covariance)
    off = correlation[np.tril_indices(k, -1)]
    low, high = _feldt(value, k, n, level)
    return Alpha(
        value, _alpha(correlation), _guttman_6(correlation), float(off.mean()), float(np.median(off)),
        _alpha_error(covariance, n), low, high, n, k, missing,
    )  # fmt: skip


@known_options
def item_table(
    frame: pl.DataFrame, items: Sequence[str], missing: str = "pairwise", reverse: Sequence[str] = ()
) -> pl.DataFrame:
    """One row per item: n, mean, sd, correlation with the sum of the other items, alpha of the scale without it."""
    y = _answers(frame, items, missing, reverse)
    answers = numeric(frame, items)
    covariance = pairwise_covariance(y)
    total = covariance.sum()
    rows = []
    for k, item in enumerate(items):
        own, with_all = covariance[k, k], covariance[k].sum()
        rest = total - 2 * with_all + own
        others = [index for index in range(len(items)) if index != k]
        values = answers[item].drop_nulls()
        without = covariance[np.ix_(others, others)]
        rows.append({
            "item": item, "n": len(values), "mean": values.mean(), "sd": values.std(),
            "rest_correlation": float((with_all - own) / np.sqrt(rest * own)),
            "alpha_without": _alpha(without) if len(others) > 1 else None,
            "standardised_alpha_without": _alpha(_correlation(without)) if len(others) > 1 else None,
        })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


@dataclass(frozen=True)
class Omega:
    """McDonald's omega (congeneric reliability) and average variance extracted of each factor."""

    table: pl.DataFrame
    result: Result


@known_options
def omega(
    frame: pl.DataFrame,
    factors: Mapping[str, Sequence[str]],
    reverse: Sequence[str] = (),
    estimator: str = "ML",
    missing: str = "fiml",
) -> Omega:
    """One row per factor: omega, omega of standardised items, AVE, from a factor analysis of all factors at once.

    ω = (Σλ)²φ / ((Σλ)²φ + Σθ) (McDonald 1999; Raykov's composite reliability); ``ave`` is the mean squared standardised
    loading (Fornell & Larcker 1981). Raises ModelError where the factor model cannot stand.
    """
    _check_reverse(reverse, [item for items in factors.values() for item in items])
    frame = as_frame(frame).with_columns(numeric(frame, reverse))
    turned = frame.with_columns(-pl.col(item) for item in reverse)
    result = cfa(turned, factors, estimator=estimator, missing=missing)
    rows = []
    for factor, items in factors.items():
        rows.append({"factor": factor, "items": len(items), "n": result.n} | _omega(result, factor, items))
    return Omega(pl.DataFrame(rows), result)


def _omega(result: Result, factor: str, items: Sequence[str]) -> dict[str, float]:
    def values(op: str, column: str) -> np.ndarray:
        rows = [result.parameter(factor if op == "=~" else item, op, item) for item in items]
        return np.array([row[column] for row in rows], dtype=float)

    spread = float(result.parameter(factor, "~~", factor)["estimate"])  # type: ignore[arg-type]
    shared = values("=~", "estimate").sum() ** 2 * spread
    loadings = values("=~", "std_all")
    common = loadings.sum() ** 2
    return {
        "omega": float(shared / (shared + values("~~", "estimate").sum())),
        "omega_standardised": float(common / (common + (1 - loadings**2).sum())),
        "ave": float((loadings**2).mean()),
    }


@known_options
def icc(frame: pl.DataFrame, value: str, group: str) -> dict[str, float]:
    """Agreement within groups by one-way analysis of variance: icc1, icc2 (of group means), F, p, k, n, groups.

    ICC(1) = (MSB − MSW) / (MSB + (k₀ − 1) MSW) with k₀ the size that makes it unbiased for unequal groups, ICC(2) =
    (MSB − MSW) / MSB (Shrout & Fleiss 1979; Bliese 2000). Raises ModelError for fewer than two groups or groups of 1.
    """
    from scipy.special import fdtrc

    frame = as_frame(frame)
    if group not in frame.columns or group == value:
        raise ModelError("the groups are another column of the frame", where=group)
    table = numeric(frame, [value]).with_columns(frame[group]).drop_nulls()
    groups = table.group_by(group, maintain_order=True).agg(n=pl.len(), mean=pl.col(value).mean())
    n, count = len(table), len(groups)
    if count < 2 or n == count:
        raise ModelError("agreement needs two groups, and more than one person in some", where=group, count=count)
    sizes, means = groups["n"].to_numpy().astype(float), groups["mean"].to_numpy()
    grand = float(table[value].to_numpy().mean())
    between = float((sizes * (means - grand) ** 2).sum())
    total = float(((table[value].to_numpy() - grand) ** 2).sum())
    msb, msw = between / (count - 1), (total - between) / (n - count)
    if not total > 0:
        raise ModelError("everybody gave the same answer", where=value, count=n, todo="There is nothing to agree on.")
    k = (n - float((sizes**2).sum()) / n) / (count - 1)
    f = msb / msw if msw > 0 else np.inf
    return {
        "icc1": (msb - msw) / (msb + (k - 1) * msw), "icc2": (msb - msw) / msb, "f": f,
        "p": float(fdtrc(count - 1, n - count, f)), "k": k, "n": n, "groups": count,
    }  # fmt: skip


def _answers(frame: pl.DataFrame, items: Sequence[str], missing: str, reverse: Sequence[str]) -> np.ndarray:
    if len(items) < 2:
        raise ModelError("reliability needs two items", count=len(items))
    if missing not in ("pairwise", "listwise"):
        raise ModelError(f"unknown treatment of missing answers {missing!r}", todo="Use pairwise or listwise.")
    _check_reverse(reverse, items)
    answers = numeric(frame, items)
    columns = [answers[item].to_numpy() for item in items]
    y = np.column_stack(
        [column * (-1.0 if item in set(reverse) else 1.0) for item, column in zip(items, columns, strict=True)]
    )
    if missing == "listwise":
        y = y[~np.isnan(y).any(1)]
    covariance = pairwise_covariance(y)
    for k, item in enumerate(items):
        if not covariance[k, k] > 0:
            raise ModelError("the item does not vary", where=item, todo="Leave it out.")
    if np.isnan(covariance).any():
        raise ModelError("some items were never answered by the same person", todo="Leave one of them out.")
    return np.asarray(y - np.nanmean(y, axis=0))


def _check_reverse(reverse: Sequence[str], items: Sequence[str]) -> None:
    """Raises ModelError if an item to be turned is none of the scale."""
    unknown = sorted(set(several(reverse)) - set(items))
    if unknown:
        raise ModelError("an item to reverse is none of the scale", where=", ".join(unknown), todo="Correct `reverse`.")


def _alpha(covariance: np.ndarray) -> float:
    k = len(covariance)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def _correlation(covariance: np.ndarray) -> np.ndarray:
    sd = np.sqrt(covariance.diagonal())
    return covariance / np.outer(sd, sd)


def _guttman_6(correlation: np.ndarray) -> float:
    unique = 1 / np.linalg.pinv(correlation).diagonal()
    return float(1 - unique.sum() / correlation.sum())


def _alpha_error(covariance: np.ndarray, n: int) -> float:
    """Duhachek & Iacobucci (2004), Journal of Applied Psychology 89, 792–808."""
    k, total, trace = len(covariance), covariance.sum(), np.trace(covariance)
    square = covariance @ covariance
    q = 2 * k**2 / ((k - 1) ** 2 * total**3) * (total * (np.trace(square) + trace**2) - 2 * trace * square.sum())
    return float(np.sqrt(q / n))


def _feldt(value: float, k: int, n: int, level: float) -> tuple[float, float]:
    from scipy.special import fdtri

    tail, df = (1 - level) / 2, (n - 1, (n - 1) * (k - 1))
    return 1 - (1 - value) * float(fdtri(*df, 1 - tail)), 1 - (1 - value) * float(fdtri(*df, tail))
