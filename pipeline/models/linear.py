"""The one seam to linearmodels, and so to pandas: least squares with absorbed effects, and random effects.

linearmodels takes seconds to import; it is imported when a model is fitted and not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.regression_data import FEW_CLUSTERS, RegressionData, check_rank, within

if TYPE_CHECKING:
    import pandas as pd

Effects = Literal["person", "person_and_wave"]
Correction = Literal["hc1", "stata", "none"]


@dataclass(frozen=True)
class Linear:
    """Coefficients (k), their covariance (k × k), residual degrees of freedom, and the covariance in words."""

    estimates: np.ndarray
    covariance: np.ndarray
    df: float
    described: str
    note: str | None = None


def least_squares(data: RegressionData, *, absorb: Effects | None = None, correction: Correction = "hc1") -> Linear:
    """Least squares after absorbing person, or person and wave, effects (linearmodels PooledOLS, PanelOLS).

    Absorbed effects count in the residual degrees of freedom and in a classical covariance; in a clustered one they
    do not, being nested in the clusters (plm's ``vcovHC``; with both effects linearmodels would count them).
    """
    from linearmodels.panel.model import PanelOLS, PooledOLS

    absorbed = 0 if absorb is None else data.n_persons + (data.n_waves - 1 if absorb == "person_and_wave" else 0)
    df = data.n_obs - data.matrix.shape[1] - absorbed
    if df < 1:
        raise ModelError("more parameters than rows", where=data.outcome_name, count=data.n_obs)
    outcome, matrix, weights = as_pandas(data)
    options = _covariance(data, correction)
    if absorb is None:
        check_rank(data.matrix, data.terms, data.outcome_name)
        result = PooledOLS(outcome, matrix, weights=weights, check_rank=False).fit(**options)
    else:
        check_rank(within(data.matrix, data.person), data.terms, data.outcome_name)
        model = PanelOLS(
            outcome,
            matrix,
            weights=weights,
            entity_effects=True,
            time_effects=absorb == "person_and_wave",
            singletons=True,
            check_rank=False,
        )
        counted = data.clusters is None
        result = model.fit(auto_df=False, count_effects=counted, **options)
    return _linear(data, result.params.to_numpy(), result.cov.to_numpy(), df, correction)


def random_effects_fit(
    data: RegressionData, *, small_sample: bool = True, correction: Correction = "hc1"
) -> tuple[Linear, dict[str, float]]:
    """Generalised least squares with Swamy–Arora variances (linearmodels RandomEffects), and the two variances.

    ``small_sample`` gives the unbalanced-panel variance of Baltagi and Chang (1994), which is plm's.
    """
    from linearmodels.panel.model import RandomEffects

    check_rank(data.matrix, data.terms, data.outcome_name)
    outcome, matrix, weights = as_pandas(data)
    model = RandomEffects(outcome, matrix, weights=weights, check_rank=False)
    try:
        result = model.fit(small_sample=small_sample, **_covariance(data, correction))
    except ValueError as error:
        raise ModelError(
            "too few persons or waves to split the variance into persons' and waves'",
            where=data.outcome_name,
            count=data.n_persons,
        ) from error
    variances = result.variance_decomposition
    parts = {"person": float(variances["Effects"]), "residual": float(variances["Residual"])}
    df = data.n_obs - data.matrix.shape[1]
    return _linear(data, result.params.to_numpy(), result.cov.to_numpy(), df, correction), parts


def as_pandas(data: RegressionData) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Outcome, matrix and weights indexed by person and wave, as linearmodels wants them."""
    import pandas as pd

    index = pd.MultiIndex.from_arrays([data.person, data.wave], names=["person", "wave"])
    outcome = pd.DataFrame({"outcome": data.outcome}, index=index)
    matrix = pd.DataFrame(data.matrix, index=index, columns=[f"x{i}" for i in range(data.matrix.shape[1])])
    weights = None if data.weights is None else pd.DataFrame({"weight": data.weights}, index=index)
    return outcome, matrix, weights


def _covariance(data: RegressionData, correction: Correction) -> dict[str, Any]:
    if data.clusters is None:
        return {"cov_type": "unadjusted", "debiased": True}
    return {
        "cov_type": "clustered",
        "clusters": data.clusters,
        "debiased": correction != "none",
        "group_debias": correction == "stata",
    }


def _linear(
    data: RegressionData, estimates: np.ndarray, covariance: np.ndarray, df: float, correction: Correction
) -> Linear:
    if data.clusters is None:
        return Linear(estimates, covariance, df, "classical (independent errors of equal variance)")
    n_clusters = int(data.clusters.max()) + 1
    finite = {"hc1": "HC1", "stata": "as Stata: G/(G−1) · (n−1)/(n−k)", "none": "no finite-sample correction"}
    described = f"clustered by {data.cluster_name} ({n_clusters:,} clusters), {finite[correction]}"
    note = f"only {n_clusters} clusters: read the standard errors with care" if n_clusters < FEW_CLUSTERS else None
    return Linear(estimates, covariance, n_clusters - 1 if correction == "stata" else df, described, note)
