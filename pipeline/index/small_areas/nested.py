"""The likelihood of people within areas, y_ij = x_ij b + v_i + e_ij, for one set of outcomes or thousands at once.

Everything is of lambda = Var(v) / Var(e): the rest has a closed form. A set of outcomes counts only by the means of its
areas, X'y and y'y, so that a draw from the model costs no more for 40,000 people than for 40.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FloatArray = np.ndarray
GRID = 48
LARGEST = 1e8
"""The largest ratio of the variances that is looked at: all differences are between areas."""
TINY = 1e-10
BLOCK = 2_000_000


@dataclass(frozen=True)
class Outcomes:
    """``means`` of areas (B × m), ``cross`` = X'y (B × p), ``square`` = y'y (B)."""

    means: FloatArray
    cross: FloatArray
    square: FloatArray

    def of(self, rows: FloatArray | slice) -> Outcomes:
        return Outcomes(self.means[rows], self.cross[rows], self.square[rows])


@dataclass(frozen=True)
class Nested:
    """``sizes`` (m) of the areas' samples, ``means`` (m × p) of the design there; its columns are orthonormal."""

    sizes: FloatArray
    means: FloatArray
    restricted: bool

    @property
    def n(self) -> int:
        return int(self.sizes.sum())

    @property
    def degrees(self) -> int:
        """What the sum of squares is divided by."""
        return self.n - (self.means.shape[1] if self.restricted else 0)

    def parts(self, ratio: FloatArray, outcomes: Outcomes) -> NestedParts:
        """What follows at one ratio of the variances for each set (B)."""
        growth = 1 + self.sizes * ratio[:, None]
        pull = self.sizes**2 * ratio[:, None] / growth
        p = self.means.shape[1]
        left = np.eye(p) - np.einsum("bm,mi,mj->bij", pull, self.means, self.means, optimize=True)
        right = outcomes.cross - (pull * outcomes.means) @ self.means
        inverse = np.linalg.inv(left)
        beta = np.einsum("bij,bj->bi", inverse, right)
        squares = outcomes.square - (pull * outcomes.means**2).sum(axis=1) - (beta * right).sum(axis=1)
        return NestedParts(self, ratio, growth, inverse, beta, squares, outcomes.means - beta @ self.means.T)

    def ratios(self, outcomes: Outcomes) -> FloatArray:
        """The ratio of the variances with the highest likelihood for each set, zero where that is best."""
        size = max(1, BLOCK // (len(self.sizes) * self.means.shape[1]))
        starts = range(0, len(outcomes.square), size)
        return np.concatenate([self._batch(outcomes.of(slice(at, at + size))) for at in starts])

    def _batch(self, outcomes: Outcomes) -> FloatArray:
        from scipy.optimize import elementwise

        count = len(outcomes.square)
        grid = np.concatenate([[0.0], np.geomspace(1e-6 / self.sizes.max(), LARGEST, GRID)])
        tried = [self.parts(np.full(count, at), outcomes) for at in grid]
        best = np.argmax([at.height() for at in tried], axis=0)
        rises = np.array([at.score() for at in tried])[best, np.arange(count)] > 0
        inside = np.flatnonzero((best > 0) | rises)
        found = np.zeros(count)
        if len(inside):
            low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, len(grid) - 1)]

            def score(at: FloatArray, row: FloatArray) -> FloatArray:
                return self.parts(at.ravel(), outcomes.of(row.ravel())).score().reshape(at.shape)

            tolerances = {"xrtol": 1e-14, "xatol": 0.0, "frtol": 0.0, "fatol": 0.0}
            ends = (low[inside], high[inside])
            root = elementwise.find_root(score, ends, args=(inside,), tolerances=tolerances, maxiter=300)
            found[inside] = np.where(np.isfinite(root.x), root.x, grid[best[inside]])
        return found


@dataclass(frozen=True)
class NestedParts:
    """The model at given ratios (B): 1 + n lambda (B × m), Cov(b) / Var(e), b, the sum of squares, area residuals."""

    model: Nested
    ratio: FloatArray
    growth: FloatArray
    inverse: FloatArray
    beta: FloatArray
    squares: FloatArray
    residual: FloatArray

    def height(self) -> FloatArray:
        """The log-likelihood at its best variances, but for a constant."""
        height = -0.5 * (self.model.degrees * np.log(self.squares) + np.log(self.growth).sum(axis=1))
        if self.model.restricted:
            height = height + 0.5 * np.linalg.slogdet(self.inverse)[1]
        return np.asarray(height)

    def score(self) -> FloatArray:
        """The derivative of ``height`` by the ratio."""
        change = (self.model.sizes / self.growth) ** 2
        fall = (change * self.residual**2).sum(axis=1) / self.squares
        score = 0.5 * (self.model.degrees * fall - (self.model.sizes / self.growth).sum(axis=1))
        if self.model.restricted:
            means = self.model.means
            leverage = np.einsum("mi,bij,mj->bm", means, self.inverse, means, optimize=True)
            score = score + 0.5 * (change * leverage).sum(axis=1)
        return np.asarray(score)

    @property
    def within(self) -> FloatArray:
        """Var(e) of each set (B)."""
        return np.asarray(self.squares / self.model.degrees)

    @property
    def between(self) -> FloatArray:
        """Var(v) of each set (B)."""
        return np.asarray(self.ratio * self.within)

    @property
    def reliability(self) -> FloatArray:
        """Var(v) / (Var(v) + Var(e) / n) of each set and area (B × m)."""
        return np.asarray(self.model.sizes * self.ratio[:, None] / self.growth)

    @property
    def effects(self) -> FloatArray:
        """The predicted v of each set and area (B × m)."""
        return np.asarray(self.reliability * self.residual)

    def log_likelihood(self) -> float:
        """Of the first set: as lme4's ``logLik``, restricted or not, but for log |X'X| of the orthonormal columns."""
        degrees = self.model.degrees
        constant = 0.5 * degrees * (np.log(degrees) - 1 - np.log(2 * np.pi))
        return float(self.height()[0] + constant)
