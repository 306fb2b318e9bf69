"""Thresholds and polychoric correlations of ordered items, with the covariance matrix of both.

Two steps (Olsson 1979, Psychometrika 44; Muthén 1984, Psychometrika 49): thresholds from each item's distribution,
then each correlation by maximum likelihood from the pair's cross-table with the thresholds held. Missing answers are
left out item by item and pair by pair; weights multiply each person's contribution (both as lavaan).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.data import GroupData, prepare
from pipeline.sem.engine.moments import block_diag, crossproduct
from pipeline.sem.ordinal.answers import answer_levels, ordered_codes
from pipeline.sem.ordinal.bivariate import FAR, Cells, normal_density, pair_correlation, without_empty

REPEATS = 0.999  # a correlation beyond which two items say the same


@dataclass(frozen=True)
class OrdinalMoments:
    """Thresholds by item, correlations, and their asymptotic covariance Γ (thresholds, then lower triangle).

    ``total`` is the number of persons, or the sum of their weights; Γ is multiplied by it. ``spread`` is the diagonal
    that weighs the moments: of Γ as if persons were drawn one by one, so that clusters move errors, not estimates.
    """

    items: tuple[str, ...]
    n: int
    total: float
    thresholds: tuple[np.ndarray, ...]
    correlation: np.ndarray
    gamma: np.ndarray
    spread: np.ndarray

    @property
    def vector(self) -> np.ndarray:
        return np.concatenate([*self.thresholds, self.correlation[pairs(len(self.items))]])


def pairs(p: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns below the diagonal, column by column."""
    columns, rows = np.triu_indices(p, 1)
    return rows, columns


@known_options
def polychoric(frame: pl.DataFrame, items: Sequence[str], missing: str = "listwise") -> pl.DataFrame:
    """One row per pair of items: the polychoric correlation over persons who answered all items.

    ``missing="pairwise"``: over those who answered the two.

    Raises ModelError for an item with fewer than two answers, or more than 20 (not an ordered item).
    """
    data = prepare(frame, items, missing="listwise" if missing == "listwise" else "fiml")
    (group,) = data.groups
    values = answer_levels(group.y, items)
    moments = ordinal_moments(ordered_codes(group.y, items, values), items, group)
    rows = [
        (items[j], items[i], float(moments.correlation[i, j]))
        for i, j in zip(*pairs(len(items)), strict=True)
    ]  # fmt: skip
    return pl.DataFrame(rows, ["one", "other", "correlation"], orient="row")


def ordinal_moments(
    codes: np.ndarray, items: Sequence[str], group: GroupData, levels: Sequence[int] | None = None
) -> OrdinalMoments:
    """Thresholds, polychoric correlations and Muthén's Γ from codes (persons × items, −1 for no answer) of a group."""
    n, p = codes.shape
    weights = np.ones(n) if group.weights is None else group.weights
    counts = list(levels) if levels is not None else [int(code.max()) + 1 for code in codes.T]
    thresholds = tuple(_thresholds(codes[:, k], weights, counts[k], items[k]) for k in range(p))
    correlation = np.eye(p)
    pair_scores, crossed = [], []
    starts = np.cumsum([0, *[len(part) for part in thresholds]])
    for i, j in zip(*pairs(p), strict=True):
        both = (codes[:, i] >= 0) & (codes[:, j] >= 0)
        at = (codes[both, i], codes[both, j])
        table = np.zeros((counts[i], counts[j]))
        np.add.at(table, at, weights[both])
        rho = _correlation(table, thresholds[i], thresholds[j], (items[j], items[i]), int(both.sum()))
        correlation[i, j] = correlation[j, i] = rho
        cell = Cells(thresholds[i], thresholds[j], rho)
        own = np.zeros(n)
        own[both] = (cell.by_rho / cell.probability)[at]
        pair_scores.append(own)
        row = np.zeros(starts[-1])
        for item, part in ((i, cell.by_first()), (j, cell.by_second())):
            score = (part / cell.probability[..., None])[at]
            row[starts[item] : starts[item + 1]] = (weights * own)[both] @ score
        crossed.append(row)
    single = [_threshold_scores(codes[:, k], part) for k, part in enumerate(thresholds)]
    scores = np.column_stack([*single, *pair_scores])
    gamma, spread = _gamma(scores, single, np.array(crossed), weights, group.clusters)
    return OrdinalMoments(tuple(items), n, float(weights.sum()), thresholds, correlation, gamma, spread)


def _correlation(table: np.ndarray, one: np.ndarray, two: np.ndarray, names: tuple[str, str], n: int) -> float:
    """The pair's correlation. Raises ModelError where nobody answered both items, or everybody alike."""
    if not n:
        raise ModelError("nobody answered both items", where=", ".join(names), todo="Leave one of them out.")
    rho = pair_correlation(one, two, without_empty(table))
    if abs(rho) > REPEATS:
        raise ModelError(
            "two items are answered as one: their correlation is 1", where=", ".join(names), count=n,
            todo="Leave one of them out.",
        )  # fmt: skip
    return rho


def _gamma(
    scores: np.ndarray,
    single: Sequence[np.ndarray],
    crossed: np.ndarray,
    weights: np.ndarray,
    clusters: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Γ = N · A⁻¹ (Σ w² s s′) A⁻ᵀ, A the block-triangular derivative of the two steps' equations, Σ w s s′ in its
    blocks (Muthén 1984), with the scores summed by cluster where there are clusters; and the diagonal without them."""
    count, size = sum(part.shape[1] for part in single), scores.shape[1]
    bread = np.zeros((size, size))
    bread[:count, :count] = block_diag([part.T @ (weights[:, None] * part) for part in single])
    bread[count:, :count] = crossed
    bread[np.arange(count, size), np.arange(count, size)] = weights @ scores[:, count:] ** 2
    inverse = np.linalg.inv(bread)
    weighted = weights[:, None] * scores
    plain = weights.sum() * inverse @ (weighted.T @ weighted) @ inverse.T
    if clusters is None:
        return np.asarray(plain), np.asarray(plain.diagonal())
    return np.asarray(weights.sum() * inverse @ crossproduct(weighted, clusters) @ inverse.T), plain.diagonal()


def _thresholds(code: np.ndarray, weights: np.ndarray, levels: int, item: str) -> np.ndarray:
    from scipy.special import ndtri

    counts = np.bincount(code[code >= 0], weights[code >= 0], minlength=levels)
    if (counts == 0).any():
        raise ModelError(
            "an answer is never given in one group or wave", where=item, todo="Join it with its neighbour."
        )
    return np.asarray(ndtri(np.cumsum(counts)[:-1] / counts.sum()))


def _threshold_scores(code: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Derivative of each person's log-probability by the thresholds; zero without an answer."""
    from scipy.special import ndtr

    edges = np.concatenate([[-FAR], thresholds, [FAR]])
    probability = np.diff(ndtr(edges))
    density = normal_density(thresholds)
    scores = np.zeros((len(code), len(thresholds)))
    for t in range(len(thresholds)):
        scores[:, t] = density[t] * ((code == t) / probability[t] - (code == t + 1) / probability[t + 1])
    return scores
