"""The seam to linearmodels, and so to pandas: what its estimators take, and what is read from their results.

Importing it takes seconds, so that each family imports its estimator when a model is fitted and not before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.models.covariance import Correction, Linear, linear
from pipeline.models.regression_data import RegressionData


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
    """What linearmodels' ``fit`` takes for the covariance."""
    if data.clusters is None:
        return {"cov_type": "unadjusted", "debiased": True}
    return {
        "cov_type": "clustered",
        "clusters": data.clusters if data.clusters.ndim == 1 else _two_ways(data, data.clusters),
        "debiased": correction != "none",
        "group_debias": correction == "stata",
    }


def _two_ways(data: RegressionData, clusters: np.ndarray) -> Any:
    """Two columns of clusters by person and wave: linearmodels would take an array of them for persons by waves."""
    import pandas as pd

    return pd.DataFrame(clusters, index=panel_frames(data)["dependent"].index, columns=["first", "second"])


def read_fit(data: RegressionData, result: Any, correction: Correction = "hc1") -> Linear:
    """What the Estimates table needs of a result of linearmodels."""
    estimates, covariance = result.params.to_numpy(), result.cov.to_numpy()
    return linear(data, estimates, covariance, float(result.df_resid), correction)
