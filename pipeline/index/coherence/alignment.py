"""Whether areas can be compared on a scale: alignment of one-factor models of the areas.

After Asparouhov & Muthén (2014, Structural Equation Modeling 21, 495-508). Each area has its own one-factor model
(factor mean 0, variance 1: loadings λ, intercepts ν); factor means α and variances ψ are then chosen so that
loadings λ/√ψ and intercepts ν - α λ/√ψ differ as little as they can over areas, many being equal and few far apart:
the loss of a difference x is (x² + ε)^¼, weighted by √(n_g n_h). Which parameters are not invariant follows from
their pairwise tests, as there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CohesionError

FloatArray = NDArray[np.float64]
EPSILON = 0.01
CONNECTED, INVARIANT = 0.01, 0.001
"""Two areas are connected above the first p-value; one belongs to the invariant set above the second."""
STARTS = 10


@dataclass(frozen=True)
class Aligned:
    """Factor means and variances of areas, aligned loadings and intercepts (areas × items), and which differ."""

    means: FloatArray
    variances: FloatArray
    loadings: FloatArray
    intercepts: FloatArray
    loading_differs: NDArray[np.bool_]
    intercept_differs: NDArray[np.bool_]
    loading_r2: FloatArray
    intercept_r2: FloatArray
    loss: float

    @property
    def share(self) -> float:
        """The share of loadings and intercepts that are not invariant; up to a quarter means can be compared."""
        return float(np.concatenate([self.loading_differs, self.intercept_differs]).mean())


def aligned(
    loadings: FloatArray,
    intercepts: FloatArray,
    number: FloatArray,
    *,
    loading_errors: FloatArray | None = None,
    intercept_errors: FloatArray | None = None,
    reference: int | None = None,
    seed: int = 1,
) -> Aligned:
    """Alignment of configural loadings and intercepts (areas × items) of areas with ``number`` people.

    ``reference``: the area whose factor has mean 0 and variance 1 (Mplus: FIXED); by default the means' weighted
    mean is 0 and the variances' weighted geometric mean 1, so that no area is special. Without standard errors
    nothing is tested.
    """
    areas = len(loadings)
    if areas < 2 or loadings.shape != intercepts.shape:
        raise CohesionError("fewer than two areas cannot be aligned", where="areas", count=areas)
    mean, log = _minimised(loadings, intercepts, number, reference, seed)
    root = np.exp(log / 2)
    scaled = loadings / root[:, None]
    moved = intercepts - mean[:, None] * scaled
    differs = np.zeros(loadings.shape, bool), np.zeros(loadings.shape, bool)
    if loading_errors is not None and intercept_errors is not None:
        first = loading_errors / root[:, None]
        second = np.sqrt(intercept_errors**2 + (mean[:, None] * first) ** 2)
        differs = _not_invariant(scaled, first, number), _not_invariant(moved, second, number)
    typical = np.average(scaled, axis=0, weights=number), np.average(moved, axis=0, weights=number)
    explained = 1 - _share(loadings - root[:, None] * typical[0], loadings)
    settled = 1 - _share(intercepts - typical[1] - mean[:, None] * typical[0], intercepts)
    loss = _Loss(loadings, intercepts, number, reference).value(mean, log)[0]
    return Aligned(mean, np.exp(log), scaled, moved, *differs, explained, settled, loss)


def _share(rest: FloatArray, whole: FloatArray) -> FloatArray:
    spread = whole.var(axis=0)
    return np.where(spread > 0, rest.var(axis=0) / np.where(spread > 0, spread, 1.0), 0.0)


@dataclass(frozen=True)
class _Loss:
    loadings: FloatArray
    intercepts: FloatArray
    number: FloatArray
    reference: int | None

    def free(self, point: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Means and log variances that keep to the identification, from unrestricted numbers."""
        mean, log = point.reshape(2, -1)
        if self.reference is not None:
            return mean - mean[self.reference], log - log[self.reference]
        share = self.number / self.number.sum()
        return mean - share @ mean, log - share @ log

    def at(self, point: FloatArray) -> tuple[float, FloatArray]:
        value, by_mean, by_log = self.value(*self.free(point))
        if self.reference is not None:
            for slope in (by_mean, by_log):
                slope[self.reference] -= slope.sum()
        else:
            share = self.number / self.number.sum()
            by_mean = by_mean - share * by_mean.sum()
            by_log = by_log - share * by_log.sum()
        return value, np.concatenate([by_mean, by_log])

    def value(self, mean: FloatArray, log: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """The loss, and its slopes in means and log variances."""
        scaled = self.loadings * np.exp(-log / 2)[:, None]
        moved = self.intercepts - mean[:, None] * scaled
        pair = np.sqrt(np.outer(self.number, self.number))
        np.fill_diagonal(pair, 0.0)
        pair /= pair.sum()
        total, by_scaled, by_moved = 0.0, np.zeros_like(scaled), np.zeros_like(scaled)
        for values, slope in ((scaled, by_scaled), (moved, by_moved)):
            for item in range(values.shape[1]):
                difference = values[:, item, None] - values[None, :, item]
                inside = difference**2 + EPSILON
                total += float((pair * inside**0.25).sum())
                slope[:, item] = (pair * difference * inside**-0.75).sum(axis=1)
        by_mean = -(by_moved * scaled).sum(axis=1)
        by_scaled = by_scaled - by_moved * mean[:, None]
        return total, by_mean, -(by_scaled * scaled).sum(axis=1) / 2


def _minimised(
    loadings: FloatArray, intercepts: FloatArray, number: FloatArray, reference: int | None, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Factor means and log variances with the least loss of several starts."""
    from scipy.optimize import minimize

    loss = _Loss(loadings, intercepts, number, reference)
    rng = np.random.default_rng(seed)
    size = len(loadings)
    typical = np.average(loadings, axis=0, weights=number)
    root = np.abs(loadings @ typical) / (typical @ typical)
    middle = np.average(intercepts, axis=0, weights=number)
    fitted = ((intercepts - middle) @ typical) / (typical @ typical)
    starts = [np.zeros(2 * size), np.concatenate([fitted, 2 * np.log(np.maximum(root, 1e-3))])]
    starts += [starts[1] + rng.normal(scale=0.3, size=2 * size) for _ in range(STARTS - 2)]
    options = {"maxiter": 5_000, "maxfun": 50_000, "ftol": 1e-15, "gtol": 1e-10}
    found = [minimize(loss.at, start, jac=True, method="L-BFGS-B", options=options) for start in starts]
    return loss.free(min(found, key=lambda one: float(one.fun)).x)


def _not_invariant(values: FloatArray, errors: FloatArray, number: FloatArray) -> NDArray[np.bool_]:
    return np.column_stack([_outside(values[:, at], errors[:, at], number) for at in range(values.shape[1])])


def _outside(values: FloatArray, errors: FloatArray, number: FloatArray) -> NDArray[np.bool_]:
    """Areas whose parameter is not that of the largest set of areas in which it is the same."""
    from scipy.sparse.csgraph import connected_components
    from scipy.stats import norm

    variance = np.nan_to_num(errors**2, nan=np.inf)
    z = np.abs(values[:, None] - values[None, :]) / np.sqrt(variance[:, None] + variance[None, :])
    component = connected_components(2 * norm.sf(z) > CONNECTED, directed=False)[1]
    inside = component == np.argmax(np.bincount(component))
    for _ in range(100):
        share = np.where(inside, number, 0.0) / number[inside].sum()
        mean = float(share @ values)
        spread = variance * (1 - 2 * share) + float((share**2) @ np.where(inside, variance, 0.0))
        new = 2 * norm.sf(np.abs(values - mean) / np.sqrt(np.maximum(spread, 1e-300))) > INVARIANT
        if not new.any() or (new == inside).all():
            break
        inside = new
    return np.asarray(~inside)
