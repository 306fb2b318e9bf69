"""The seam to linearmodels, and so to pandas: what its estimators take, and what is read from their results.

Importing it takes seconds, so that each family imports its estimator when a model is fitted and not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.regression_data import RegressionData

Correction = Literal["hc1", "stata", "none"]

FEW_CLUSTERS = 10
"""Below this many clusters a cluster-robust standard error is too small more often than not; rows carry a note."""

FINITE = {"hc1": "HC1", "stata": "as Stata: G/(G−1) · (n−1)/(n−k)", "none": "no finite-sample correction"}


@dataclass(frozen=True)
class Linear:
    """Coefficients (k), their covariance (k × k), degrees of freedom, and the covariance in words."""

    estimates: np.ndarray
    covariance: np.ndarray
    df: float
    described: str
    note: str | None = None


def panel_frames(data: RegressionData) -> dict[str, Any]:
    """pandas frames of outcome, matrix and weights by person and wave, under the names linearmodels gives them."""
    import pandas as pd

    index = pd.MultiIndex.from_arrays([data.person, data.wave], names=["person", "wave"])
    columns = [f"x{place}" for place in range(len(data.terms))]
    return {
        "dependent": pd.DataFrame({"outcome": data.outcome}, index=index),
        "exog": pd.DataFrame(data.matrix, index=index, columns=columns),
        "weights": None if data.weights is None else pd.DataFrame({"weight": data.weights}, index=index),
    }


def covariance_options(data: RegressionData, correction: Correction) -> dict[str, Any]:
    """What linearmodels' ``fit`` is told about the covariance."""
    if data.clusters is None:
        return {"cov_type": "unadjusted", "debiased": True}
    return {
        "cov_type": "clustered",
        "clusters": data.clusters,
        "debiased": correction != "none",
        "group_debias": correction == "stata",
    }


def require_freedom(data: RegressionData, absorbed: int = 0) -> None:
    """Raises ModelError unless rows outnumber terms and absorbed effects, and clusters, if any, are more than one."""
    if data.n_obs - len(data.terms) - absorbed < 1:
        raise ModelError("more parameters than rows", where=data.outcome_name, count=data.n_obs)
    if data.clusters is not None and data.clusters.max() == 0:
        raise ModelError("one cluster, so that clustered standard errors cannot be made", where=str(data.cluster_name))


def linear(data: RegressionData, result: Any, correction: Correction = "hc1") -> Linear:
    """What the Estimates table needs of a result of linearmodels."""
    estimates, covariance = result.params.to_numpy(), result.cov.to_numpy()
    df = float(result.df_resid)
    if data.clusters is None:
        return Linear(estimates, covariance, df, "classical (independent errors of equal variance)")
    n_clusters = len(np.unique(data.clusters))
    return Linear(
        estimates,
        covariance,
        n_clusters - 1 if correction == "stata" else df,
        f"clustered by {data.cluster_name} ({n_clusters:,} clusters), {FINITE[correction]}",
        few_clusters(n_clusters),
    )


def few_clusters(n_clusters: int) -> str | None:
    """The note on rows whose standard errors rest on few clusters."""
    return f"only {n_clusters} clusters: read the standard errors with care" if n_clusters < FEW_CLUSTERS else None
