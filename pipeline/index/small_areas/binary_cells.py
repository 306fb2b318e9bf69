"""Yes or no in cells: a logit with random intercepts by Laplace's approximation, as R's ``lme4::glmer`` (nAGQ = 1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.errors import CohesionError
from pipeline.index.small_areas.random_terms import FloatArray, Terms, lowest

STEPS = 100
FAR = 12.0
"""Logits beyond which a chance is as good as certain."""


@dataclass(frozen=True)
class BinaryCells:
    """``count`` of each cell (C), and of them the ``ones``."""

    terms: Terms
    count: FloatArray
    ones: FloatArray

    def mode(self, theta: FloatArray, beta: FloatArray, start: FloatArray) -> Mode:
        """The most likely random effects at given parameters: Newton's method, halved where it does not rise."""
        terms, spread = self.terms, self.terms.spread(theta)
        fixed, effects = terms.design @ beta, start

        def height(at: FloatArray) -> float:
            linear = fixed + terms.add(spread * at)
            return float(self.ones @ linear - self.count @ np.logaddexp(0, linear) - 0.5 * at @ at)

        now = height(effects)
        for _ in range(STEPS):
            chance = _logistic(fixed + terms.add(spread * effects))
            curve = spread[:, None] * terms.cross(self.count * chance * (1 - chance)) * spread + np.eye(len(spread))
            slope = spread * terms.collect(self.ones - self.count * chance) - effects
            step = np.linalg.solve(curve, slope)
            while height(effects + step) < now - 1e-12 * (1 + abs(now)) and np.abs(step).max() > 1e-14:
                step = step / 2
            effects = effects + step
            now = height(effects)
            if np.abs(step).max() < 1e-13 * (1 + np.abs(effects).max()):
                break
        return Mode(self, theta, beta, effects, now)

    def fit(self, start: FloatArray | None = None) -> Mode:
        """The fit by Laplace's approximation; from a ``start``, as near to it as a bootstrap needs.

        Raises CohesionError where a cell's answer can be told for certain (not from a ``start``).
        """
        K = len(self.terms.sizes)
        last = {"effects": np.zeros(int(self.terms.starts[-1]))}

        def deviance(at: FloatArray) -> tuple[float, FloatArray]:
            mode = self.mode(at[:K], at[K:], last["effects"])
            last["effects"] = mode.effects
            return mode.deviance, mode.slope()

        if start is not None:
            begin = np.concatenate([np.maximum(start[:K], 0.1), start[K:]])
            found = lowest(deviance, begin, K, exact=False)
            return self.mode(found[:K], found[K:], last["effects"])
        share = np.clip(self.ones.sum() / self.count.sum(), 1e-3, 1 - 1e-3)
        beta, *_ = np.linalg.lstsq(self.terms.design, np.full(len(self.count), np.log(share / (1 - share))), rcond=None)
        found = lowest(deviance, np.concatenate([np.full(K, 0.3), beta]), K)
        if np.abs(self.terms.design @ found[K:]).max() > FAR:
            raise CohesionError(
                "a category in which everybody, or nobody, says yes: its fixed effect has no bound",
                where="people",
                todo="Name its variable in `random`, or merge its categories.",
            )
        return self.mode(found[:K], found[K:], last["effects"])


@dataclass(frozen=True)
class Mode:
    """Random effects b (q) of standard deviation one at their mode, and the penalised log-likelihood there."""

    cells: BinaryCells
    theta: FloatArray
    beta: FloatArray
    effects: FloatArray
    height: float

    @property
    def parameters(self) -> FloatArray:
        """Where a fit to similar data may start."""
        return np.concatenate([self.theta, self.beta])

    @cached_property
    def chance(self) -> FloatArray:
        terms = self.cells.terms
        return _logistic(terms.design @ self.beta + terms.add(terms.spread(self.theta) * self.effects))

    @cached_property
    def weight(self) -> FloatArray:
        return np.asarray(self.cells.count * self.chance * (1 - self.chance))

    @cached_property
    def curve(self) -> FloatArray:
        spread = self.cells.terms.spread(self.theta)
        return np.asarray(spread[:, None] * self.cells.terms.cross(self.weight) * spread + np.eye(len(spread)))

    @property
    def deviance(self) -> float:
        """-2 × Laplace's log-likelihood, without the binomial coefficients."""
        return float(-2 * self.height + np.linalg.slogdet(self.curve)[1])

    def slope(self) -> FloatArray:
        """The derivative of ``deviance`` by (theta, beta), the mode moving with them."""
        terms, cells = self.cells.terms, self.cells
        spread, chance, weight = terms.spread(self.theta), self.chance, self.weight
        inverse = np.linalg.inv(self.curve)
        columns = terms.columns
        hat = np.asarray(sum(
            spread[one] * spread[other] * inverse[one, other] for one in columns for other in columns
        ))  # fmt: skip
        third = hat * weight * (1 - 2 * chance)
        left = cells.ones - cells.count * chance
        moved = (
            terms.design
            - terms.add(
                (spread[:, None] * (inverse @ (spread[:, None] * terms.collect(terms.design * weight[:, None])))).T
            ).T
        )
        by_beta = -2 * (terms.design.T @ left) + moved.T @ third
        by_theta = np.zeros(len(terms.sizes))
        crossed = terms.cross(weight)
        for at, size in enumerate(terms.sizes):
            own = slice(int(terms.starts[at]), int(terms.starts[at]) + size)
            raised = np.zeros(len(spread))
            raised[own] = self.effects[own]
            pushed = terms.add(raised)
            step = -spread * terms.collect(weight * pushed)
            step[own] += terms.collect(left)[own]
            shift = pushed + terms.add(spread * (inverse @ step))
            trace = 2 * float((inverse[own] * (crossed[own] * spread)).sum())
            by_theta[at] = -2 * float(left @ pushed) + trace + float(third @ shift)
        return np.concatenate([by_theta, by_beta])

    @property
    def covariance(self) -> FloatArray:
        """Of (beta, b), given the variances (p + q): the inverse of the curvature of both."""
        terms, weight, spread = self.cells.terms, self.weight, self.cells.terms.spread(self.theta)
        top = terms.design.T @ (terms.design * weight[:, None])
        side = spread[:, None] * terms.collect(terms.design * weight[:, None])
        return np.linalg.inv(np.block([[top, side.T], [side, self.curve]]))

    @property
    def standard_deviations(self) -> FloatArray:
        """Of each random term (K), in logits."""
        return self.theta

    @property
    def residual_variance(self) -> None:
        """A yes or no has none."""
        return

    @property
    def scale(self) -> float:
        """The standard deviation of b without data."""
        return 1.0

    def mean(self, linear: FloatArray) -> FloatArray:
        """What a linear predictor says of the outcome."""
        return _logistic(linear)

    def drawn(self, linear: FloatArray, rng: np.random.Generator) -> BinaryCells:
        """The sample's cells with people drawn anew around ``linear`` (C)."""
        count = self.cells.count
        return BinaryCells(self.cells.terms, count, rng.binomial(count.astype(int), _logistic(linear)).astype(float))

    def information(self) -> FloatArray:
        """What the people of each cell say of its linear predictor (C), in the inverse of its variance."""
        return self.weight


def _logistic(linear: FloatArray) -> FloatArray:
    from scipy.special import expit

    return np.asarray(expit(linear))
