"""Whether there is somebody to compare the treated with, and clusters enough for their errors."""

from __future__ import annotations

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariance import FEW_CLUSTERS
from pipeline.models.interventions.adoption import Adoption
from pipeline.models.interventions.starts import described


def require_controls(data: Adoption) -> None:
    """Raises ModelError where everybody is treated at the same time."""
    if not data.is_never.any() and len(data.cohorts) == 1:
        once = described(data.cohorts.tolist(), data.when)
        raise ModelError(
            f"everybody is treated at once ({once}): there is nobody to compare with",
            where="start",
            todo="Use an interrupted time series, or add those who are not treated.",
        )


def lonely_cohorts(data: Adoption) -> np.ndarray:
    """The starts of cohorts that lie in one cluster: how much their effects vary between clusters cannot be seen."""
    if data.cluster is None:
        return np.empty(0)
    alone = [np.unique(data.cluster[data.start == start]).size < 2 for start in data.cohorts]
    return np.asarray(data.cohorts[np.array(alone, dtype=bool)])


def lonely_note(starts: np.ndarray, data: Adoption) -> str | None:
    """Why effects of these cohorts have no standard error."""
    if not starts.size:
        return None
    who = described(starts.tolist(), data.when)
    return f"no standard error: those first treated in {who} are one cluster ({data.cluster_name})"


def fewest_clusters(data: Adoption) -> int:
    """How many clusters have treated units, or comparison units where these are fewer (and there are any)."""
    assert data.cluster is not None
    treated, control = (np.unique(data.cluster[mask]).size for mask in (~data.is_never, data.is_never))
    return min(treated, control) if control else treated


def require_clusters(data: Adoption) -> str | None:
    """The note on few treated clusters. Raises ModelError where there is one: its error cannot be seen."""
    if data.cluster is None:
        return None
    fewest = fewest_clusters(data)
    which = "treated" if np.unique(data.cluster[~data.is_never]).size == fewest else "comparison"
    if fewest == 1:
        raise ModelError(
            f"one {which} cluster ({data.cluster_name}): clustered standard errors cannot be made",
            where="cluster",
            todo="Use `synthetic_control`, or `inference: randomisation` with `cluster: none` over the areas.",
        )
    if fewest < FEW_CLUSTERS:
        return (
            f"only {fewest} {which} clusters of {data.n_clusters}: clustered standard errors are too small; read the "
            "randomisation p-value, a wild cluster bootstrap or a synthetic control with them"
        )
    return None
