"""Counts: Poisson, and negative binomial with variance μ + μ²/θ (NB2), log μ = xb + offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.models.likelihood.maximum import Parts


@dataclass(frozen=True)
class Poisson:
    """``outcome`` (n) holds counts; ``offset`` (n) is added to the linear predictor."""

    outcome: np.ndarray
    matrix: np.ndarray
    offset: np.ndarray
    subject: str

    @property
    def n_scores(self) -> int:
        return len(self.outcome)

    def start(self, weights: np.ndarray) -> np.ndarray:
        """One step of least squares of the logarithm."""
        target = np.log(np.maximum(self.outcome, 0.3)) - self.offset
        root = np.sqrt(weights)[:, None]
        return np.asarray(np.linalg.lstsq(self.matrix * root, target * root[:, 0], rcond=None)[0])

    def means(self, parameters: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(np.minimum(self.matrix @ parameters + self.offset, 600)))

    def parts(self, parameters: np.ndarray, weights: np.ndarray) -> Parts | None:
        from scipy.special import gammaln

        means = self.means(parameters)
        value = self.outcome * (self.matrix @ parameters + self.offset) - means - gammaln(self.outcome + 1)
        information = (self.matrix * (weights * means)[:, None]).T @ self.matrix
        return Parts(float(weights @ value), self.matrix * (self.outcome - means)[:, None], information)

    def farthest(self, parameters: np.ndarray, weights: np.ndarray) -> float:
        """Separation is a mean of zero: how far below the largest the smallest linear predictor is."""
        place = self.matrix[weights > 0] @ parameters
        return float(np.ptp(place)) / 2 if place.size else 0.0

    def expected(self, _: np.ndarray, __: np.ndarray, parts: Parts) -> np.ndarray:
        return parts.information


@dataclass(frozen=True)
class NegativeBinomial:
    """As ``Poisson``; the last parameter is log θ.

    Standard errors rest on the expected information of the coefficients, as those of R's ``MASS::glm.nb``, and on the
    observed one of log θ, which is independent of them.
    """

    outcome: np.ndarray
    matrix: np.ndarray
    offset: np.ndarray
    subject: str

    @property
    def n_scores(self) -> int:
        return len(self.outcome)

    def start(self, weights: np.ndarray) -> np.ndarray:
        """Poisson's coefficients are near enough; θ by moments."""
        from pipeline.models.likelihood.maximum import maximise

        poisson = Poisson(self.outcome, self.matrix, self.offset, self.subject)
        slopes = maximise(poisson, weights).parameters
        means = poisson.means(slopes)
        spread = float(weights @ ((self.outcome - means) ** 2 - means) / (weights @ means**2))
        return np.append(slopes, -np.log(np.clip(spread, 1e-4, 1e3)))

    def parts(self, parameters: np.ndarray, weights: np.ndarray) -> Parts | None:
        from scipy.special import digamma, gammaln, polygamma

        y, theta = self.outcome, float(np.exp(parameters[-1]))
        if not 1e-10 < theta < 1e12:
            return None
        place = self.matrix @ parameters[:-1] + self.offset
        mean = np.exp(np.minimum(place, 600))
        value = gammaln(y + theta) - gammaln(theta) - gammaln(y + 1)
        value = value + y * place - (y + theta) * np.log(theta + mean) + theta * parameters[-1]
        shape = digamma(y + theta) - digamma(theta) - np.log1p(mean / theta) + 1 - (y + theta) / (theta + mean)
        bent = polygamma(1, y + theta) - polygamma(1, theta)
        bent = bent + 1 / theta - 2 / (theta + mean) + (y + theta) / (theta + mean) ** 2
        pull = (y - mean) * theta / (theta + mean)
        scores = np.column_stack([self.matrix * pull[:, None], theta * shape])
        curved = mean * theta * (y + theta) / (theta + mean) ** 2
        crossed = -theta * (y - mean) * mean / (theta + mean) ** 2
        k = self.matrix.shape[1]
        information = np.empty((k + 1, k + 1))
        information[:k, :k] = (self.matrix * (weights * curved)[:, None]).T @ self.matrix
        information[:k, k] = information[k, :k] = self.matrix.T @ (weights * crossed)
        information[k, k] = -float(weights @ (theta**2 * bent + theta * shape))
        return Parts(float(weights @ value), scores, information)

    def farthest(self, parameters: np.ndarray, weights: np.ndarray) -> float:
        place = self.matrix[weights > 0] @ parameters[:-1]
        return float(np.ptp(place)) / 2 if place.size else 0.0

    def expected(self, parameters: np.ndarray, weights: np.ndarray, parts: Parts) -> np.ndarray:
        mean = np.exp(self.matrix @ parameters[:-1] + self.offset)
        theta = float(np.exp(parameters[-1]))
        made = np.zeros_like(parts.information)
        made[:-1, :-1] = (self.matrix * (weights * mean * theta / (theta + mean))[:, None]).T @ self.matrix
        made[-1, -1] = parts.information[-1, -1]
        return made
