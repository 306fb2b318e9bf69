"""Further groupings, persons' areas or the waves, after the first has been eliminated group by group.

A *cell* is a group of the first grouping and one random effect of another that some row has both of: persons who stay
have one area each, movers several, and with waves each person has as many as they answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pipeline.models.multilevel.gaussian.batched import backward, forward, on_left
from pipeline.models.multilevel.gaussian.random import Factor

DENSE = 400
"""Up to so many further random effects their matrix is factored dense."""
PAIRS = 2_000_000
"""Up to so many pairs of cells of one group their products are gathered one by one."""


@dataclass(frozen=True)
class Crossing:
    """Products of the further groupings' columns: with those of the first by cell, with the joined columns, and own."""

    factors: tuple[Factor, ...]
    group: np.ndarray  # cells: the group of the first grouping, in order
    effect: np.ndarray  # cells: the column among all further random effects
    products: np.ndarray  # q × cells
    pointer: np.ndarray  # groups + 1: where each group's cells begin
    own: Any  # effects × effects, sparse
    joined: np.ndarray  # effects × (p + 1)

    @property
    def n_effects(self) -> int:
        return len(self.joined)

    @property
    def dense(self) -> bool:
        """Whether the matrix of the further effects is small, or hardly sparse."""
        return self.n_effects <= DENSE or self.own.nnz > 0.2 * self.n_effects**2

    @cached_property
    def whole(self) -> np.ndarray:
        return np.asarray(self.own.toarray())

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Every pair of cells of one group, as two lists of cells."""
        counts = np.diff(self.pointer)
        per_cell = np.repeat(counts, counts)
        first = np.repeat(np.arange(len(self.group)), per_cell)
        begin = np.repeat(np.repeat(self.pointer[:-1], counts), per_cell)
        starts = np.repeat(np.cumsum(per_cell) - per_cell, per_cell)
        return first, begin + np.arange(len(first)) - starts

    @property
    def n_pairs(self) -> int:
        return int((np.diff(self.pointer).astype(np.int64) ** 2).sum())

    def by_group(self, cells: np.ndarray) -> list[Any]:
        """For each of the q rows of ``cells`` (q × cells), a sparse matrix groups × effects."""
        import scipy.sparse as sp

        shape = (len(self.pointer) - 1, self.n_effects)
        return [sp.csr_matrix((row, self.effect, self.pointer), shape=shape) for row in cells]

    def spread(self, theta: list[np.ndarray], columns: np.ndarray) -> np.ndarray:
        """Λ₂' times ``columns`` (effects × k), level by level."""
        found, place = np.empty_like(columns), 0
        for factor, own in zip(self.factors, theta, strict=True):
            end = place + factor.n_groups * factor.q
            block = columns[place:end].reshape(factor.n_groups, factor.q, -1)
            found[place:end] = np.einsum("ab,lak->lbk", factor.factor(own), block).reshape(end - place, -1)
            place = end
        return found

    def scale(self, theta: list[np.ndarray]) -> Any:
        """Λ₂ (effects × effects), sparse."""
        import scipy.sparse as sp

        parts = [
            sp.kron(sp.eye(factor.n_groups), factor.factor(own))
            for factor, own in zip(self.factors, theta, strict=True)
        ]
        return sp.block_diag(parts, format="csc")


@dataclass(frozen=True)
class Further:
    """The further groupings' part of the likelihood: what they explain of the joined columns, and log-determinant.

    ``cells`` (q × cells) are L⁻¹Λ₁'Z₁'Z₂; ``solved`` (effects × (p+1)) the scaled further effects of each joined
    column.
    """

    explained: np.ndarray
    log_determinant: float
    cells: np.ndarray
    solved: np.ndarray
    root: np.ndarray | None  # of the system, where it is dense

    def inverse(self) -> np.ndarray:
        """The inverse of the system (effects × effects)."""
        from scipy.linalg import cho_solve

        assert self.root is not None
        return np.asarray(cho_solve((self.root, True), np.eye(len(self.root))))


def further(
    crossing: Crossing, first: np.ndarray, theta: list[np.ndarray], lower: np.ndarray, solved: np.ndarray
) -> Further:
    """S = Λ₂'(Z₂'Z₂ − Z₂'Z₁Λ₁(L L')⁻¹Λ₁'Z₁'Z₂)Λ₂ + I, factored, and its solution for the joined columns.

    ``first`` is Λ₁ (q × q); ``lower`` and ``solved`` are L and L⁻¹Λ₁'Z₁'T of each group.
    """
    products = on_left(first.T, crossing.products)
    cells = forward(lower[:, :, crossing.group], products[:, None, :])[:, 0]
    parts = crossing.by_group(cells)
    explained = sum(part.T @ part for part in parts)
    right = crossing.joined - sum(part.T @ row.T for part, row in zip(parts, solved, strict=True))
    right = crossing.spread(theta, np.asarray(right))
    if crossing.dense:
        from scipy.linalg import cho_solve

        left = crossing.spread(theta, crossing.whole - explained.toarray())
        system = crossing.spread(theta, left.T)
        system[np.diag_indices(len(system))] += 1.0
        root = np.linalg.cholesky(system)
        solution = cho_solve((root, True), right)
        return Further(right.T @ solution, 2 * float(np.log(np.diag(root)).sum()), cells, solution, root)
    import scipy.sparse as sp
    from scipy.sparse.linalg import splu

    scale = crossing.scale(theta)
    sparse = (scale.T @ (crossing.own - explained) @ scale + sp.eye(crossing.n_effects)).tocsc()
    factored = splu(sparse, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    solution = factored.solve(right)
    determinant = float(np.log(np.abs(factored.U.diagonal())).sum())
    return Further(right.T @ solution, determinant, cells, solution, None)


@dataclass(frozen=True)
class Traces:
    """What the gradient needs of A⁻¹, E = A⁻¹Λ'Z'T and Z'V⁻¹T: of the first grouping, and of the further effects."""

    inverse_first: np.ndarray  # q × q: the sum of the first grouping's diagonal blocks of A⁻¹
    inverse_further: list[np.ndarray]  # the same of each further grouping
    effects: np.ndarray  # E of the first grouping: q × (p+1) × groups
    outer: np.ndarray  # Z₁'V⁻¹T
    outer_further: np.ndarray  # Z₂'V⁻¹T: effects × (p+1)


def traces(
    crossing: Crossing, found: Further, first: np.ndarray, theta: list[np.ndarray], own: np.ndarray,
    joined: np.ndarray, lower: np.ndarray, solved: np.ndarray,
) -> Traces:  # fmt: skip
    """The parts of the gradient; ``own`` and ``joined`` are Z₁'Z₁ and Z₁'T of each group."""
    unscaled = _unscaled(crossing, theta, found.solved)  # Λ₂E₂
    parts = crossing.by_group(found.cells)
    moved = np.stack([np.asarray(part @ unscaled).T for part in parts])
    effects = backward(lower, solved - moved)
    scaled = on_left(first, effects)  # Λ₁E₁
    raw = crossing.by_group(crossing.products)
    outer = joined - np.einsum("abm,bjm->ajm", own, scaled)
    outer = outer - np.stack([np.asarray(part @ unscaled).T for part in raw])
    outer_further = crossing.joined - crossing.own @ unscaled
    outer_further = outer_further - sum(np.asarray(part.T @ row.T) for part, row in zip(raw, scaled, strict=True))
    inverse = found.inverse()
    blocks, place = [], 0
    for factor in crossing.factors:
        end = place + factor.n_groups * factor.q
        block = inverse[place:end, place:end].reshape(factor.n_groups, factor.q, factor.n_groups, factor.q)
        blocks.append(np.einsum("aiaj->ij", block))
        place = end
    # (A⁻¹)₁₁ = L'⁻¹ (I + R S⁻¹ R') L⁻¹ with R = cells × Λ₂
    middle = _quadratic(crossing, found.cells, _around(crossing, theta, inverse))
    middle[np.diag_indices(len(middle))] += 1.0
    half = backward(lower, middle)
    whole = backward(lower, half.swapaxes(0, 1))
    return Traces(whole.sum(axis=2), blocks, effects, outer, outer_further)


def _unscaled(crossing: Crossing, theta: list[np.ndarray], columns: np.ndarray) -> np.ndarray:
    """Λ₂ times ``columns`` (effects × k)."""
    found, place = np.empty_like(columns), 0
    for factor, own in zip(crossing.factors, theta, strict=True):
        end = place + factor.n_groups * factor.q
        block = columns[place:end].reshape(factor.n_groups, factor.q, -1)
        found[place:end] = np.einsum("ab,lbk->lak", factor.factor(own), block).reshape(end - place, -1)
        place = end
    return found


def _around(crossing: Crossing, theta: list[np.ndarray], inverse: np.ndarray) -> np.ndarray:
    """Λ₂ S⁻¹ Λ₂'."""
    return _unscaled(crossing, theta, _unscaled(crossing, theta, inverse).T)


def _quadratic(crossing: Crossing, cells: np.ndarray, around: np.ndarray) -> np.ndarray:
    """For each group the q × q products of its cells with ``around`` (effects × effects) between them."""
    q, groups = len(cells), len(crossing.pointer) - 1
    found = np.empty((q, q, groups))
    if crossing.n_pairs <= PAIRS:
        one, two = crossing.pairs
        between = around[crossing.effect[one], crossing.effect[two]]
        where = crossing.group[one]
        for i in range(q):
            left = cells[i, one] * between
            for j in range(i + 1):
                found[i, j] = found[j, i] = np.bincount(where, left * cells[j, two], groups)
        return found
    parts = crossing.by_group(cells)
    for i in range(q):
        left = parts[i] @ around
        for j in range(i + 1):
            found[i, j] = found[j, i] = np.asarray(parts[j].multiply(left).sum(axis=1)).ravel()
    return found
