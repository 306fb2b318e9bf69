"""Whether the analyses together say more than chance would, and how far the choices move them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.specs.multiverse import Cell


@dataclass(frozen=True)
class JointTest:
    """One statistic over all analyses, and how often it is as large under the null."""

    name: str
    observed: float
    p_value: float
    draws: int


def joint_tests(
    estimates: np.ndarray, p_values: np.ndarray, drawn: np.ndarray, drawn_p: np.ndarray, level: float
) -> list[JointTest]:
    """Are the analyses together larger than if the exposure had no effect in any?

    ``estimates`` and ``p_values`` (cells) as observed; ``drawn`` and ``drawn_p`` (cells × draws) of persons drawn with
    replacement, from an outcome that the exposure does not move: y less the cell's own estimate times x. Least squares
    of that outcome gives the draw's estimate less the cell's, with the same standard error, so that nothing need be
    fitted again. Three statistics, each two-sided: the median estimate; the share of cells with p below ``level`` in
    the direction more of them have; Stouffer's Z, the sum of the cells' z over √cells. p = (1 + draws that are as
    large) / (1 + draws). Source: Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4, 1208-1214.
    """
    moved = drawn - estimates[:, None]
    kept = ~np.isnan(moved).any(axis=0) & ~np.isnan(drawn_p).any(axis=0)
    moved, drawn_p = moved[:, kept], drawn_p[:, kept]
    pairs = zip(
        ("median", "share_significant", "stouffer_z"),
        _statistics(estimates[:, None], p_values[:, None], level),
        _statistics(moved, drawn_p, level),
        strict=True,
    )
    n = int(kept.sum())
    return [
        JointTest(name, float(seen[0]), (1 + int((np.abs(null) >= abs(seen[0]) - 1e-12).sum())) / (1 + n), n)
        for name, seen, null in pairs
    ]


def _statistics(estimates: np.ndarray, p_values: np.ndarray, level: float) -> tuple[np.ndarray, ...]:
    """Median, share significant in the dominant direction, and Stouffer's Z of each column (draws)."""
    from scipy.special import ndtri

    significant = p_values < level
    shares = [(significant & (sign * estimates > 0)).mean(axis=0) for sign in (-1, 1)]
    z = np.sign(estimates) * -ndtri(np.clip(p_values / 2, 1e-300, 0.5))
    return np.median(estimates, axis=0), np.maximum(*shares), z.sum(axis=0) / np.sqrt(len(z))


def variance_shares(cells: Sequence[Cell], estimates: np.ndarray) -> dict[str, float]:
    """Choice → the share of the variance between cells' estimates that it accounts for; ``interactions`` the rest.

    The Shapley value of each choice in the R² of the analysis of variance with a dummy for each value: its addition to
    R², averaged over all orders in which choices may enter (Lindeman, Merenda & Gold 1980; R: ``relaimpo``'s lmg). In a
    whole grid choices are independent and this is each one's share of the sum of squares. All are zero where the
    estimates do not vary.
    """
    from math import factorial

    choices = list(cells[0])
    centred = estimates - estimates.mean()
    total = float(centred @ centred)
    if total <= 1e-24 * max(float(estimates @ estimates), 1e-300):
        return dict.fromkeys((*choices, "interactions"), 0.0)
    blocks = [_dummies([cell[choice] for cell in cells]) for choice in choices]
    of = np.repeat(np.arange(len(choices)), [block.shape[1] for block in blocks])
    matrix = np.hstack(blocks)
    products, with_outcome, n = matrix.T @ matrix, matrix.T @ centred, len(choices)
    explained = [_explained(products, with_outcome, np.flatnonzero(mask >> of & 1)) / total for mask in range(1 << n)]
    found = {}
    for place, choice in enumerate(choices):
        own, value = 1 << place, 0.0
        for mask in range(1 << n):
            if mask & own:
                continue
            size = mask.bit_count()
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            value += weight * (explained[mask | own] - explained[mask])
        found[choice] = value
    return found | {"interactions": 1 - explained[(1 << n) - 1]}


def _dummies(values: Sequence[str]) -> np.ndarray:
    """Centred dummies of all values but the first (cells × values − 1)."""
    levels = list(dict.fromkeys(values))[1:]
    matrix = np.array([[value == level for level in levels] for value in values], dtype=float)
    return matrix - matrix.mean(axis=0) if levels else matrix.reshape(len(values), 0)


def _explained(products: np.ndarray, with_outcome: np.ndarray, columns: np.ndarray) -> float:
    """The sum of squares that these dummies explain."""
    if not len(columns):
        return 0.0
    own = with_outcome[columns]
    return float(own @ np.linalg.pinv(products[np.ix_(columns, columns)], rcond=1e-10, hermitian=True) @ own)
