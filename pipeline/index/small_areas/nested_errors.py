"""Mean squared errors of unit-level EBLUPs: the formulas of Prasad and Rao, and a parametric bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.index.small_areas.nested import TINY, FloatArray, Nested, NestedParts, Outcomes


@dataclass(frozen=True)
class Targets:
    """The areas wanted (M): means of the design in the population (M × p), which row of the sample each is (-1: none),
    and the share of its population that is in the sample (0 where the population is large)."""

    means: FloatArray
    place: FloatArray
    fraction: FloatArray
    population: FloatArray

    @property
    def sampled(self) -> FloatArray:
        return np.asarray(self.place >= 0)


def predict(fitted: NestedParts, outcomes: Outcomes, targets: Targets) -> FloatArray:
    """EBLUPs (B × M): f y + (X - f x) b + (1 - f) v, as R's ``sae::eblupBHF``; X b without a sample."""
    found = fitted.beta @ targets.means.T
    inside, place = targets.sampled, targets.place[targets.sampled]
    share = targets.fraction[inside]
    seen = outcomes.means[:, place] - fitted.beta @ fitted.model.means[place].T
    found[:, inside] += share * seen + (1 - share) * fitted.effects[:, place]
    return np.asarray(found)


def prasad_rao(fitted: NestedParts, targets: Targets) -> FloatArray:
    """Mean squared errors (M) of the first set: (1 - f)² (g1 + g2 + 2 g3 - bias) + (1 - f) Var(e) / N.

    Prasad and Rao (1990, JASA 85, 163-171), Datta and Lahiri (2000) for ML; for finite populations Rao and Molina
    (2015, Small Area Estimation, 7.2). Without a sample: Var(v) + X Cov(b) X' (+ Var(e) / N).
    """
    model, within, between = fitted.model, float(fitted.within[0]), float(fitted.between[0])
    covariance = within * fitted.inverse[0]
    inside, place = targets.sampled, targets.place[targets.sampled]
    reliability, sizes, share = fitted.reliability[0][place], model.sizes[place], targets.fraction[inside]
    total = within + sizes * between
    spread = np.linalg.inv(_information(model, within, between))
    g1 = reliability * within / sizes
    rest = (targets.means[inside] - share[:, None] * model.means[place]) / np.maximum(1 - share, TINY)[:, None]
    off = rest - reliability[:, None] * model.means[place]
    g2 = np.einsum("mi,ij,mj->m", off, covariance, off)
    curve = within**2 * spread[0, 0] + between**2 * spread[1, 1] - 2 * within * between * spread[0, 1]
    g3 = sizes * curve / total**3
    slope = np.column_stack([within**2 / total**2, sizes * between**2 / total**2])
    bias = np.zeros(2) if model.restricted else _bias(model, within, between, covariance, spread)
    mse = np.empty(len(targets.means))
    plain, corrected = g1 + g2 + 2 * g3, g1 + g2 + 2 * g3 - slope @ bias
    mse[inside] = (1 - share) ** 2 * np.where(corrected > 0, corrected, plain)
    outside = targets.means[~inside]
    mse[~inside] = max(between - bias[0], 0.0) + np.einsum("mi,ij,mj->m", outside, covariance, outside)
    return np.asarray(mse + (1 - targets.fraction) * within / targets.population)


def _information(model: Nested, within: float, between: float) -> FloatArray:
    """The expected information of (Var(v), Var(e))."""
    total = within + model.sizes * between
    cross = 0.5 * (model.sizes / total**2).sum()
    own = 0.5 * ((model.sizes - 1) / within**2 + 1 / total**2).sum()
    return np.array([[0.5 * (model.sizes**2 / total**2).sum(), cross], [cross, own]])


def _bias(model: Nested, within: float, between: float, covariance: FloatArray, spread: FloatArray) -> FloatArray:
    """The bias of the ML estimates of (Var(v), Var(e)) to the order of 1 / m."""
    total = within + model.sizes * between
    weighted = model.means * (model.sizes / total)[:, None]
    inner = np.eye(model.means.shape[1]) - (model.means * model.sizes[:, None]).T @ model.means
    outer = inner / within**2 + (model.means * (model.sizes / total**2)[:, None]).T @ model.means
    return np.asarray(-0.5 * spread @ [np.sum(covariance * (weighted.T @ weighted)), np.sum(covariance * outer)])


def bootstrap(
    fitted: NestedParts, inner: FloatArray, targets: Targets, draws: int, rng: np.random.Generator
) -> FloatArray:
    """Mean squared errors (M) over ``draws`` from the fitted model, each fitted again (as R's ``sae::pbmseBHF``).

    ``inner`` is X'X of the design less its area means (p × p). Outcomes are drawn by what counts of them: the areas'
    means, the part of the rest that the design explains, and the sum of squares of what is left.
    """
    model, within, between = fitted.model, float(fitted.within[0]), float(fitted.between[0])
    effects = np.sqrt(between) * rng.standard_normal((draws, len(targets.means)))
    rest = np.sqrt(within) * rng.standard_normal((draws, len(targets.means)))
    noise = np.sqrt(within / model.sizes) * rng.standard_normal((draws, len(model.sizes)))
    strength, turn = np.linalg.eigh(inner)
    turn, strength = turn[:, strength > TINY], strength[strength > TINY]
    pushed = np.sqrt(within) * rng.standard_normal((draws, len(strength)))
    left = within * rng.chisquare(max(model.n - len(model.sizes) - len(strength), 0), draws)
    inside, place = targets.sampled, targets.place[targets.sampled]
    means = noise.copy()
    means[:, place] += effects[:, inside]
    cross = (model.sizes * means) @ model.means + (pushed * np.sqrt(strength)) @ turn.T
    square = (model.sizes * means**2).sum(axis=1) + (pushed**2).sum(axis=1) + left
    outcomes = Outcomes(means, cross, square)
    again = model.parts(model.ratios(outcomes), outcomes)
    truth = effects + np.sqrt((1 - targets.fraction) / targets.population) * rest
    truth[:, inside] += targets.fraction[inside] * noise[:, place]
    return np.asarray(((predict(again, outcomes, targets) - truth) ** 2).mean(axis=0))
