"""On what a result rests: too few persons or clusters for its parameters, or one weight that dominates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.sem.engine.data import Data

PERSONS_A_PARAMETER = 5  # Bentler & Chou (1987), Sociological Methods & Research 16, 78–117
SHARE, TIMES = 0.05, 10  # a weight dominates with a twentieth of the sum, and ten times the average


def weak_grounds(data: Data, parameters: int) -> list[str]:
    """Notes on answers that are few for the parameters, or dominated by one weight."""
    clusters = [group.clusters for group in data.groups if group.clusters is not None]
    weights = [group.weights for group in data.groups if group.weights is not None]
    return grounds(data.n, parameters, clusters, weights)


def grounds(n: int, parameters: int, clusters: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> list[str]:
    """Notes on n persons, their cluster codes and weights (by group; empty where there are none)."""
    found = []
    if n < PERSONS_A_PARAMETER * parameters:
        found.append(f"{n:,} persons for {parameters} parameters: fewer than {PERSONS_A_PARAMETER} a parameter")
    if clusters:
        count = len(np.unique(np.concatenate(clusters)))
        if count < parameters:
            found.append(
                f"{parameters} parameters and {count} clusters: robust standard errors and tests of more parameters "
                "than clusters are unreliable"
            )
    if weights:
        every = np.concatenate(weights)
        share = float(every.max() / every.sum())
        if share >= SHARE and share >= TIMES / len(every):
            found.append(f"one weight dominates: one person has {100 * share:.0f} % of the sum of the weights")
    return found
