"""The variance between areas of an area-level model, for one set of direct estimates or for thousands at once.

    y_d = x_d b + u_d + e_d,   u_d ~ N(0, A),   e_d ~ N(0, D_d) with D_d known

``reml`` and ``ml`` maximise the restricted likelihood and the likelihood over A >= 0; ``fh`` solves Fay and Herriot's
(1979, JASA 74, 269-277) moment equation; ``amrl`` maximises A times the restricted likelihood (Li and Lahiri 2010,
J. Multivariate Anal. 101, 882-892) and ``amrl_yl`` the restricted likelihood times arctan(sum of A / (A + D_d))^(1/m)
(Yoshimori and Lahiri 2014, J. Multivariate Anal. 124, 281-294): neither of the two can be zero.

Ours, since R's ``sae`` stops when a step changes A by less than 1e-4 of itself, and finds the maximum that is next to
its start; here the highest of all is found, and to the last digits. Among several tops of the likelihood (``ml``) it is
the one that the restricted likelihood holds highest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

FloatArray = np.ndarray
VarianceMethod = Literal["reml", "ml", "fh", "amrl", "amrl_yl"]
GRID = 48
"""So many values of A are tried before the best is refined."""
BLOCK = 2_000_000
"""Numbers in the largest array that a batch of sets makes."""


@dataclass(frozen=True)
class AreaLevel:
    """``design`` (m × p) with orthonormal columns, ``sampling`` variances (m)."""

    design: FloatArray
    sampling: FloatArray

    def parts(self, variance: FloatArray, direct: FloatArray) -> Parts:
        """What all methods need, at one variance for each set. ``variance`` (B), ``direct`` (B × m)."""
        weight = 1 / (variance[:, None] + self.sampling)
        p = self.design.shape[1]
        covariance = np.linalg.inv((weight @ self.products).reshape(-1, p, p))
        beta = np.einsum("bij,bj->bi", covariance, (weight * direct) @ self.design)
        return Parts(self, variance, direct, weight, covariance, beta, direct - beta @ self.design.T)

    @cached_property
    def products(self) -> FloatArray:
        """x_d x_d' of each area (m × p²)."""
        return np.asarray((self.design[:, :, None] * self.design[:, None, :]).reshape(len(self.design), -1))

    def variances(self, direct: FloatArray, method: VarianceMethod) -> FloatArray:
        """The variance between areas for each set of direct estimates (B × m): zero where that is best."""
        m, p = self.design.shape
        size = max(1, BLOCK // (m * max(p, 1) * (GRID + 1)))
        return np.concatenate([self._batch(direct[at : at + size], method) for at in range(0, len(direct), size)])

    def _batch(self, direct: FloatArray, method: VarianceMethod) -> FloatArray:
        grid = self._grid(direct)
        tried = self.parts(grid.ravel(), np.tile(direct, (len(grid), 1)))
        score = tried.score(method).reshape(grid.shape)
        if method == "fh":
            best = (score > 0).sum(axis=0)  # it falls all the way
            low, high = np.maximum(best - 1, 0), np.minimum(best, len(grid) - 1)
            inside = best > 0
        else:
            height = tried.height(method).reshape(grid.shape)
            best = np.nanargmax(_judged(tried, height) if method == "ml" else height, axis=0)
            low, high = np.maximum(best - 1, 0), np.minimum(best + 1, len(grid) - 1)
            inside = (best > 0) | (np.take_along_axis(score, best[None], 0)[0] > 0)
        pick = np.arange(len(direct))
        found = np.zeros(len(direct))
        chosen = pick[inside]
        if len(chosen):
            found[chosen] = self._root(direct, method, chosen, grid[low, pick][chosen], grid[high, pick][chosen])
        return found

    def _root(
        self, direct: FloatArray, method: VarianceMethod, rows: FloatArray, low: FloatArray, high: FloatArray
    ) -> FloatArray:
        from scipy.optimize import elementwise

        def score(at: FloatArray, row: FloatArray) -> FloatArray:
            return self.parts(at.ravel(), direct[row.ravel()]).score(method).reshape(at.shape)

        tolerances = {"xrtol": 1e-14, "xatol": 0.0, "frtol": 0.0, "fatol": 0.0}
        return np.asarray(elementwise.find_root(score, (low, high), args=(rows,), tolerances=tolerances, maxiter=300).x)

    def _grid(self, direct: FloatArray) -> FloatArray:
        """GRID + 1 values of A for each set, from zero to where every score is below zero."""
        m, p = self.design.shape
        squares = ((direct - (direct @ self.design) @ self.design.T) ** 2).sum(axis=1)
        top = 4 * (squares / max(m - p - 2, 1) + self.sampling.max())
        bottom = np.full(len(direct), 1e-4 * self.sampling.min())
        return np.vstack([np.zeros(len(direct)), np.geomspace(bottom, top, GRID)])


@dataclass(frozen=True)
class Parts:
    """An area-level model at given variances: weights (B × m), the covariance of b (B × p × p), b, and residuals."""

    model: AreaLevel
    variance: FloatArray
    direct: FloatArray
    weight: FloatArray
    covariance: FloatArray
    beta: FloatArray
    residual: FloatArray

    @property
    def leverage(self) -> FloatArray:
        """x_d Cov(b) x_d' (B × m)."""
        return np.asarray(self.covariance.reshape(len(self.covariance), -1) @ self.model.products.T)

    def height(self, method: VarianceMethod) -> FloatArray:
        """The logarithm of what is maximised, but for a constant."""
        height = 0.5 * np.log(self.weight).sum(axis=1) - 0.5 * (self.weight * self.residual**2).sum(axis=1)
        if method != "ml":
            height = height + 0.5 * np.linalg.slogdet(self.covariance)[1]
        with np.errstate(divide="ignore"):
            if method == "amrl":
                height = height + np.log(self.variance)
            elif method == "amrl_yl":
                height = height + np.log(np.arctan(self._shrunk().sum(axis=1))) / len(self.model.sampling)
        return np.asarray(height)

    def score(self, method: VarianceMethod) -> FloatArray:
        """The derivative of ``height`` by A; of ``fh`` the moment equation's left side less its right one."""
        if method == "fh":
            m, p = self.model.design.shape
            return np.asarray((self.weight * self.residual**2).sum(axis=1) - (m - p))
        trace = self.weight.sum(axis=1)
        if method != "ml":
            trace = trace - (self.weight**2 * self.leverage).sum(axis=1)
        score = 0.5 * ((self.weight * self.residual) ** 2).sum(axis=1) - 0.5 * trace
        with np.errstate(divide="ignore", invalid="ignore"):
            if method == "amrl":
                score = score + 1 / self.variance
            elif method == "amrl_yl":
                total = self._shrunk().sum(axis=1)
                change = (self.model.sampling * self.weight**2).sum(axis=1)
                score = score + change / (np.arctan(total) * (1 + total**2)) / len(self.model.sampling)
        return np.asarray(score)

    def _shrunk(self) -> FloatArray:
        return np.asarray(self.variance[:, None] * self.weight)

    def log_likelihood(self) -> FloatArray:
        """The log-likelihood (not the restricted one), as R's ``sae`` reports it for every method."""
        return np.asarray(0.5 * (np.log(self.weight / (2 * np.pi)) - self.weight * self.residual**2).sum(axis=1))

    def eblup(self) -> FloatArray:
        """x_d b + A / (A + D_d) × (y_d - x_d b), for each set and area."""
        return np.asarray(self.direct - self.residual + self._shrunk() * self.residual)

    def spread(self, method: VarianceMethod) -> FloatArray:
        """The asymptotic variance of A (B), as R's ``mseFH`` takes it."""
        if method == "fh":
            return np.asarray(2 * len(self.model.sampling) / self.weight.sum(axis=1) ** 2)
        return np.asarray(2 / (self.weight**2).sum(axis=1))

    def bias(self, method: VarianceMethod) -> FloatArray:
        """The asymptotic bias of A (B): Datta and Lahiri (2000), Datta, Rao and Smith (2005), Li and Lahiri (2010)."""
        squares = (self.weight**2).sum(axis=1)
        if method == "ml":
            return np.asarray(-(self.weight**2 * self.leverage).sum(axis=1) / squares)
        if method == "fh":
            m, total = len(self.model.sampling), self.weight.sum(axis=1)
            return np.asarray(2 * (m * squares - total**2) / total**3)
        if method == "amrl":
            return np.asarray(2 / self.variance / squares)
        return np.zeros(len(self.variance))

    def squared_errors(self, method: VarianceMethod) -> FloatArray:
        """The mean squared error of each EBLUP (B × m): g1 + g2 + 2 g3 - bias × B², as R's ``mseFH``.

        Prasad and Rao (1990, JASA 85, 163-171) for REML, Datta and Lahiri (2000, Statistica Sinica 10, 613-627) for ML,
        Datta, Rao and Smith (2005, Biometrika 92, 183-196) for FH.
        """
        shrink = self.model.sampling * self.weight
        g1 = self.model.sampling * (1 - shrink)
        g2 = shrink**2 * self.leverage
        g3 = shrink**2 * self.weight * self.spread(method)[:, None]
        return np.asarray(g1 + g2 + 2 * g3 - self.bias(method)[:, None] * shrink**2)


def _judged(tried: Parts, height: FloatArray) -> FloatArray:
    """The restricted likelihood at the tops of the likelihood, by which the one that is meant is chosen.

    Where one area is known almost exactly, the likelihood has a second top near zero, as high as that area's
    variance is small: the fit goes through that area, and the others say nothing of it. The restricted one has not.
    """
    edge = np.full((1, height.shape[1]), -np.inf)
    top = (height >= np.vstack([edge, height[:-1]])) & (height >= np.vstack([height[1:], edge]))
    return np.where(top, tried.height("reml").reshape(height.shape), -np.inf)
