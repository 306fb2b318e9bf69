"""What a model predicts for a row, averaged over rows: with the gradient over its parameters, for the delta method.

A ``Response`` is all that average marginal effects and predictions ask of a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.models.likelihood.links import density, distribution
from pipeline.models.likelihood.multinomial import softmax


class Response(Protocol):
    """``names`` has one entry per predicted quantity: a category's probability, or "" for the one quantity there is."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def averages(
        self, matrix: np.ndarray, parameters: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The weighted mean over rows of each predicted quantity (m), and its gradient (m × p); weights sum to one."""
        ...


@dataclass(frozen=True)
class Probability:
    """P(y = 1) = F(xb)."""

    link: str = "logit"
    names: tuple[str, ...] = ("",)

    def averages(
        self, matrix: np.ndarray, parameters: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        at = matrix @ parameters
        return np.array([weights @ distribution(self.link, at)]), ((weights * density(self.link, at)) @ matrix)[None]


@dataclass(frozen=True)
class Identity:
    """E(y) = xb."""

    names: tuple[str, ...] = ("",)

    def averages(
        self, matrix: np.ndarray, parameters: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        mean = weights @ matrix
        return np.array([mean @ parameters]), mean[None]


@dataclass(frozen=True)
class Rate:
    """E(y) = exp(xb + offset)."""

    offset: np.ndarray
    names: tuple[str, ...] = ("",)

    def averages(
        self, matrix: np.ndarray, parameters: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        mean = weights * np.exp(matrix @ parameters + self.offset)
        return np.array([mean.sum()]), (mean @ matrix)[None]


@dataclass(frozen=True)
class Ordered:
    """P(y = j) = F(θ_j − xb) − F(θ_{j−1} − xb); parameters are the thresholds, then b. ``matrix`` has an intercept,
    which is not used, so that its columns are those of the terms."""

    link: str
    names: tuple[str, ...]

    def averages(
        self, matrix: np.ndarray, parameters: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        cuts = len(self.names) - 1
        used = matrix[:, 1:]
        at = parameters[:cuts] - (used @ parameters[cuts:])[:, None]
        below = np.concatenate([[0.0], weights @ distribution(self.link, at), [1.0]])
        dense = weights[:, None] * density(self.link, at)
        moved = np.zeros((cuts + 2, len(parameters)))
        moved[1:-1, :cuts] = np.diag(dense.sum(axis=0))
        moved[1:-1, cuts:] = -dense.T @ used
        return np.diff(below), np.diff(moved, axis=0)


@dataclass(frozen=True)
class Categories:
    """P(y = j) of a multinomial logit."""

    names: tuple[str, ...]

    def averages(
        self, matrix: np.ndarray, parameters: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        chances = np.exp(softmax(matrix, parameters))
        others = len(self.names) - 1
        moved = np.empty((others + 1, others, matrix.shape[1]))
        for one in range(others + 1):
            for other in range(others):
                shared = weights * chances[:, one] * ((one == other + 1) - chances[:, other + 1])
                moved[one, other] = shared @ matrix
        return weights @ chances, moved.reshape(others + 1, -1)
