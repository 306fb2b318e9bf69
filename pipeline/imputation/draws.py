"""One draw of a column's missing values, given the others: the univariate methods of chained equations."""

from __future__ import annotations

import numpy as np

RIDGE = 1e-5
"""Added to the cross-products in proportion to their diagonal, as ``mice`` does: collinear predictors stay solvable."""

NEWTON_STEPS = 12


def sigma_draw(residual_sum: float, n: int, width: int, rng: np.random.Generator) -> float:
    """The residual SD drawn from its posterior under a flat prior. Rubin (1987), pp. 166-167."""
    return float(np.sqrt(max(residual_sum, 1e-12) / rng.chisquare(max(n - width, 1))))


def unit_noise(lower: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What is added to the coefficients for each unit of the residual SD, to draw them from their posterior.

    ``lower`` is the Cholesky factor L of the cross-products: L⁻ᵀ z has the inverse of these as its covariance.
    """
    from scipy.linalg.lapack import dtrtrs

    noise, _ = dtrtrs(lower, rng.standard_normal(len(lower)), lower=1, trans=1)
    return np.asarray(noise.ravel())


def solve_ridge(gram: np.ndarray, moment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The Cholesky factor of the ridge-stabilised cross-products, and the coefficients they give.

    Raises ``numpy.linalg.LinAlgError`` if they are not positive definite.
    """
    from scipy.linalg.lapack import dpotrf, dpotrs

    steady = np.asfortranarray(gram)
    np.einsum("ii->i", steady)[:] *= 1 + RIDGE
    lower, failed = dpotrf(steady, lower=1, clean=1)
    if failed:
        raise np.linalg.LinAlgError("the cross-products are not positive definite")
    coefficients, _ = dpotrs(lower, moment, lower=1)
    return lower, coefficients.ravel()


def nearest_donors(donors: np.ndarray, targets: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """For each target, the index of one of the ``count`` donors whose prediction is nearest, at random.

    Donors are shuffled before they are sorted, so that equal predictions are taken without favour. The nearest lie side
    by side in that order; where they begin is found by bisection.
    """
    shuffled = rng.permutation(len(donors))
    order = shuffled[np.argsort(donors[shuffled])]
    ranked = donors[order]
    count = min(count, len(donors))
    place = np.searchsorted(ranked, targets)
    low, high = np.maximum(place - count, 0), np.minimum(place, len(donors) - count)
    for _ in range(count.bit_length()):
        middle = (low + high) // 2
        after = ranked[np.minimum(middle + count, len(donors) - 1)]
        later = (low < high) & (targets - ranked[middle] > after - targets)
        low, high = np.where(later, middle + 1, low), np.where(later, high, middle)
    return order[low + rng.integers(0, count, size=len(targets))]


def normal_within(mean: np.ndarray, sigma: float, low: float, high: float, rng: np.random.Generator) -> np.ndarray:
    """Normal draws, truncated to ``low`` ... ``high`` by the inverse of the distribution function where bounded."""
    if np.isinf(low) and np.isinf(high):
        return mean + sigma * rng.standard_normal(len(mean))
    from scipy.special import ndtr, ndtri

    below, above = ndtr((low - mean) / sigma), ndtr((high - mean) / sigma)
    uniform = np.clip(below + rng.random(len(mean)) * (above - below), 1e-15, 1 - 1e-15)
    return np.asarray(np.clip(mean + sigma * ndtri(uniform), low, high))


def category_draw(
    known: np.ndarray, labels: np.ndarray, unknown: np.ndarray, classes: int, rng: np.random.Generator
) -> np.ndarray:
    """Categories (as numbers) for the rows ``unknown`` from a multinomial logit fitted to a bootstrap of the known.

    The bootstrap carries the uncertainty of the coefficients (Heitjan & Little 1991); a small ridge keeps
    categories that the predictors tell apart perfectly from running away.
    """
    times = np.bincount(rng.integers(0, len(labels), len(labels)), minlength=len(labels))
    drawn_rows = np.flatnonzero(times)
    sample = (known[drawn_rows], labels[drawn_rows], times[drawn_rows])
    coefficients = _logit(*sample) if classes == 2 else _multinomial(*sample, classes)
    score = np.column_stack([np.zeros(len(unknown)), unknown @ coefficients])
    chance = np.exp(score - score.max(axis=1, keepdims=True))
    cumulative = np.cumsum(chance / chance.sum(axis=1, keepdims=True), axis=1)
    drawn = (rng.random(len(unknown))[:, None] > cumulative).sum(axis=1)
    return np.asarray(np.minimum(drawn, classes - 1).astype(float))


def _logit(matrix: np.ndarray, labels: np.ndarray, times: np.ndarray) -> np.ndarray:
    """``_multinomial`` of two classes: the same steps, without what only several classes need."""
    from scipy.linalg.blas import dsyrk
    from scipy.linalg.lapack import dposv
    from scipy.special import expit

    columns = np.asfortranarray(matrix)
    coefficients, penalty = np.zeros(matrix.shape[1]), RIDGE * times.sum()
    for _ in range(NEWTON_STEPS):
        chance = expit(columns @ coefficients)
        gradient = columns.T @ (times * (labels - chance)) - penalty * coefficients
        hessian = dsyrk(1.0, columns * np.sqrt(times * chance * (1 - chance))[:, None], trans=1, lower=1)
        np.einsum("ii->i", hessian)[:] += penalty
        _, step, failed = dposv(hessian, gradient, lower=1)
        if failed:
            raise np.linalg.LinAlgError("the likelihood of a category has no maximum")
        coefficients += step.ravel()
        if np.abs(step).max() < 1e-6:
            break
    return coefficients[:, None]


def _multinomial(matrix: np.ndarray, labels: np.ndarray, times: np.ndarray, classes: int) -> np.ndarray:
    """Coefficients (predictors × classes - 1) by Newton's method on the ridged likelihood; class 0 is the base.

    Row ``i`` counts ``times[i]`` times. The search starts from zero: started from the coefficients of the round before,
    the chains of ELSOC's categories no longer mixed (R-hat 2.3).
    """
    rows, width = matrix.shape
    hit = np.equal.outer(labels, np.arange(1, classes)).astype(float)
    coefficients = np.zeros((width, classes - 1))
    penalty = RIDGE * times.sum()
    for _ in range(NEWTON_STEPS):
        score = np.column_stack([np.zeros(rows), matrix @ coefficients])
        chance = np.exp(score - score.max(axis=1, keepdims=True))
        chance = (chance / chance.sum(axis=1, keepdims=True))[:, 1:]
        gradient = matrix.T @ ((hit - chance) * times[:, None]) - penalty * coefficients
        hessian = np.empty((classes - 1, width, classes - 1, width))
        for one in range(classes - 1):
            for other in range(one, classes - 1):
                spread = times * chance[:, one] * ((one == other) - chance[:, other])
                hessian[one, :, other] = (matrix * spread[:, None]).T @ matrix
                hessian[other, :, one] = hessian[one, :, other]
        flat = hessian.reshape(width * (classes - 1), -1)
        flat[np.diag_indices_from(flat)] += penalty
        step = np.linalg.solve(flat, gradient.T.ravel()).reshape(classes - 1, width).T
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-6:
            break
    return coefficients
