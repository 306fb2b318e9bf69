"""The likelihood of a linear mixed model, profiled to the parameters of its random effects (and of its residuals).

y = X b + Z u + e, u ~ N(0, σ²ΛΛ'), e ~ N(0, σ²): given θ, which Λ is made of, b and σ² have closed forms (Bates,
Mächler, Bolker & Walker 2015, J. Stat. Softw. 67(1), section 3). With A = Λ'Z'ZΛ + I = L L', the deviance is log|A| (+
log of |X'V⁻¹X|, restricted) + ν (1 + log(2π r²/ν)). The grouping with most groups is block-diagonal in A and is
eliminated group by group; what it leaves of the further groupings is factored dense, or sparse where there are many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.groups import group_sums
from pipeline.models.multilevel.gaussian.batched import backward, cholesky, congruent, forward, log_determinant, on_left
from pipeline.models.multilevel.gaussian.crossing import Further, further, traces
from pipeline.models.multilevel.gaussian.moments import Moments, moments
from pipeline.models.multilevel.gaussian.rows import NO_REST, MixedRows

TOO_FLAT = 1e-5
"""A diagonal element of Λ below this: the gradient's closed form for several groupings would divide by it."""


@dataclass(frozen=True)
class Solution:
    """At one θ: coefficients of the basis, (X'V⁻¹X)⁻¹, r², the log-determinants and the deviance, of the scaled
    rows.
    """

    coefficients: np.ndarray
    inverse: np.ndarray
    squares: float
    log_determinant: float
    deviance: float
    products: np.ndarray  # T'V⁻¹T of the joined columns, (p+1) × (p+1)

    @property
    def contrast(self) -> np.ndarray:
        """Takes the joined columns to the residual."""
        return np.append(-self.coefficients, 1.0)


@dataclass(frozen=True)
class _State:
    """What is computed at one θ: Λ₁, L and L⁻¹Λ₁'Z₁'T of each group, the further groupings."""

    theta: np.ndarray
    sums: Moments
    spread: np.ndarray
    lower: np.ndarray
    solved: np.ndarray
    further: Further | None
    solution: Solution


class Profile:
    """The deviance of ``rows`` as a function of θ, with φ's free parameter last where residuals are correlated."""

    def __init__(self, rows: MixedRows) -> None:
        self.rows = rows
        self._moments: tuple[float | None, Moments] | None = None
        self._state: _State | None = None
        self.evaluations = 0

    def moments(self, theta: np.ndarray) -> Moments:
        """The sums at θ: they depend on φ alone."""
        free = float(theta[-1]) if self.rows.serial is not None else None
        if self._moments is None or self._moments[0] != free:
            self._moments = free, moments(self.rows, free)
        return self._moments[1]

    @property
    def start(self) -> np.ndarray:
        own = [term.start for factor in self.rows.factors for term in factor.terms]
        return np.concatenate([*own, *([np.array([0.2])] if self.rows.serial is not None else [])])

    def split(self, theta: np.ndarray) -> list[np.ndarray]:
        """θ of each grouping."""
        ends = np.cumsum([factor.size for factor in self.rows.factors])
        return np.split(theta[: ends[-1]], ends[:-1])

    def at(self, theta: np.ndarray) -> Solution:
        """Coefficients, r² and deviance at θ."""
        return self._at(theta).solution

    def _at(self, theta: np.ndarray) -> _State:
        if self._state is not None and np.array_equal(self._state.theta, theta):
            return self._state
        self.evaluations += 1
        rows, sums, own = self.rows, self.moments(theta), self.split(theta)
        spread = rows.factors[0].factor(own[0])
        lower = congruent(spread, sums.own)
        lower[np.diag_indices(len(spread))] += 1.0
        lower = cholesky(lower)
        solved = forward(lower, on_left(spread.T, sums.joined))
        by_group = log_determinant(lower)
        determinant = float(by_group.sum() if rows.mass is None else rows.mass @ by_group)
        weighted = solved if rows.mass is None else solved * rows.mass
        left = sums.total - sum(weighted[k] @ solved[k].T for k in range(len(solved)))
        found = None
        if sums.crossing is not None:
            found = further(sums.crossing, spread, own[1:], lower, solved)
            left = left - found.explained
            determinant += found.log_determinant
        solution = self._solution(left, determinant + sums.log_scale)
        self._state = _State(theta.copy(), sums, spread, lower, solved, found, solution)
        return self._state

    def _solution(self, left: np.ndarray, determinant: float) -> Solution:
        rows = self.rows
        try:
            inverse = np.linalg.inv(np.linalg.cholesky(left[:-1, :-1]))
        except np.linalg.LinAlgError:
            raise ModelError("the fixed terms cannot be separated from the random effects") from None
        half = inverse @ left[:-1, -1]
        squares = float(left[-1, -1] - half @ half)
        if squares <= NO_REST * float(rows.n):
            raise ModelError(
                "the outcome (almost) never changes within a group, so there is no residual variance to estimate"
            )
        if rows.reml:
            determinant -= 2 * float(np.log(np.diag(inverse)).sum())
        deviance = determinant + rows.freedom * (1 + np.log(2 * np.pi * squares / rows.freedom))
        return Solution(inverse.T @ half, inverse.T @ inverse, squares, determinant, deviance, left)

    def contributions(self, theta: np.ndarray, log_sigma: float, contrast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of one grouping: each group's deviance at (θ, log σ), and its X'V⁻¹r (groups × p), r = joined ×
        ``contrast``.
        """
        state, rows = self._at(theta), self.rows
        factor = rows.factors[0]
        row = np.ones(rows.n) if rows.precision is None else rows.precision
        residual = rows.joined @ contrast
        squares = np.bincount(factor.codes, row * residual**2, factor.n_groups)
        taken = np.tensordot(state.solved, contrast, axes=([1], [0]))  # q × groups
        squares -= (taken**2).sum(axis=0)
        score = group_sums(rows.basis * (row * residual)[:, None], factor.codes)
        score -= np.einsum("kjm,km->mj", state.solved[:, :-1], taken)
        size = np.bincount(factor.codes, row, factor.n_groups)
        own = log_determinant(state.lower) + size * (np.log(2 * np.pi) + 2 * log_sigma)
        return own + squares * np.exp(-2 * log_sigma), score

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """The gradient of the deviance."""
        by_determinant, by_squares = self.slopes(theta)
        return by_determinant + self.rows.freedom * by_squares / self.at(theta).squares

    def slopes(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The gradients by θ of the log-determinants and of r²: in closed form where Λ is linear in θ."""
        state, rows = self._at(theta), self.rows
        linear = rows.serial is None and all(factor.linear for factor in rows.factors)
        if state.further is None:
            return self._one_grouping(state) if linear else self._differences(theta)
        own = self.split(theta)
        flat = min(np.abs(np.diag(factor.factor(one))).min() for factor, one in zip(rows.factors, own, strict=True))
        if linear and state.further.root is not None and flat > TOO_FLAT:
            return self._several_groupings(state)
        return self._differences(theta)

    def _differences(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        by_determinant, by_squares = np.empty(len(theta)), np.empty(len(theta))
        for k, step in enumerate(1e-4 * np.maximum(np.abs(theta), 0.1)):
            moved = np.zeros(len(theta))
            moved[k] = step
            up, down = self.at(theta + moved), self.at(theta - moved)
            by_determinant[k] = (up.log_determinant - down.log_determinant) / (2 * step)
            by_squares[k] = (up.squares - down.squares) / (2 * step)
        return by_determinant, by_squares

    def _one_grouping(self, state: _State) -> tuple[np.ndarray, np.ndarray]:
        """With E = A⁻¹Λ'Z'T and F = Z'V⁻¹T = Z'T − Z'ZΛE: d log|A| = 2 Z'ZΛA⁻¹, d T'V⁻¹T = −(F' dΛ E + E' dΛ' F)."""
        sums, spread = state.sums, state.spread
        half = forward(state.lower, on_left(spread.T, sums.own))
        effects = backward(state.lower, state.solved)
        turned = backward(state.lower, half)  # A⁻¹Λ'Z'Z
        outer = sums.joined - np.einsum("abm,bjm->ajm", sums.own, on_left(spread, effects))
        mass = np.ones(turned.shape[2]) if self.rows.mass is None else self.rows.mass
        by_squares, by_inverse = self._of_products(outer, effects * mass, state.solution)
        by_determinant = 2 * np.tensordot(turned, mass, axes=1).T + by_inverse
        factor = self.rows.factors[0]
        return factor.by_theta(by_determinant), factor.by_theta(by_squares)

    def _several_groupings(self, state: _State) -> tuple[np.ndarray, np.ndarray]:
        """As of one grouping, with Z'ZΛA⁻¹ = Λ'⁻¹(I − A⁻¹)."""
        sums, own = state.sums, self.split(state.theta)
        assert sums.crossing is not None
        assert state.further is not None
        found = traces(
            sums.crossing, state.further, state.spread, own[1:], sums.own, sums.joined, state.lower, state.solved
        )
        parts = [(self.rows.factors[0], own[0], found.inverse_first, found.outer, found.effects)]
        place = 0
        for factor, theta, inverse in zip(self.rows.factors[1:], own[1:], found.inverse_further, strict=True):
            end = place + factor.n_groups * factor.q
            shape = (factor.n_groups, factor.q, -1)
            outer = found.outer_further[place:end].reshape(shape).transpose(1, 2, 0)
            effects = state.further.solved[place:end].reshape(shape).transpose(1, 2, 0)
            parts.append((factor, theta, inverse, outer, effects))
            place = end
        by_determinant, by_squares = [], []
        for factor, theta, inverse, outer, effects in parts:
            squares, by_inverse = self._of_products(outer, effects, state.solution)
            left = factor.n_groups * np.eye(factor.q) - inverse
            determinant = 2 * np.linalg.solve(factor.factor(theta).T, left) + by_inverse
            by_determinant.append(factor.by_theta(determinant))
            by_squares.append(factor.by_theta(squares))
        return np.concatenate(by_determinant), np.concatenate(by_squares)

    def _of_products(self, outer: np.ndarray, effects: np.ndarray, at: Solution) -> tuple[np.ndarray, np.ndarray]:
        """The derivatives by Λ of r², and of log|X'V⁻¹X| where the likelihood is restricted."""
        contrast = at.contrast
        by_squares = -2 * np.tensordot(outer, contrast, axes=([1], [0])) @ np.tensordot(effects, contrast, ([1], [0])).T
        if not self.rows.reml:
            return by_squares, np.zeros_like(by_squares)
        q, p = len(outer), self.rows.p
        turned = np.tensordot(at.inverse, outer[:, :-1], axes=([1], [1]))  # p × q × groups
        others = effects[:, :-1].transpose(1, 2, 0)  # p × groups × q
        return by_squares, -2 * np.matmul(turned, others).sum(axis=0).reshape(q, q) if p else np.zeros((q, q))
