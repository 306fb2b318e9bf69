"""From a likelihood to its estimates in the terms' own units, with the standard errors that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.groups import within
from pipeline.models.likelihood.maximum import Likelihood, Maximum, maximise
from pipeline.models.likelihood.robust import Errors, replicated, robust
from pipeline.models.outcomes.rows import OutcomeData
from pipeline.models.regression_data import without_gaps


@dataclass(frozen=True)
class Fit:
    """Parameters (p) in the terms' own units, their covariance, the log-likelihood; and how errors were made."""

    parameters: np.ndarray
    covariance: np.ndarray
    value: float
    errors: Errors
    scaled: np.ndarray
    null: float | None = None


def fit_likelihood(rows: OutcomeData, likelihood: Likelihood, back: np.ndarray, *, beside: int = 0) -> Fit:
    """The maximum of a likelihood of ``rows.scaled``'s columns, ``back`` (p × p) to the terms' own units."""
    weights = rows.data.weights
    found = maximise(likelihood, weights)
    if rows.replicates is not None:
        again = partial(_again, likelihood, found.parameters)
        errors = replicated(again, rows.replicates.take(rows.places), found.parameters)
    else:
        errors = robust(
            found,
            weights,
            rows.data.clusters,
            rows.data.cluster_name,
            n_rows=rows.data.n_obs,
            repeated=rows.repeated,
            correction=rows.correction,
            beside=beside,
        )
    return Fit(back @ found.parameters, back @ errors.covariance @ back.T, found.value, errors, found.parameters)


def fit_groups(used: OutcomeData, likelihood: Likelihood, group: np.ndarray, rows: np.ndarray) -> Fit:
    """The maximum of a likelihood of groups of rows within persons; ``rows`` are those of ``used``, ``group`` theirs.

    ``null`` is the likelihood without effects.
    """
    data, back = used.data, used.scaled.back
    first = rows[np.unique(group, return_index=True)[1]]
    weights = None if data.weights is None else data.weights[first]
    found = maximise(likelihood, weights)
    null = likelihood.parts(np.zeros(len(back)), np.ones(len(first)) if weights is None else weights)
    assert null is not None
    if used.replicates is not None:
        again = partial(_again, likelihood, found.parameters)
        errors = replicated(again, used.replicates.take(used.places[first]), found.parameters)
    else:
        errors = _of_groups(used, found, first, weights, len(rows))
    return Fit(
        back @ found.parameters, back @ errors.covariance @ back.T, found.value, errors, found.parameters, null.value
    )


def _of_groups(used: OutcomeData, found: Maximum, first: np.ndarray, weights: np.ndarray | None, n_rows: int) -> Errors:
    """The covariance from groups, whose ``first`` rows say their cluster."""
    data, clusters = used.data, used.data.clusters
    if clusters is not None:
        _require_nested(clusters, data.person, str(data.cluster_name))
        clusters = np.apply_along_axis(without_gaps, 0, clusters[first])
    repeated = len(first) > data.n_persons
    return robust(
        found, weights, clusters, data.cluster_name, n_rows=n_rows, repeated=repeated, correction=used.correction
    )


def _require_nested(clusters: np.ndarray, person: np.ndarray, name: str) -> None:
    """Raises ModelError where a person is in several clusters: a person's answers are one term of the likelihood."""
    columns = clusters.reshape(len(person), -1).astype(float)
    moved = np.abs(within(columns, person)).max(axis=1) > 1e-9
    if moved.any():
        count = len(np.unique(person[moved]))
        raise ModelError(f"persons move between {name}", where="cluster", count=count, todo="Cluster by person.")


def _again(likelihood: Likelihood, start: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return maximise(likelihood, weights, start).parameters


def blocks(back: np.ndarray, count: int) -> np.ndarray:
    """``back`` for ``count`` sets of coefficients one after the other."""
    return np.kron(np.eye(count), back)
