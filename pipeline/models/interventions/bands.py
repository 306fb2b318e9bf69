"""The multiplier bootstrap of influence functions: how far a simultaneous band reaches."""

from __future__ import annotations

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.groups import order_of

CHUNK = 125_000
FEWEST_DRAWS = 99


def multiplied(summed: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Bootstrap deviations (draws × k) of estimates, from influence by cluster (clusters × k).

    Callaway & Sant'Anna (2021), algorithm 1: each draw gives clusters Mammen's two-point weights, in the order of what
    they hold, whatever that of the rows. Raises ModelError for fewer draws than a quantile of them needs.
    """
    if draws < FEWEST_DRAWS:
        raise ModelError(f"a simultaneous band needs {FEWEST_DRAWS} draws or more", where="draws", count=draws)
    summed = summed[order_of(summed**2)]
    generator = np.random.default_rng(seed)
    root = np.sqrt(5.0)
    low, high, chance = (1 - root) / 2, (1 + root) / 2, (root + 1) / (2 * root)
    each = max(1, CHUNK // max(len(summed), 1))
    total = summed.sum(axis=0)
    made = []
    for begin in range(0, draws, each):
        lows = generator.random((min(each, draws - begin), len(summed)), dtype=np.float32) < chance
        made.append(high * total + (low - high) * (lows.astype(np.float64) @ summed))
    return np.concatenate(made)


def critical_value(drawn: np.ndarray, confidence: float) -> float:
    """What a simultaneous band takes in place of 1.96: the quantile of the largest of the draws' t statistics.

    They are scaled by their interquartile range, as that of a normal.
    """
    quarters = np.quantile(drawn, [0.25, 0.75], axis=0)
    scale = (quarters[1] - quarters[0]) / 1.3489795003921634
    kept = scale > 1e-12 * max(float(scale.max(initial=0.0)), 1e-300)
    if not kept.any():
        return 1.96
    return float(np.quantile(np.abs(drawn[:, kept] / scale[kept]).max(axis=1), confidence))
