"""How much the changes of areas differ beyond sampling: y_a ~ N(μ, τ² + v_a), τ² by restricted maximum likelihood.

Fisher scoring on the restricted likelihood (Viechtbauer 2005, equation 12; metafor's ``rma(method = "REML")``), for one
set of areas or for many sets at once. Each area can be left out in turn, so that what an area is judged by does not
depend on the area itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

ROUNDS = 400
EXACT = 1e-13
WHOLE = 40
"""Up to so many areas each is left out with a fit of its own; beyond, by one step from the fit of all."""
NEAR, FURTHER = 8, 10
"""Steps of the fit of all, and then of each: a step is exact where areas are equally large, and close otherwise."""


@dataclass(frozen=True)
class Between:
    """For each set (and area left out): common change, its variance, and the variance between areas with its error.

    ``scale`` is the weighted mean square of the areas around their common change at that τ², and one where the model
    holds (Hartung & Knapp 2001; Sidik & Jonkman 2002): what τ² = 0 leaves over is in it.
    """

    common: np.ndarray
    common_variance: np.ndarray
    tau2: np.ndarray
    tau2_error: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True)
class Wave:
    """Changes of areas of an earlier wave (sets × areas) with the same τ², around a common change of their own."""

    changes: np.ndarray
    variances: np.ndarray


def fitted(
    changes: np.ndarray,
    variances: np.ndarray,
    *,
    around_zero: bool = False,
    earlier: Sequence[Wave] = (),
    rounds: int = ROUNDS,
) -> Between:
    """The fit of each row of ``changes`` (sets × areas), whose sampling variances are ``variances``.

    ``around_zero``: μ is known to be zero, so that only τ² is fitted. ``earlier``: waves that say of the same τ².
    """
    fit = _Fit(changes[:, None], np.broadcast_to(variances, changes.shape)[:, None], None, around_zero, tuple(earlier))
    return _first(fit.made(fit.reml(fit.start(), rounds)))


def left_out(
    changes: np.ndarray,
    variances: np.ndarray,
    *,
    around_zero: bool = False,
    earlier: Sequence[Wave] = (),
    rounds: int = FURTHER,
) -> Between:
    """The fit of each set (sets × areas) without each area in turn: arrays of sets × areas.

    Each begins from the fit of all areas, with ``rounds`` further steps. Of many areas one step is all, for one more or
    less of them moves τ² by less than can be seen.
    """
    variances = np.broadcast_to(variances, changes.shape)
    tau2 = fitted(changes, variances, around_zero=around_zero, earlier=earlier, rounds=NEAR).tau2[:, None]
    if changes.shape[1] > WHOLE:
        fit = _Fit(changes[:, None], variances[:, None], None, around_zero, tuple(earlier), each_without=True)
        return fit.made(tau2, fit.step(tau2)[0])
    others = ~np.eye(changes.shape[1], dtype=bool)
    fit = _Fit(changes[:, None], variances[:, None], others, around_zero, tuple(earlier))
    return fit.made(fit.reml(np.repeat(tau2, changes.shape[1], axis=1), rounds))


def sampling_alone(changes: np.ndarray, variances: np.ndarray, *, around_zero: bool = False) -> Between:
    """As ``left_out``, with areas that differ by sampling alone: τ² is zero, and the model is taken to hold."""
    others = ~np.eye(changes.shape[1], dtype=bool) / np.broadcast_to(variances, changes.shape)[:, None]
    nothing = np.zeros(changes.shape)
    total = others.sum(axis=-1)
    common = nothing if around_zero else (others @ changes[..., None])[..., 0] / total
    return Between(common, nothing if around_zero else 1 / total, nothing, nothing, nothing + 1)


Sums = tuple[np.ndarray, ...]
"""Σw, Σw², Σw³, Σwy, Σw²y, Σwy², Σw²y²."""


@dataclass(frozen=True)
class _Fit:
    """Sets × fits × areas, of which each fit has its ``others``; and the earlier waves (sets × areas), which all have.

    ``each_without``: one τ² of a set, with the sums of all areas less those of each.
    """

    changes: np.ndarray
    variances: np.ndarray
    others: np.ndarray | None
    around_zero: bool
    earlier: tuple[Wave, ...]
    each_without: bool = False

    def start(self) -> np.ndarray:
        """τ² by moments, of the wave itself."""
        middle = 0.0 if self.around_zero else self.changes.mean(axis=-1, keepdims=True)
        free = max(self.changes.shape[-1] - (0 if self.around_zero else 1), 1)
        square = ((self.changes - middle) ** 2).sum(axis=-1) / free
        return np.asarray(np.maximum(square - self.variances.mean(axis=-1), 0.0))

    def reml(self, tau2: np.ndarray, rounds: int) -> np.ndarray:
        """Fisher scoring from ``tau2`` (sets × fits)."""
        typical = self.variances.mean(axis=-1)
        for _ in range(rounds):
            new, _ = self.step(tau2)
            done = np.max(np.abs(new - tau2) / (new + typical), initial=0.0) < EXACT
            tau2 = new
            if done:
                break
        return tau2

    def step(self, tau2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The next τ², and the information on it, tr(P²)."""
        score, information = np.zeros(()), np.zeros(())
        for sums, zero, _ in self._waves(tau2):
            score, information = score + _score(sums, zero), information + _expected(sums, zero)
        return np.maximum(tau2 + score / information, 0.0), information

    def made(self, tau2: np.ndarray, stepped: np.ndarray | None = None) -> Between:
        """The fit at this τ²; ``stepped``: the τ² that it is one step from."""
        parts = list(self._waves(tau2))
        own = parts[0][0]
        common = np.zeros_like(own[0]) if self.around_zero else own[3] / own[0]
        variance = np.zeros_like(own[0]) if self.around_zero else 1 / own[0]
        left, free, information = np.zeros(()), 0, np.zeros(())
        for sums, zero, count in parts:
            left, free = left + _square(sums, zero), free + count - (0 if zero else 1)
            information = information + _expected(sums, zero)
        found = tau2 if stepped is None else stepped
        return Between(common, variance, found, np.sqrt(2 / information), left / free)

    def _waves(self, tau2: np.ndarray) -> Iterator[tuple[Sums, bool, int]]:
        """The sums of each wave at this τ², whether they are around zero, and of how many areas."""
        weights = 1 / (tau2[..., None] + self.variances)
        count = self.changes.shape[-1] - (self.others is not None or self.each_without)
        if self.each_without:
            yield _less_each(weights, self.changes), self.around_zero, count
        else:
            of_others = weights if self.others is None else weights * self.others
            yield _sums(of_others, self.changes), self.around_zero, count
        for wave in self.earlier:
            weights = 1 / (tau2[..., None] + wave.variances[:, None])
            yield _sums(weights, wave.changes[:, None]), False, wave.changes.shape[-1]


def _first(made: Between) -> Between:
    """The one fit of each set."""
    return Between(*(getattr(made, one.name)[:, 0] for one in fields(made)))


def _sums(weights: np.ndarray, changes: np.ndarray) -> Sums:
    """Of weights (sets × fits × areas) and changes (sets × 1 × areas)."""
    powers = np.stack([np.ones_like(changes[:, 0]), changes[:, 0], changes[:, 0] ** 2], axis=-1)
    squared = weights * weights
    first, second = weights @ powers, squared @ powers
    third = np.einsum("sfa,sfa->sf", squared, weights)
    return (
        first[..., 0], second[..., 0], third, first[..., 1], second[..., 1], first[..., 2], second[..., 2],
    )  # fmt: skip


def _less_each(weights: np.ndarray, changes: np.ndarray) -> Sums:
    """The sums without each area: of weights and changes that are sets × 1 × areas."""
    squared = weights * weights
    terms = (
        weights, squared, squared * weights, weights * changes, squared * changes,
        weights * changes**2, squared * changes**2,
    )  # fmt: skip
    return tuple((one.sum(axis=-1, keepdims=True) - one)[:, 0] for one in terms)


def _square(sums: Sums, around_zero: bool) -> np.ndarray:
    """Σw (y − μ)²."""
    return np.asarray(sums[5] if around_zero else np.maximum(sums[5] - sums[3] ** 2 / sums[0], 0.0))


def _score(sums: Sums, around_zero: bool) -> np.ndarray:
    """Twice the slope of the (restricted) log likelihood in τ²."""
    first, second, _, linear, squared_linear, _, square = sums
    if around_zero:
        return np.asarray(square - first)
    common = linear / first
    return np.asarray(square - 2 * common * squared_linear + common**2 * second - (first - second / first))


def _expected(sums: Sums, around_zero: bool) -> np.ndarray:
    """tr(P²): twice the expected information on τ²."""
    first, second, third = sums[:3]
    return np.asarray(second if around_zero else second - 2 * third / first + (second / first) ** 2)
