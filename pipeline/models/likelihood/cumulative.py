"""Cumulative link: P(y ≤ j) = F(θ_j − xb), θ rising (McCullagh 1980, JRSS B 42, 109–142)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.models.likelihood.links import density, distribution, slope
from pipeline.models.likelihood.maximum import Parts


@dataclass(frozen=True)
class Cumulative:
    """``codes`` (n) are 0 … J − 1, each of which occurs; ``matrix`` (n × k) has no intercept.

    Parameters are the J − 1 thresholds and the k coefficients, as in R's ``MASS::polr`` and ``ordinal::clm``.
    """

    codes: np.ndarray
    matrix: np.ndarray
    link: str
    subject: str

    @property
    def n_scores(self) -> int:
        return len(self.codes)

    @property
    def n_thresholds(self) -> int:
        return int(self.codes.max())

    def start(self, weights: np.ndarray) -> np.ndarray:
        """The thresholds of everybody together, and no effects."""
        from scipy.special import logit, ndtri

        shares = np.bincount(self.codes, weights, self.n_thresholds + 1) / weights.sum()
        below = np.clip(np.cumsum(shares)[:-1], 1e-6, 1 - 1e-6)
        return np.concatenate([logit(below) if self.link == "logit" else ndtri(below), np.zeros(self.matrix.shape[1])])

    def parts(self, parameters: np.ndarray, weights: np.ndarray) -> Parts | None:
        cuts = self.n_thresholds
        thresholds, slopes = parameters[:cuts], parameters[cuts:]
        if np.any(np.diff(thresholds) <= 0):
            return None
        ends = np.concatenate([[-np.inf], thresholds, [np.inf]])
        place = self.matrix @ slopes
        upper, lower = ends[self.codes + 1] - place, ends[self.codes] - place
        chance = self._between(lower, upper)
        if np.any(chance <= 0):
            return None
        left, right = self._directions()
        f_upper, f_lower = density(self.link, upper) / chance, density(self.link, lower) / chance
        scores = right * f_upper[:, None] - left * f_lower[:, None]
        bent_up, bent_low = slope(self.link, upper) / chance, slope(self.link, lower) / chance
        information = scores.T @ (scores * weights[:, None])
        information -= right.T @ (right * (weights * bent_up)[:, None])
        information += left.T @ (left * (weights * bent_low)[:, None])
        return Parts(float(weights @ np.log(chance)), scores, information)

    def _between(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """F(upper) − F(lower), taken in the tail where both are small."""
        flipped = lower > 0
        high = np.where(flipped, -lower, upper)
        low = np.where(flipped, -upper, lower)
        return np.asarray(distribution(self.link, high) - distribution(self.link, low))

    def _directions(self) -> tuple[np.ndarray, np.ndarray]:
        """What the lower and the upper end of each row's category change by with the parameters (n × p each)."""
        cuts = self.n_thresholds
        at = np.eye(cuts + 2)[:, 1:-1]
        return np.hstack([at[self.codes], -self.matrix]), np.hstack([at[self.codes + 1], -self.matrix])

    def farthest(self, parameters: np.ndarray, weights: np.ndarray) -> float:
        place = self.matrix[weights > 0] @ parameters[self.n_thresholds :]
        return float(np.ptp(place)) / 2 if place.size else 0.0

    def expected(self, _: np.ndarray, __: np.ndarray, parts: Parts) -> np.ndarray:
        return parts.information


def with_thresholds(back: np.ndarray, cuts: int) -> np.ndarray:
    """From thresholds and coefficients of scaled columns, without the intercept, to those of the terms.

    The first scaled column is constant: what the others' coefficients make of the intercept is taken off thresholds.
    """
    k = len(back) - 1
    whole = np.zeros((cuts + k, cuts + k))
    whole[:cuts, :cuts] = np.eye(cuts)
    whole[:cuts, cuts:] = -back[0, 1:]
    whole[cuts:, cuts:] = back[1:, 1:]
    return whole
