"""Categories without an order: P(y = j) = exp(xb_j) / Σ exp(xb_m), b of the reference zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.models.likelihood.maximum import Parts


@dataclass(frozen=True)
class Multinomial:
    """``codes`` (n) are 0 … J − 1, 0 the reference. Parameters: the k coefficients of category 1, then of 2 …"""

    codes: np.ndarray
    matrix: np.ndarray
    subject: str

    @property
    def n_scores(self) -> int:
        return len(self.codes)

    @property
    def n_others(self) -> int:
        return int(self.codes.max())

    def start(self, _: np.ndarray) -> np.ndarray:
        return np.zeros(self.n_others * self.matrix.shape[1])

    def parts(self, parameters: np.ndarray, weights: np.ndarray) -> Parts | None:
        others, k = self.n_others, self.matrix.shape[1]
        logs = softmax(self.matrix, parameters)
        chances = np.exp(logs[:, 1:])
        gap = np.eye(others + 1)[self.codes][:, 1:] - chances
        scores = (gap[:, :, None] * self.matrix[:, None, :]).reshape(len(self.codes), -1)
        information = np.empty((others, k, others, k))
        for one in range(others):
            for other in range(one, others):
                shared = weights * chances[:, one] * ((one == other) - chances[:, other])
                block = (self.matrix * shared[:, None]).T @ self.matrix
                information[one, :, other] = information[other, :, one] = block
        value = float(weights @ logs[np.arange(len(logs)), self.codes])
        return Parts(value, scores, information.reshape(others * k, others * k))

    def farthest(self, parameters: np.ndarray, weights: np.ndarray) -> float:
        slopes = parameters.reshape(self.n_others, -1)
        return float(np.abs(self.matrix[weights > 0] @ slopes.T).max(initial=0.0))

    def expected(self, _: np.ndarray, __: np.ndarray, parts: Parts) -> np.ndarray:
        return parts.information


def softmax(matrix: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """The log probability of each category (n × J)."""
    from scipy.special import log_softmax

    slopes = parameters.reshape(-1, matrix.shape[1])
    return np.asarray(log_softmax(np.column_stack([np.zeros(len(matrix)), matrix @ slopes.T]), axis=1))
