"""The modes of random effects given the parameters, by Newton's steps, and Laplace's approximation at them.

Spherical effects u have b = Λu; the modes maximise Σ log p(y | η) − |u|²/2 with η = Xb + ZΛu, and with the curvature
H = Λ'Z'WZΛ + I the deviance is −2 Σ log p + |u|² + log|H| (Bates et al. 2015; lme4's ``glmer`` with ``nAGQ = 1``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.multilevel.gaussian.batched import (
    backward,
    cholesky,
    congruent,
    forward,
    log_determinant,
)
from pipeline.models.multilevel.gaussian.random import Factor
from pipeline.models.multilevel.response.outcomes import Density, Outcome

MOST_STEPS = 60
STILL = 1e-10
"""A step of all effects below this ends the search for modes."""
NEARLY_STILL = 1e-6
"""Far from the maximum, where probabilities are 0 or 1, steps shrink slowly: that near the deviance is the same."""


@dataclass(frozen=True)
class Modes:
    """At the modes: the effects, the density of each row, the deviance, and the root of each group's curvature."""

    effects: np.ndarray
    density: Density
    deviance: float
    lower: np.ndarray | None = None  # q × q × groups, of one grouping


class OneGrouping:
    """Groups are independent: every one has its own Newton step, all at once."""

    def __init__(self, factor: Factor, outcome: Outcome) -> None:
        self.factor, self.outcome = factor, outcome
        self.columns = factor.scaled()
        self.codes, self.n_groups, self.q = factor.codes, factor.n_groups, factor.q

    def summed(self, rows: np.ndarray) -> np.ndarray:
        """Z' times a number of each row (q × groups)."""
        return np.stack([np.bincount(self.codes, column * rows, self.n_groups) for column in self.columns.T])

    def products(self, weights: np.ndarray) -> np.ndarray:
        """Z' diag(weights) Z of each group (q × q × groups)."""
        found = np.empty((self.q, self.q, self.n_groups))
        for i in range(self.q):
            weighted = self.columns[:, i] * weights
            for j in range(i + 1):
                found[i, j] = found[j, i] = np.bincount(self.codes, weighted * self.columns[:, j], self.n_groups)
        return found

    def spread(self, effects: np.ndarray) -> np.ndarray:
        """Z times effects (q × groups), in each row."""
        return np.asarray(np.einsum("nk,kn->n", self.columns, effects[:, self.codes]))

    def at(self, fixed: np.ndarray, cuts: np.ndarray, factor: np.ndarray, start: np.ndarray | None) -> Modes:
        """The modes at the fixed part (rows), the outcome's own parameters and Λ."""
        effects = np.zeros((self.q, self.n_groups)) if start is None else start
        value = self._value(fixed, cuts, factor, effects)
        for _ in range(MOST_STEPS):
            density = value[1]
            lower = self._root(factor, density)
            slope = factor.T @ self.summed(density.slope) - effects
            step = backward(lower, forward(lower, slope[:, None]))[:, 0]
            effects, value = self._moved(fixed, cuts, factor, effects, step, value)
            if np.abs(step).max() < STILL:
                break
        if not np.abs(step).max() < NEARLY_STILL:
            raise ModelError("the modes of the random effects cannot be found", where="random")
        lower = self._root(factor, value[1])
        return Modes(effects, value[1], float((-2 * value[0] + log_determinant(lower)).sum()), lower)

    def _root(self, factor: np.ndarray, density: Density) -> np.ndarray:
        curved = congruent(factor, self.products(density.curvature))
        curved[np.diag_indices(self.q)] += 1.0
        return cholesky(curved)

    def _value(
        self, fixed: np.ndarray, cuts: np.ndarray, factor: np.ndarray, effects: np.ndarray
    ) -> tuple[np.ndarray, Density]:
        density = self.outcome.at(fixed + self.spread(factor @ effects), cuts)
        own = np.bincount(self.codes, density.log, self.n_groups)
        return own - (effects**2).sum(axis=0) / 2, density

    def _moved(
        self, fixed: np.ndarray, cuts: np.ndarray, factor: np.ndarray, effects: np.ndarray, step: np.ndarray,
        value: tuple[np.ndarray, Density],
    ) -> tuple[np.ndarray, tuple[np.ndarray, Density]]:  # fmt: skip
        """A step that is halved in the groups where it would lose."""
        share = np.ones(self.n_groups)
        for _ in range(30):
            found = self._value(fixed, cuts, factor, effects + share * step)
            worse = ~(found[0] >= value[0] - 1e-9 * np.abs(value[0]))
            if not worse.any():
                break
            share[worse] /= 2
        return effects + share * step, found


class SeveralGroupings:
    """Nested or crossed groupings: one sparse curvature of all effects."""

    def __init__(self, factors: Sequence[Factor], outcome: Outcome) -> None:
        import scipy.sparse as sp

        self.factors, self.outcome = tuple(factors), outcome
        parts = []
        for factor in self.factors:
            scaled = factor.scaled()
            place = factor.codes[:, None] * factor.q + np.arange(factor.q)
            pointer = np.arange(0, scaled.size + 1, factor.q)
            shape = (len(scaled), factor.n_groups * factor.q)
            parts.append(sp.csr_matrix((scaled.ravel(), place.ravel(), pointer), shape=shape))
        self.columns: Any = sp.hstack(parts, format="csr")

    def at(self, fixed: np.ndarray, cuts: np.ndarray, factor: list[np.ndarray], start: np.ndarray | None) -> Modes:
        """The modes at the fixed part (rows), the outcome's own parameters and Λ of each grouping."""
        columns = self.scaled(factor)
        effects = np.zeros(columns.shape[1]) if start is None else start
        density = self.outcome.at(fixed + columns @ effects, cuts)
        value = float(density.log.sum() - effects @ effects / 2)
        for _ in range(MOST_STEPS):
            solver = self._factored(columns, density)
            step = solver.solve(columns.T @ density.slope - effects)
            share = 1.0
            while True:
                moved = effects + share * step
                found = self.outcome.at(fixed + columns @ moved, cuts)
                new = float(found.log.sum() - moved @ moved / 2)
                if new >= value - 1e-9 * abs(value) or share < 1e-8:
                    break
                share /= 2
            effects, density, value = moved, found, new
            if np.abs(step).max() < STILL:
                break
        if not np.abs(step).max() < NEARLY_STILL:
            raise ModelError("the modes of the random effects cannot be found", where="random")
        solver = self._factored(columns, density)
        determinant = float(np.log(np.abs(solver.U.diagonal())).sum())
        return Modes(effects, density, -2 * value + determinant)

    def scaled(self, factor: list[np.ndarray]) -> Any:
        """ZΛ (rows × effects)."""
        import scipy.sparse as sp

        scale = sp.block_diag(
            [sp.kron(sp.eye(one.n_groups), own) for one, own in zip(self.factors, factor, strict=True)], format="csc"
        )
        return (self.columns @ scale).tocsr()

    @staticmethod
    def curvature(columns: Any, density: Density) -> Any:
        """Λ'Z'WZΛ + I."""
        import scipy.sparse as sp

        return (columns.T @ sp.diags(density.curvature) @ columns + sp.eye(columns.shape[1])).tocsc()

    def _factored(self, columns: Any, density: Density) -> Any:
        from scipy.sparse.linalg import splu

        return splu(
            self.curvature(columns, density),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )


def laplace_slopes(
    groups: OneGrouping, modes: Modes, factor: np.ndarray, matrix: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradient of Laplace's deviance by the fixed effects (p), by Λ (q × q), and by the edges of rows (2 × rows).

    With g, W, W' the slope, curvature and its derivative of each row, v = diag(ZΛH⁻¹Λ'Z') and c = H⁻¹Λ'Z'(W'v):
    by b −2X'g + X't, and by Λ −2 Z'g u' + 2 Z'WZΛH⁻¹ + Z't u' + Z'g c', where t = W'v − W ZΛc.
    """
    density, lower, effects = modes.density, modes.lower, modes.effects
    assert lower is not None
    half = forward(lower, np.repeat(factor.T[:, :, None], groups.n_groups, axis=2))  # L⁻¹Λ'
    inverse = np.einsum("kim,kjm->ijm", half, half)  # ΛH⁻¹Λ'
    leverage = np.einsum("ni,ijn,nj->n", groups.columns, inverse[:, :, groups.codes], groups.columns)
    bent = density.change * leverage
    carried = backward(lower, forward(lower, (factor.T @ groups.summed(bent))[:, None]))[:, 0]
    shifts = groups.spread(factor @ carried)
    left = bent - density.curvature * shifts
    by_fixed = matrix.T @ (left - 2 * density.slope)
    slope = groups.summed(density.slope)
    turned = backward(lower, half)  # H⁻¹Λ'
    curved = np.einsum("ijm,kjm->ik", groups.products(density.curvature), turned)  # Σ Z'WZ ΛH⁻¹
    by_factor = (groups.summed(left) - 2 * slope) @ effects.T + 2 * curved + slope @ carried.T
    return by_fixed, by_factor, _by_edges(density, leverage, shifts)


def _by_edges(density: Density, leverage: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """By each row's edges: −2 log p, v W and (ZΛc) g."""
    if density.edges is None:
        return np.empty((2, 0))
    edges = density.edges
    return np.asarray(-2 * edges.log + leverage * edges.curvature + shifts * edges.slope)


INVERTED = 20_000_000
"""Up to so many numbers (rows × effects of the further groupings) the gradient of several groupings has a closed
form.
"""


def laplace_slopes_of_several(
    groups: SeveralGroupings, modes: Modes, factor: list[np.ndarray], matrix: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """As ``laplace_slopes``, of nested or crossed groupings: by Λ of each.

    H = [D C; C' E] with the grouping of most groups in D, in blocks. With V = D⁻¹C and S = E − C'V the rows' leverages
    are z₁'D⁻¹z₁ + w'S⁻¹w, w = z₂ − V'z₁, and the diagonal blocks of H⁻¹ are D⁻¹ + V S⁻¹V' and S⁻¹. Z'WZΛH⁻¹ = Λ'⁻¹(I −
    H⁻¹).
    """
    import scipy.sparse as sp

    density, first = modes.density, groups.factors[0]
    columns, split = groups.scaled(factor), first.n_groups * first.q
    curved = groups.curvature(columns, density).tocsr()
    own = curved[:split, :split].tobsr((first.q, first.q))
    own.sort_indices()
    blocks = np.linalg.inv(own.data)
    inverse = sp.bsr_matrix((blocks, own.indices, own.indptr), shape=own.shape).tocsr()
    cross = (inverse @ curved[:split, split:]).tocsr()  # V
    system = curved[split:, split:].toarray() - (curved[:split, split:].T @ cross).toarray()
    rest = np.linalg.inv(system)
    mine, others = columns[:, :split], columns[:, split:]
    left_over = (others - mine @ cross).tocsr()
    leverage = np.asarray(mine.multiply(mine @ inverse).sum(axis=1)).ravel()
    leverage += np.asarray(left_over.multiply(left_over @ rest).sum(axis=1)).ravel()
    bent = density.change * leverage
    pulled = columns.T @ bent
    second = rest @ (pulled[split:] - cross.T @ pulled[:split])
    carried = np.concatenate([inverse @ pulled[:split] - cross @ second, second])
    shifts = columns @ carried
    left = bent - density.curvature * shifts
    slope, turned = groups.columns.T @ density.slope, groups.columns.T @ left
    outer = np.asarray(cross @ rest)
    sums = [
        blocks.sum(axis=0)
        + np.array(
            [[cross[a :: first.q].multiply(outer[b :: first.q]).sum() for b in range(first.q)] for a in range(first.q)]
        )
    ]
    place = 0
    for one in groups.factors[1:]:
        end = place + one.n_groups * one.q
        part = rest[place:end, place:end].reshape(one.n_groups, one.q, one.n_groups, one.q)
        sums.append(np.einsum("aiaj->ij", part))
        place = end
    by_factor, place = [], 0
    for one, spread, total in zip(groups.factors, factor, sums, strict=True):
        end = place + one.n_groups * one.q
        g, t, u, c = (part[place:end].reshape(one.n_groups, one.q) for part in (slope, turned, modes.effects, carried))
        curvature = np.linalg.solve(spread.T, one.n_groups * np.eye(one.q) - total)
        by_factor.append((t - 2 * g).T @ u + 2 * curvature + g.T @ c)
        place = end
    return matrix.T @ (left - 2 * density.slope), by_factor, _by_edges(density, leverage, shifts)
