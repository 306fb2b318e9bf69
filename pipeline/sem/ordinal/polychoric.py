"""Thresholds and polychoric correlations of ordered items, with the covariance matrix of both.

Two steps (Olsson 1979, Psychometrika 44; Muthén 1984, Psychometrika 49): thresholds from each item's distribution,
then each correlation by maximum likelihood from the pair's cross-table with the thresholds held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.data import numeric
from pipeline.sem.engine.moments import block_diag

FAR = 37.0  # a threshold that no normal variable passes
REPEATS = 0.999  # a correlation beyond which two items say the same
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)


@dataclass(frozen=True)
class OrdinalMoments:
    """Thresholds by item, correlations, and their asymptotic covariance (thresholds, then lower triangle) times n."""

    items: tuple[str, ...]
    n: int
    thresholds: tuple[np.ndarray, ...]
    correlation: np.ndarray
    gamma: np.ndarray

    @property
    def vector(self) -> np.ndarray:
        return np.concatenate([*self.thresholds, self.correlation[pairs(len(self.items))]])


def pairs(p: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns below the diagonal, column by column."""
    columns, rows = np.triu_indices(p, 1)
    return rows, columns


def polychoric(frame: pl.DataFrame, items: Sequence[str]) -> pl.DataFrame:
    """One row per pair of items: the polychoric correlation, over persons who answered all items.

    Raises ModelError for an item with fewer than two answers, or more than 20 (not an ordered item).
    """
    moments = ordinal_moments(ordered_codes(frame, items, answer_levels(frame, items)), items)
    rows = [
        (items[j], items[i], float(moments.correlation[i, j]))
        for i, j in zip(*pairs(len(items)), strict=True)
    ]  # fmt: skip
    return pl.DataFrame(rows, ["one", "other", "correlation"], orient="row")


def answered_all(frame: pl.DataFrame, items: Sequence[str]) -> pl.DataFrame:
    """The answers of those who answered every item (NaN is no answer). Raises ModelError if nobody did."""
    numbers = numeric(frame, items)
    complete = numbers.drop_nulls()
    if not len(complete):
        raise ModelError("nobody answered every item", count=len(frame), todo="Leave the item nobody answered out.")
    return complete


def answer_levels(
    frame: pl.DataFrame, items: Sequence[str], alike: Sequence[Sequence[str]] = ()
) -> dict[str, np.ndarray]:
    """Each item's different answers in order; items that are ``alike`` share theirs.

    Raises ModelError for an item with fewer than two answers, or more than 20 (not an ordered item).
    """
    complete = answered_all(frame, items)
    values = {item: np.unique(complete[item].to_numpy()) for item in items}
    for together in alike:
        union = np.unique(np.concatenate([values[item] for item in together]))
        values |= dict.fromkeys(together, union)
    for item, found in values.items():
        if not 2 <= len(found) <= 20:
            raise ModelError(
                f"{len(found)} different answers: an ordered item has 2 to 20", where=item, count=len(complete),
                todo="Treat it as continuous, or leave it out.",
            )  # fmt: skip
    return values


def ordered_codes(frame: pl.DataFrame, items: Sequence[str], values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Persons × items of codes 0, 1, …, in order of the answers' values; only persons who answered every item."""
    complete = answered_all(frame, items)
    return np.column_stack([np.searchsorted(values[item], complete[item].to_numpy()) for item in items])


def ordinal_moments(codes: np.ndarray, items: Sequence[str], levels: Sequence[int] | None = None) -> OrdinalMoments:
    """Thresholds, polychoric correlations and Muthén's Γ from codes (persons × items)."""
    n, p = codes.shape
    counts = list(levels) if levels is not None else [int(code.max()) + 1 for code in codes.T]
    thresholds = tuple(_thresholds(codes[:, k], counts[k], items[k]) for k in range(p))
    correlation = np.eye(p)
    pair_scores, crossed = [], []
    starts = np.cumsum([0, *[len(part) for part in thresholds]])
    for i, j in zip(*pairs(p), strict=True):
        table = np.zeros((counts[i], counts[j]))
        np.add.at(table, (codes[:, i], codes[:, j]), 1.0)
        rho = pair_correlation(thresholds[i], thresholds[j], _without_empty(table))
        if abs(rho) > REPEATS:
            raise ModelError(
                "two items are answered as one: their correlation is 1", where=f"{items[j]}, {items[i]}",
                count=n, todo="Leave one of them out.",
            )  # fmt: skip
        correlation[i, j] = correlation[j, i] = rho
        cell = Cells(thresholds[i], thresholds[j], rho)
        own = (cell.by_rho / cell.probability)[codes[:, i], codes[:, j]]
        pair_scores.append(own)
        row = np.zeros(starts[-1])
        for item, part in ((i, cell.by_first()), (j, cell.by_second())):
            score = (part / cell.probability[..., None])[codes[:, i], codes[:, j]]
            row[starts[item] : starts[item + 1]] = own @ score
        crossed.append(row)
    gamma = _gamma(codes, thresholds, np.column_stack(pair_scores), np.array(crossed))
    return OrdinalMoments(tuple(items), n, thresholds, correlation, gamma)


def _gamma(
    codes: np.ndarray, thresholds: Sequence[np.ndarray], pair_scores: np.ndarray, crossed: np.ndarray
) -> np.ndarray:
    """n · A⁻¹ (Σ s s′) A⁻ᵀ with A the block-triangular derivative of the two steps' equations (Muthén 1984)."""
    single = [_threshold_scores(codes[:, k], part) for k, part in enumerate(thresholds)]
    scores = np.column_stack([*single, pair_scores])
    count = sum(len(part) for part in thresholds)
    size = scores.shape[1]
    bread = np.zeros((size, size))
    bread[:count, :count] = block_diag([part.T @ part for part in single])
    bread[count:, :count] = crossed
    bread[np.arange(count, size), np.arange(count, size)] = (pair_scores**2).sum(0)
    inverse = np.linalg.inv(bread)
    return np.asarray(len(codes) * inverse @ (scores.T @ scores) @ inverse.T)


def _thresholds(code: np.ndarray, levels: int, item: str) -> np.ndarray:
    from scipy.special import ndtri

    counts = np.bincount(code, minlength=levels)
    if (counts == 0).any():
        raise ModelError(
            "an answer is never given in one group or wave", where=item, todo="Join it with its neighbour."
        )
    return np.asarray(ndtri(np.cumsum(counts)[:-1] / counts.sum()))


def _threshold_scores(code: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Derivative of each person's log-probability by the thresholds."""
    from scipy.special import ndtr

    edges = np.concatenate([[-FAR], thresholds, [FAR]])
    probability = np.diff(ndtr(edges))
    density = _density(thresholds)
    scores = np.zeros((len(code), len(thresholds)))
    for t in range(len(thresholds)):
        scores[:, t] = density[t] * ((code == t) / probability[t] - (code == t + 1) / probability[t + 1])
    return scores


def _density(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi))


class Cells:
    """Cell probabilities of two ordered items with correlation ρ, and their derivatives."""

    def __init__(self, first: np.ndarray, second: np.ndarray, rho: float) -> None:
        self.u = np.concatenate([[-FAR], first, [FAR]])
        self.v = np.concatenate([[-FAR], second, [FAR]])
        self.rho = rho
        grid = bivariate_normal(self.u[:, None], self.v[None, :], rho)
        self.probability = np.maximum(_cells(grid), 1e-12)
        root = np.sqrt(1 - rho**2)
        u, v = self.u[:, None], self.v[None, :]
        exponent = np.minimum((u**2 - 2 * rho * u * v + v**2) / (2 * root**2), 700.0)
        self.by_rho = _cells(np.exp(-exponent) / (2 * np.pi * root))

    def by_first(self) -> np.ndarray:
        """∂ probability / ∂ thresholds of the first item: cells × thresholds."""
        return self._by(self.u, self.v)

    def by_second(self) -> np.ndarray:
        return self._by(self.v, self.u).transpose(1, 0, 2)

    def _by(self, own: np.ndarray, other: np.ndarray) -> np.ndarray:
        from scipy.special import ndtr

        inner = own[1:-1]
        slopes = _density(inner)[:, None] * ndtr((other - self.rho * inner[:, None]) / np.sqrt(1 - self.rho**2))
        gained = np.diff(slopes, axis=1)  # thresholds × cells of the other item
        result = np.zeros((len(own) - 1, len(other) - 1, len(inner)))
        for t in range(len(inner)):
            result[t, :, t] += gained[t]
            result[t + 1, :, t] -= gained[t]
        return result


def _cells(grid: np.ndarray) -> np.ndarray:
    return np.diff(np.diff(grid, axis=0), axis=1)


def bivariate_normal(u: np.ndarray, v: np.ndarray, rho: float) -> np.ndarray:
    """P(X ≤ u, Y ≤ v) of standard normal variables with correlation ρ.

    Φ(u)Φ(v) + ∫₀^asin ρ exp(−(u² + v² − 2uv sin θ) / (2 cos² θ)) dθ / 2π (Drezner & Wesolowsky 1990), Gauss-Legendre.
    """
    from scipy.special import ndtr

    half = 0.5 * np.arcsin(rho)
    angles = half * (NODES + 1)
    sine, cosine2 = np.sin(angles), np.cos(angles) ** 2
    u, v = u[..., None], v[..., None]
    integrand = np.exp(-np.minimum((u**2 + v**2 - 2 * u * v * sine) / (2 * cosine2), 700.0))
    return np.asarray(ndtr(u[..., 0]) * ndtr(v[..., 0]) + half * (integrand @ WEIGHTS) / (2 * np.pi))


def pair_correlation(first: np.ndarray, second: np.ndarray, table: np.ndarray) -> float:
    """Maximum likelihood ρ of a cross-table with thresholds held: scoring steps in atanh ρ, halved if they lower it."""

    def value(z: float) -> tuple[float, Cells]:
        cells = Cells(first, second, float(np.tanh(z)))
        return float((table * np.log(cells.probability)).sum()), cells

    z = 0.0
    best, cells = value(z)
    for _ in range(100):
        slope = 1 - np.tanh(z) ** 2
        gradient = float((table / cells.probability * cells.by_rho).sum()) * slope
        information = float((table.sum() * cells.by_rho**2 / cells.probability).sum()) * slope**2
        step = gradient / max(information, 1e-12)
        step = float(np.clip(step, -1.0, 1.0))
        while True:
            moved, there = value(float(np.clip(z + step, -4.0, 4.0)))
            if moved >= best - 1e-12 * abs(best) or abs(step) < 1e-12:
                break
            step *= 0.5
        z, best, cells = float(np.clip(z + step, -4.0, 4.0)), moved, there
        if abs(step) < 1e-10:
            break
    return float(np.tanh(z))


def _without_empty(table: np.ndarray) -> np.ndarray:
    """A 2 × 2 table with one empty cell gets ½ there, its margins kept (lavaan's ``zero.add``)."""
    if table.shape != (2, 2) or (table == 0).sum() != 1:
        return table
    i, j = np.argwhere(table == 0)[0]
    sign = np.array([[1.0, -1.0], [-1.0, 1.0]])
    return np.asarray(table + 0.5 * sign * sign[i, j])
