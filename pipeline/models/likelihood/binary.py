"""Yes or no: P(y = 1) = F(xb), F logistic or normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.models.likelihood.links import density, distribution
from pipeline.models.likelihood.maximum import Parts


@dataclass(frozen=True)
class Binary:
    """``outcome`` (n) holds 0 and 1. Standard errors rest on the expected information, as those of R's ``glm``."""

    outcome: np.ndarray
    matrix: np.ndarray
    link: str
    subject: str

    @property
    def n_scores(self) -> int:
        return len(self.outcome)

    def start(self, _: np.ndarray) -> np.ndarray:
        return np.zeros(self.matrix.shape[1])

    def parts(self, parameters: np.ndarray, weights: np.ndarray) -> Parts | None:
        sign = 2 * self.outcome - 1
        at = sign * (self.matrix @ parameters)
        log_chance, ratio = self._log_chance(at)
        curved = density(self.link, at) if self.link == "logit" else ratio * (ratio + at)
        information = (self.matrix * (weights * curved)[:, None]).T @ self.matrix
        return Parts(float(weights @ log_chance), self.matrix * (sign * ratio)[:, None], information)

    def _log_chance(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log F and F' / F."""
        from scipy.special import expit, log_expit, log_ndtr

        if self.link == "logit":
            return np.asarray(log_expit(at)), np.asarray(expit(-at))
        logs = np.asarray(log_ndtr(at))
        return logs, np.asarray(np.exp(-0.5 * at**2 - logs) / np.sqrt(2 * np.pi))

    def farthest(self, parameters: np.ndarray, weights: np.ndarray) -> float:
        return float(np.abs(self.matrix[weights > 0] @ parameters).max(initial=0.0))

    def expected(self, parameters: np.ndarray, weights: np.ndarray, parts: Parts) -> np.ndarray:
        if self.link == "logit":
            return parts.information
        at = self.matrix @ parameters
        known = density(self.link, at) ** 2 / (distribution(self.link, at) * distribution(self.link, -at))
        return np.asarray((self.matrix * (weights * known)[:, None]).T @ self.matrix)
