"""Does the model fit? Its chi-squared against those of samples in which it holds (Bollen–Stine bootstrap)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.parallel import fan_out
from pipeline.sem.engine.bootstrap import PIECE, Answers, resampled
from pipeline.sem.engine.chisquare import degrees_of_freedom
from pipeline.sem.engine.optimise import Target, maximise
from pipeline.sem.engine.ram import Model
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.saturated import saturated


@dataclass(frozen=True)
class BollenStine:
    """χ² of the answers, of each draw (NaN where it has no solution), and how often those are as large."""

    statistic: float
    draws: np.ndarray
    df: int

    @property
    def failed(self) -> int:
        return int(np.isnan(self.draws).sum())

    @property
    def p(self) -> float:
        """(1 + draws as large) / (1 + draws): never zero (Davison & Hinkley 1997, section 4.2)."""
        good = self.draws[~np.isnan(self.draws)]
        return float((1 + (good >= self.statistic).sum()) / (1 + len(good)))


@known_options
def bollen_stine(result: Result, draws: int = 1000, seed: int = 1) -> BollenStine:
    """The test of exact fit without assuming normal answers (Bollen & Stine 1992, Sociol. Methods Res. 21, 205–229).

    Answers are turned so that the model holds in them, z = Σ̂^½ S^−½ (y − ȳ) + μ̂, with everything else about their
    distribution as it is; persons (or whole clusters) are drawn from these, and the model fitted to each draw. With
    answers missing, S and ȳ are the unrestricted estimates by maximum likelihood, and each person's answers are turned
    by the parts of the matrices that they have (Enders 2002, Structural Equation Modeling 9, 352–370). Complete
    answers: lavaan's ``bootstrapLavaan(type = "bollen.stine")``.

    Raises ModelError for a model without degrees of freedom or with fixed covariates, and few draws with a solution.
    """
    state, df = result.state, degrees_of_freedom(result.state)
    if df < 1:
        raise ModelError("a model without degrees of freedom fits whatever there is", todo="There is nothing to test.")
    if state.exogenous:
        raise ModelError("models with fixed covariates have no bootstrap", todo="Leave the test out, or fixed_x=False.")
    if draws < 2:
        raise ModelError("a bootstrap needs two draws at least", count=draws)
    groups = tuple(
        (_turned(group.y, implied, (h1.mean, h1.covariance)), group.label, group.weights, group.clusters)
        for group, implied, h1 in zip(state.data.groups, state.implied, state.saturated, strict=True)
    )
    seeds = np.random.SeedSequence(seed).spawn(draws)
    pieces = [(seeds[start : start + PIECE],) for start in range(0, draws, PIECE)]
    variables = state.data.variables
    found = np.concatenate(fan_out(_statistics, pieces, (state.model, groups, state.optimum.x, variables)))
    if np.isfinite(found).sum() < draws / 2:
        raise ModelError(
            "the model has a solution in less than half of the draws", count=draws, todo="Simplify the model."
        )
    statistic = 2 * (sum(h1.loglik for h1 in state.saturated) - state.optimum.loglik)
    return BollenStine(statistic, found, df)


def _turned(y: np.ndarray, implied: tuple[np.ndarray, np.ndarray], found: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Answers (persons × variables, NaN for missing) of which the model's moments hold, pattern by pattern."""
    turned = np.full_like(y, np.nan)
    patterns, of = np.unique(~np.isnan(y), axis=0, return_inverse=True)
    for number, has in enumerate(patterns):
        rows, part = np.flatnonzero(of.ravel() == number), np.ix_(has, has)
        back = _root(found[1][part], -0.5) @ _root(implied[1][part], 0.5)
        turned[np.ix_(rows, np.flatnonzero(has))] = (y[rows][:, has] - found[0][has]) @ back + implied[0][has]
    return turned


def _root(matrix: np.ndarray, power: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, np.finfo(float).tiny) ** power) @ vectors.T)


def _statistics(
    model: Model,
    groups: tuple[Answers, ...],
    start: np.ndarray,
    variables: tuple[str, ...],
    seeds: list[np.random.SeedSequence],
) -> np.ndarray:
    return np.array([_statistic(model, groups, start, variables, np.random.default_rng(seed)) for seed in seeds])


def _statistic(
    model: Model,
    answers: tuple[Answers, ...],
    start: np.ndarray,
    variables: tuple[str, ...],
    generator: np.random.Generator,
) -> float:
    groups = tuple(resampled(*group, generator) for group in answers)
    optimum = maximise(Target(model, groups), start)
    if not optimum.is_converged:
        return np.nan
    try:
        unrestricted = [saturated(group, variables) for group in groups]
    except ModelError:
        return np.nan
    if not all(one.is_converged for one in unrestricted):
        return np.nan
    return max(2 * (sum(one.loglik for one in unrestricted) - optimum.loglik), 0.0)
