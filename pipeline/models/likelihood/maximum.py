"""Newton's method for a likelihood of rows with weights, and when it has no maximum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.errors import ModelError

MAX_STEPS = 100
HALVINGS = 30
FARTHEST = 30.0
"""A linear predictor beyond this is a probability of 0 or 1 to thirteen digits: the outcomes are separated."""
FLAT = 1e-12
"""Information this small beside that of other directions, or the rows: the likelihood rises for ever in this one.

Columns are scaled, so that a row has information of order one about each."""


@dataclass(frozen=True)
class Parts:
    """Of a likelihood at one place: its value, each row's score (n × p), and the information (p × p), both weighted.

    Scores are those of rows before weights; value and information are sums over the rows with their weights.
    """

    value: float
    scores: np.ndarray
    information: np.ndarray


class Likelihood(Protocol):
    """Rows with an outcome, of which parameters (p) say how likely it is. ``subject`` names the outcome in messages."""

    @property
    def subject(self) -> str: ...
    @property
    def n_scores(self) -> int:
        """How many terms the likelihood is a sum of: rows, or groups of them."""
        ...

    def start(self, weights: np.ndarray, /) -> np.ndarray:
        """Parameters to begin with."""
        ...

    def parts(self, parameters: np.ndarray, weights: np.ndarray, /) -> Parts | None:
        """Value, scores and information; None outside of what parameters may be."""
        ...

    def farthest(self, parameters: np.ndarray, weights: np.ndarray, /) -> float:
        """The largest linear predictor, by which separated outcomes are known."""
        ...

    def expected(self, parameters: np.ndarray, weights: np.ndarray, parts: Parts, /) -> np.ndarray:
        """The information that standard errors rest on: as observed, or expected where R's function takes that."""
        ...


@dataclass(frozen=True)
class Maximum:
    """Parameters (p), their log-likelihood, the scores of rows (n × p), and the inverse information (p × p)."""

    parameters: np.ndarray
    value: float
    scores: np.ndarray
    inverse: np.ndarray


def maximise(likelihood: Likelihood, weights: np.ndarray | None = None, start: np.ndarray | None = None) -> Maximum:
    """The maximum, by Newton's method with halved steps.

    Raises ModelError if outcomes are separated, so that there is none, or if it is not found.
    """
    weights = np.ones(likelihood.n_scores) if weights is None else weights
    parameters = likelihood.start(weights) if start is None else start
    now = likelihood.parts(parameters, weights)
    assert now is not None
    for _ in range(MAX_STEPS):
        inverse = _inverse(likelihood, now.information, weights)
        gradient = weights @ now.scores
        step = inverse @ gradient
        if np.all(np.abs(step) <= 1e-10 * (1 + np.abs(parameters))):
            expected = likelihood.expected(parameters, weights, now)
            kept = inverse if expected is now.information else _inverse(likelihood, expected, weights)
            return Maximum(parameters, now.value, now.scores, kept)
        parameters, now = _stepped(likelihood, parameters, step, now, weights)
        if not likelihood.farthest(parameters, weights) <= FARTHEST:
            raise separated(likelihood.subject, likelihood.n_scores)
    raise ModelError("the likelihood has no maximum that can be found", where=likelihood.subject, count=len(weights))


def _stepped(
    likelihood: Likelihood, parameters: np.ndarray, step: np.ndarray, now: Parts, weights: np.ndarray
) -> tuple[np.ndarray, Parts]:
    """The step, halved until the likelihood does not fall."""
    slack = 1e-9 * (1 + abs(now.value))
    for _ in range(HALVINGS):
        tried = likelihood.parts(parameters + step, weights)
        if tried is not None and tried.value >= now.value - slack:
            return parameters + step, tried
        step = step / 2
    raise ModelError("the likelihood has no maximum that can be found", where=likelihood.subject, count=len(weights))


def _inverse(likelihood: Likelihood, information: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The inverse of the information. Raises ModelError where it is flat, in its own units, in one direction."""
    size = np.sqrt(np.abs(np.diag(information)))
    if not np.all(size > 0) or not np.isfinite(size).all():
        raise separated(likelihood.subject, likelihood.n_scores)
    roots, vectors = np.linalg.eigh(information)
    if abs(roots).min() <= FLAT * max(float(abs(roots).max()), float(weights.sum())):
        raise separated(likelihood.subject, likelihood.n_scores)
    if roots.min() <= 0:  # not concave here: climb along each direction none the less
        roots = np.abs(roots)
    return np.asarray((vectors / roots) @ vectors.T)


def separated(subject: str, count: int) -> ModelError:
    """The refusal of outcomes that a term separates."""
    return ModelError(
        "the terms predict the outcome perfectly in some rows, so that coefficients have no finite estimate",
        where=subject,
        count=count,
        todo="Leave out the term that does, or merge its categories or those of the outcome.",
    )
