"""Counts of a person, given their sum: Σ_t y_it log(t_it exp(x_it b) / Σ_s t_is exp(x_is b)).

The likelihood of Poisson regression with an effect for each person, whose coefficients it has (Hausman, Hall &
Griliches 1984, Econometrica 52, 909–938).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.models.groups import group_sums
from pipeline.models.likelihood.maximum import Parts


@dataclass(frozen=True)
class PoissonWithin:
    """Rows of persons coded 0, 1, 2 …; scores are those of persons."""

    outcome: np.ndarray
    matrix: np.ndarray
    offset: np.ndarray
    person: np.ndarray
    subject: str

    @property
    def n_scores(self) -> int:
        return int(self.person.max()) + 1

    def start(self, _: np.ndarray) -> np.ndarray:
        return np.zeros(self.matrix.shape[1])

    def parts(self, parameters: np.ndarray, weights: np.ndarray) -> Parts | None:
        place = self.matrix @ parameters + self.offset
        level = np.full(self.n_scores, -np.inf)
        np.maximum.at(level, self.person, place)
        rate = np.exp(place - level[self.person])
        total = np.bincount(self.person, rate)
        share = rate / total[self.person]
        value = self.outcome * (place - level[self.person] - np.log(total)[self.person])
        count = np.bincount(self.person, self.outcome)
        expected = count[self.person] * share
        scores = group_sums(self.matrix * (self.outcome - expected)[:, None], self.person)
        mean = group_sums(self.matrix * share[:, None], self.person)
        around = self.matrix - mean[self.person]
        information = (around * (weights[self.person] * expected)[:, None]).T @ around
        return Parts(float(weights[self.person] @ value), scores, information)

    def farthest(self, parameters: np.ndarray, weights: np.ndarray) -> float:
        place = self.matrix[weights[self.person] > 0] @ parameters
        return float(np.ptp(place)) / 2 if place.size else 0.0

    def expected(self, _: np.ndarray, __: np.ndarray, parts: Parts) -> np.ndarray:
        return parts.information
