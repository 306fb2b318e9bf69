"""The covariance of a maximum: of the likelihood, clustered, or of replicate weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.models.columns import codes_of_pairs
from pipeline.models.covariance import few_clusters
from pipeline.models.design.sample import Replicated
from pipeline.models.groups import group_sums
from pipeline.models.likelihood.maximum import Maximum

Correction = Literal["hc1", "stata"]
IN_WORDS = {"hc1": "G/(G−1) · (n−1)/(n−k)", "stata": "G/(G−1)"}
UNCLUSTERED = "persons have several rows, which count as independent"


@dataclass(frozen=True)
class Errors:
    """A covariance (p × p), how it was made, what to note, and the degrees of freedom of its t (None: normal)."""

    covariance: np.ndarray
    described: str
    note: str | None = None
    df: float | None = None

    def basis_words(self) -> str:
        return f"{self.described}; {'normal' if self.df is None else 't'} intervals"


def robust(
    maximum: Maximum,
    weights: np.ndarray | None,
    clusters: np.ndarray | None,
    cluster_name: str | None,
    *,
    n_rows: int,
    repeated: bool,
    correction: Correction = "hc1",
    beside: int = 0,
) -> Errors:
    """H⁻¹ M H⁻¹, M the cross-products of clusters' scores; without clusters and weights the inverse information.

    "hc1" multiplies by G/(G−1) · (n−1)/(n−k) (sandwich's ``vcovCL(type = "HC1")``), "stata" by G/(G−1), as Stata's
    ``vce(cluster)`` of maximum likelihood and the default of ``vcovCL`` for such models. Two columns of clusters are
    two ways (Cameron, Gelbach & Miller 2011). k is the number of parameters without those ``beside`` the coefficients.
    ``repeated``: persons have several rows. With weights and no clusters
    each row is its own.
    """
    if clusters is None and weights is None:
        words = "maximum likelihood (inverse information)"
        return Errors(maximum.inverse, words, UNCLUSTERED if repeated else None)
    scores = maximum.scores if weights is None else maximum.scores * weights[:, None]
    if clusters is None:
        clusters, cluster_name = np.arange(len(scores)), None
    k = len(maximum.parameters) - beside
    inflated = (n_rows - 1) / (n_rows - k) if correction == "hc1" else 1.0
    meat = inflated * cluster_meat(scores, clusters)
    n_clusters = int(np.atleast_2d(clusters.T).max(axis=1).min()) + 1
    words = f"clustered by {cluster_name} ({n_clusters:,} clusters), {IN_WORDS[correction]}"
    if cluster_name is None:
        words = f"robust (each row by itself), {IN_WORDS[correction]}"
    note = UNCLUSTERED if cluster_name is None and repeated else few_clusters(n_clusters)
    return Errors(maximum.inverse @ meat @ maximum.inverse, words, note)


def cluster_meat(scores: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Σ over clusters of the outer product of their scores, times G/(G−1); two columns: both ways, less their cross."""
    if clusters.ndim == 1:
        n_clusters = int(clusters.max()) + 1
        sums = scores if n_clusters == len(scores) else group_sums(scores, clusters)
        return np.asarray(n_clusters / (n_clusters - 1) * sums.T @ sums)
    both = codes_of_pairs(clusters)
    one, other = (cluster_meat(scores, clusters[:, way]) for way in (0, 1))
    return np.asarray(one + other - cluster_meat(scores, both))


def replicated(estimate: Callable[[np.ndarray], np.ndarray], replicates: Replicated, full: np.ndarray) -> Errors:
    """The covariance of ``estimate(weights)`` over the sets of replicate weights (rows × replicates)."""
    each = np.array([estimate(column) for column in replicates.weights.T])
    words = f"replicate weights ({replicates.kind}), every step of weighting repeated"
    return Errors(replicates.covariance(each, full), words, None, float(replicates.degrees_of_freedom))
