"""First- and total-order sensitivity indices: the share of a result's variance that is due to each input.

First order (Saltelli et al. 2010, eq. b): S_i = mean(f(B) (f(A_B^i) - f(A))) / V; total order (Jansen 1999):
T_i = mean((f(A) - f(A_B^i))²) / 2V, where A and B are two independent samples of the inputs and A_B^i is A with input i
from B. As R's COINr estimates them, but for ``centred``: results less their mean have the same expectation and far less
error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import FloatArray


@dataclass(frozen=True)
class Indices:
    """Inputs × results: first and total order with percentile intervals of a bootstrap (NaN where there is none)."""

    first: FloatArray
    total: FloatArray
    first_low: FloatArray
    first_high: FloatArray
    total_low: FloatArray
    total_high: FloatArray


def design(size: int, inputs: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Two samples of uniform inputs (size × inputs)."""
    both = np.random.default_rng([seed, 3]).uniform(size=(size, 2 * inputs))
    return both[:, :inputs], both[:, inputs:]


def sobol_indices(
    base: FloatArray,
    other: FloatArray,
    swapped: FloatArray,
    *,
    resamples: int = 0,
    confidence: float = 0.95,
    centred: bool = True,
    seed: int = 0,
) -> Indices:
    """Indices of f(A) and f(B) (draws × results), and f(A_B^i) (inputs × draws × results).

    ``resamples``: bootstrap samples of the draws, for intervals. A result that does not vary has zeros.

    >>> rng = np.random.default_rng(1)
    >>> a, b = rng.uniform(size=(4096, 2)), rng.uniform(size=(4096, 2))
    >>> f = lambda x: (3 * x[:, 0] + x[:, 1])[:, None]
    >>> swapped = np.stack([f(np.column_stack([b[:, 0], a[:, 1]])), f(np.column_stack([a[:, 0], b[:, 1]]))])
    >>> sobol_indices(f(a), f(b), swapped).total.round(1).ravel()
    array([0.9, 0.1])
    """
    if base.shape != other.shape or swapped.shape[1:] != base.shape or len(base) < 2:
        raise CohesionError("the samples of a sensitivity analysis differ in size", where="sobol_indices")
    middle = np.concatenate([base, other]).mean(axis=0) if centred else 0.0
    a, b, ab = base - middle, other - middle, swapped - middle
    size = len(a)
    ones = np.full((1, size), 1 / size)
    first, total = _estimated(a, b, ab, ones)
    empty = np.full(first[0].shape, np.nan)
    bounds = [empty] * 4
    if resamples:
        counts = np.random.default_rng([seed, 4]).multinomial(size, np.full(size, 1 / size), size=resamples) / size
        many = _estimated(a, b, ab, counts)
        ends = [(1 - confidence) / 2, (1 + confidence) / 2]
        bounds = [part for draws in many for part in np.quantile(draws, ends, axis=0)]
    return Indices(first[0], total[0], *bounds)


def _estimated(a: FloatArray, b: FloatArray, ab: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(samples × inputs × results) of both orders; ``shares`` (samples × draws) say how often each draw counts."""
    size = len(a)
    both = (shares @ a + shares @ b) / 2
    variance = ((shares @ a**2 + shares @ b**2) / 2 - both**2) * (2 * size / (2 * size - 1))
    first = np.stack([shares @ (b * (one - a)) for one in ab], axis=1)
    total = np.stack([shares @ (one - a) ** 2 / 2 for one in ab], axis=1)
    varies = variance[:, None, :] > 1e-18
    safe = np.where(varies, variance[:, None, :], 1.0)
    return np.where(varies, first / safe, 0.0), np.where(varies, total / safe, 0.0)


def exact_indices(results: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Indices of a whole grid of equally likely options: options of input 1 × … × options of input d × results.

    S_i = Var(E[f | x_i]) / V and T_i = E[Var(f | all but x_i)] / V, without sampling error.

    >>> f = np.array([[0.0, 0.0], [0.0, 1.0]])[:, :, None]  # x y for x, y in {0, 1}
    >>> first, total = exact_indices(f)
    >>> first.ravel().round(4), total.ravel().round(4)
    (array([0.3333, 0.3333]), array([0.6667, 0.6667]))
    """
    inputs = tuple(range(results.ndim - 1))
    variance = results.var(axis=inputs)
    safe = np.where(variance > 1e-18, variance, 1.0)
    first, total = [], []
    for at in inputs:
        others = tuple(other for other in inputs if other != at)
        first.append(results.mean(axis=others).var(axis=0) / safe)
        total.append(results.var(axis=at).mean(axis=tuple(range(len(others)))) / safe)
    varies = variance > 1e-18
    return np.where(varies, first, 0.0), np.where(varies, total, 0.0)
