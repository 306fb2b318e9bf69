"""From estimates and their covariance to rows of the Estimates table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

NEGATIVE = "withheld: its variance is below zero, as two-way clustering can give; cluster by the way with fewer groups"

SMALLEST = 1e-10
"""An eigenvalue of a correlation matrix no larger than this is zero but for rounding."""
INDEFINITE = "withheld: the covariance of these terms is not positive definite, as with fewer clusters than terms"


@dataclass(frozen=True)
class Term:
    """What a row is about: ``wave`` and ``group`` name the level of a dummy, ``note`` the level it is set against."""

    component: str
    term: str
    wave: str | None = None
    group: str | None = None
    note: str | None = None

    @property
    def label(self) -> str:
        """The term in words, for messages: ``education (level 3)``."""
        level = self.group or self.wave
        return f"{self.term} (level {level})" if level and level != self.term else self.term


@dataclass(frozen=True)
class Basis:
    """What all rows of one model share; ``correction`` is that of clustered errors (``pipeline.specs.corrections``)."""

    n_obs: int
    n_persons: int
    covariance: str
    confidence: float = 0.95
    correction: str | None = None

    def row(self, term: Term, **values: object) -> dict[str, object]:
        """One row of the Estimates table; values left out are null."""
        return {
            "component": term.component,
            "term": term.term,
            "wave": term.wave,
            "group": term.group,
            "n_obs": self.n_obs,
            "n_persons": self.n_persons,
            "covariance": self.covariance,
            "correction": self.correction,
            "note": term.note,
            **values,
        }


def coefficient_rows(
    basis: Basis,
    terms: Sequence[Term],
    estimates: np.ndarray,
    covariance: np.ndarray,
    df: float | np.ndarray | None,
) -> list[dict[str, object]]:
    """One row per term, tested against zero: Student's t with ``df`` degrees of freedom, normal where it is None."""
    variances = np.diag(np.atleast_2d(covariance))
    degrees = np.broadcast_to(np.inf if df is None else np.asarray(df, dtype=float), variances.shape)
    return [
        tested_row(basis, term, float(estimate), float(variance), float(degree))
        for term, estimate, variance, degree in zip(terms, estimates, variances, degrees, strict=True)
    ]


def tested_row(basis: Basis, term: Term, estimate: float, variance: float, df: float) -> dict[str, object]:
    """The row of an estimate; without error, test and interval where its variance is below zero.

    Clustering two ways adds two variances and takes off a third, and more is taken off than added where one way has few
    clusters, or where the model has its dummies.
    """
    if variance < 0:
        return basis.row(replace(term, note="; ".join(filter(None, (term.note, NEGATIVE)))), estimate=estimate)
    return basis.row(term, **inference(estimate, math.sqrt(variance), df, basis.confidence))


def inference(estimate: float, std_error: float, df: float, confidence: float) -> dict[str, float | None]:
    """Statistic against zero, two-sided p-value and interval; ``df = inf`` is the normal distribution."""
    statistic = estimate / std_error if std_error > 0 else None
    half = quantile(confidence, df) * std_error
    return {
        "estimate": float(estimate),
        "std_error": float(std_error),
        "statistic": None if statistic is None else float(statistic),
        "df": float(df) if np.isfinite(df) else None,
        "p_value": None if statistic is None else two_sided(statistic, df),
        "conf_low": float(estimate - half),
        "conf_high": float(estimate + half),
    }


def quantile(confidence: float, df: float = np.inf) -> float:
    """How many standard errors the interval reaches to either side."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + confidence) / 2
    return float(stdtrit(df, upper) if np.isfinite(df) else ndtri(upper))


def two_sided(statistic: float, df: float = np.inf) -> float:
    """The two-sided p-value of a t (or, with ``df = inf``, a normal) statistic."""
    from scipy.special import ndtr, stdtr

    tail = -abs(statistic)
    return float(2 * (stdtr(df, tail) if np.isfinite(df) else ndtr(tail)))


def wald(difference: np.ndarray, covariance: np.ndarray) -> float:
    """d' V⁻¹ d, chi-squared with as many degrees of freedom as ``difference`` has elements."""
    return float(difference @ np.linalg.solve(covariance, difference))


def chi_squared_row(basis: Basis, term: str, statistic: float, df: int, note: str | None = None) -> dict[str, object]:
    """A joint test: statistic, degrees of freedom and p-value; there is no estimate."""
    from scipy.special import chdtrc

    return basis.row(
        Term("test", term, note=note), statistic=statistic, df=float(df), p_value=float(chdtrc(df, statistic))
    )


def wald_row(
    basis: Basis, term: str, difference: np.ndarray, covariance: np.ndarray, note: str | None = None
) -> dict[str, object]:
    """The joint test that all of ``difference`` are zero; withheld where their covariance cannot carry it.

    Clustered by fewer clusters than there are terms it has no inverse, and clustered two ways it may not be one.
    """
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if (errors > 0).all():
        correlations = covariance / np.outer(errors, errors)
        if np.linalg.eigvalsh(correlations).min() > SMALLEST:
            return chi_squared_row(basis, term, wald(difference, covariance), len(difference), note)
    why = "; ".join(filter(None, (note, INDEFINITE)))
    return basis.row(Term("test", term, note=why), df=float(len(difference)))


def joined(*notes: str | None) -> str | None:
    """Notes one after the other; None where there is none."""
    return "; ".join(filter(None, notes)) or None
