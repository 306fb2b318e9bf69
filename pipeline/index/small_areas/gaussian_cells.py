"""Numbers in cells: a linear mixed model by REML, on each cell's people, mean and sum of squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.index.small_areas.random_terms import SMALL, FloatArray, Terms, lowest


@dataclass(frozen=True)
class GaussianCells:
    """``count`` and ``mean`` of each cell (C), and the sum of squares within cells."""

    terms: Terms
    count: FloatArray
    mean: FloatArray
    within: float

    @property
    def n(self) -> int:
        return int(self.count.sum())

    def solved(self, theta: FloatArray) -> Solved:
        """Henderson's equations at relative standard deviations (K)."""
        terms, weight = self.terms, self.count
        spread = terms.spread(theta)
        p = terms.design.shape[1]
        top = terms.design.T @ (terms.design * weight[:, None])
        side = spread[:, None] * terms.collect(terms.design * weight[:, None])
        inner = spread[:, None] * terms.cross(weight) * spread + np.eye(len(spread))
        left = np.block([[top, side.T], [side, inner]])
        right = np.concatenate([terms.design.T @ (weight * self.mean), spread * terms.collect(weight * self.mean)])
        inverse = np.linalg.inv(left)
        found = inverse @ right
        fitted = terms.design @ found[:p] + terms.add(spread * found[p:])
        squares = self.within + float(weight @ (self.mean - fitted) ** 2) + float(found[p:] @ found[p:])
        log_det = float(np.linalg.slogdet(left)[1])
        return Solved(self, theta, found[:p], found[p:], inverse, squares, log_det)

    def fit(self, start: FloatArray | None = None) -> Solved:
        """The REML fit; from a ``start``, as near to it as a bootstrap needs."""

        def deviance(theta: FloatArray) -> tuple[float, FloatArray]:
            at = self.solved(theta)
            return at.deviance, at.slope()

        K = len(self.terms.sizes)
        begin = np.full(K, 0.3) if start is None else np.maximum(start[:K], 0.1)
        return self.solved(lowest(deviance, begin, K, exact=start is None))


@dataclass(frozen=True)
class Solved:
    """Fixed effects, random effects b on the residual's scale, the inverse of the equations, the sum of squares."""

    cells: GaussianCells
    theta: FloatArray
    beta: FloatArray
    effects: FloatArray
    inverse: FloatArray
    squares: float
    log_det: float

    @property
    def parameters(self) -> FloatArray:
        """Where a fit to similar data may start."""
        return self.theta

    @property
    def degrees(self) -> int:
        return int(self.cells.n - self.cells.terms.design.shape[1])

    @property
    def residual_variance(self) -> float:
        return self.squares / self.degrees

    @property
    def deviance(self) -> float:
        """-2 × the restricted log-likelihood, as R's ``lme4``."""
        return float(self.log_det + self.degrees * (1 + np.log(2 * np.pi * self.residual_variance)))

    def slope(self) -> FloatArray:
        """The derivative of ``deviance`` by theta (K)."""
        terms, p = self.cells.terms, self.cells.terms.design.shape[1]
        slope = np.zeros(len(terms.sizes))
        diagonal = np.diag(self.inverse)[p:]
        for at, size in enumerate(terms.sizes):
            if self.theta[at] > SMALL:
                own = slice(int(terms.starts[at]), int(terms.starts[at]) + size)
                squares = float(self.effects[own] @ self.effects[own]) / self.residual_variance
                slope[at] = (size - squares - diagonal[own].sum()) / self.theta[at]
        return slope

    @property
    def covariance(self) -> FloatArray:
        """Of (beta, b), given the variances (p + q)."""
        return np.asarray(self.residual_variance * self.inverse)

    @property
    def standard_deviations(self) -> FloatArray:
        """Of each random term (K)."""
        return np.asarray(self.theta * np.sqrt(self.residual_variance))

    @property
    def scale(self) -> float:
        """The standard deviation of b without data."""
        return float(np.sqrt(self.residual_variance))

    def mean(self, linear: FloatArray) -> FloatArray:
        """What a linear predictor says of the outcome."""
        return linear

    def drawn(self, linear: FloatArray, rng: np.random.Generator) -> GaussianCells:
        """The sample's cells with people drawn anew around ``linear`` (C)."""
        count, sigma = self.cells.count, np.sqrt(self.residual_variance)
        mean = linear + sigma * rng.standard_normal(len(count)) / np.sqrt(count)
        spare = self.cells.n - len(count)
        within = self.residual_variance * rng.chisquare(spare) if spare else 0.0
        return GaussianCells(self.cells.terms, count, mean, float(within))

    def information(self) -> FloatArray:
        """What the people of each cell say of its linear predictor (C), in the inverse of its variance."""
        return np.asarray(self.cells.count / self.residual_variance)
