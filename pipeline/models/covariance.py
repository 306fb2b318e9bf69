"""What a linear fit gives to the Estimates table, and the conventions of its standard errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.contrasts import Combination
from pipeline.models.inference import Basis, Term
from pipeline.specs.contrasts import Contrast

Correction = Literal["hc1", "stata", "none"]

FEW_CLUSTERS = 10
"""Below this many clusters a cluster-robust standard error is too small more often than not; rows carry a note."""

FINITE = {"hc1": "HC1", "stata": "as Stata: G/(G−1) · (n−1)/(n−k)", "none": "no finite-sample correction"}


class Fitted(Protocol):
    """What is known of the rows that a fit is made on, wherever they are."""

    @property
    def outcome_name(self) -> str: ...
    @property
    def terms(self) -> tuple[Term, ...]: ...
    @property
    def n_obs(self) -> int: ...
    @property
    def n_left_out(self) -> int: ...
    @property
    def cluster_name(self) -> str | None: ...
    @property
    def n_clusters(self) -> int: ...
    @property
    def contrasts(self) -> tuple[Contrast | Combination, ...]: ...
    def basis(self, covariance: str, confidence: float) -> Basis: ...


@dataclass(frozen=True)
class Tested:
    """The test of one combination of terms, where it is not the estimate over its error.

    ``df`` replaces the degrees of freedom; ``own``: p-value and interval are those given here; ``withheld``: there is
    no error, test or interval, for the reason in ``note``.
    """

    df: float | None = None
    own: bool = False
    p_value: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    withheld: bool = False
    note: str | None = None


@dataclass(frozen=True)
class Linear:
    """Coefficients (k), their covariance (k × k), degrees of freedom, and the covariance in words.

    ``tested`` gives the test of a combination of terms (k) where a covariance is not all there is to it; ``intervals``
    says how they are made, where that is not the family's way; ``degrees`` (k) are those of each term, if they differ.
    ``joint`` gives statistic, df, p-value and note of the test of several combinations (q × k), where it is not χ².
    ``correction`` is the key of the finite-sample correction of clustered errors, where they have one.
    """

    estimates: np.ndarray
    covariance: np.ndarray
    df: float
    described: str
    note: str | None = None
    tested: Callable[[np.ndarray], Tested | None] | None = None
    intervals: str | None = None
    degrees: np.ndarray | None = None
    joint: Callable[[np.ndarray], dict[str, object]] | None = None
    correction: str | None = None


def linear(
    data: Fitted, estimates: np.ndarray, covariance: np.ndarray, df: float, correction: Correction = "hc1"
) -> Linear:
    """A fit in words; ``df`` are the residual degrees of freedom, in place of which Stata takes G − 1."""
    if data.cluster_name is None:
        return Linear(estimates, covariance, df, "classical (independent errors of equal variance)")
    n_clusters = data.n_clusters
    return Linear(
        estimates,
        covariance,
        n_clusters - 1 if correction == "stata" else df,
        f"clustered by {data.cluster_name} ({n_clusters:,} clusters), {FINITE[correction]}",
        few_clusters(n_clusters),
        correction=correction,
    )


def require_freedom(data: Fitted, absorbed: int = 0) -> None:
    """Raises ModelError unless rows outnumber terms and absorbed effects, and clusters, if any, are more than one."""
    if data.n_obs - len(data.terms) - absorbed < 1:
        raise ModelError("more parameters than rows", where=data.outcome_name, count=data.n_obs)
    if data.cluster_name is not None and data.n_clusters == 1:
        raise ModelError("one cluster, so that clustered standard errors cannot be made", where=str(data.cluster_name))


def few_clusters(n_clusters: int) -> str | None:
    """The note on rows whose standard errors rest on few clusters."""
    return f"only {n_clusters} clusters: read the standard errors with care" if n_clusters < FEW_CLUSTERS else None
