"""Bootstrap intervals: the model fitted again to persons drawn with replacement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.parallel import fan_out
from pipeline.sem.engine.data import GroupData, group_data
from pipeline.sem.engine.fitting import check_level
from pipeline.sem.engine.intervals import Interval, bootstrap_intervals
from pipeline.sem.engine.optimise import Target, maximise
from pipeline.sem.engine.ram import Model
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.standardise import derivative_steps

PIECE = 25  # draws handed to a worker at once
Answers = tuple[np.ndarray, str | None, np.ndarray | None, np.ndarray | None]
"""One group's answers: persons × variables, its label, weights and clusters."""


@dataclass(frozen=True)
class Bootstrap:
    """Draws × free parameters (NaN rows where a draw did not converge), and their summary."""

    draws: np.ndarray
    table: pl.DataFrame
    failed: int
    level: float = 0.95
    interval: Interval = "percentile"

    def of(self, result: Result, function: Callable[[np.ndarray], np.ndarray], names: Sequence[str]) -> pl.DataFrame:
        """One row per name: functions of the parameters (… × parameters → … × names), of the ``result`` drawn from."""
        return _summary(result, self.draws, function, self.level, self.interval).insert_column(
            0, pl.Series("name", list(names))
        )


@known_options
def bootstrap(
    result: Result, draws: int = 1000, seed: int = 1, level: float = 0.95, interval: Interval = "percentile"
) -> Bootstrap:
    """One row per free parameter: estimate, bootstrap standard error and interval.

    Persons are drawn within groups; whole clusters where the answers are clustered. Each draw has its own seed, so
    the result does not depend on who runs them (see ``pipeline.parallel``). Draws that do not converge are left out and
    counted. ``interval``: percentile, or bca, whose acceleration is that of the persons' (or clusters') influence.

    Raises ModelError for models with fixed covariates, whose moments each draw would change, a level that is none, or
    too few draws, or draws that converged.
    """
    if result.state.exogenous:
        raise ModelError(
            "models with fixed covariates have no bootstrap",
            todo="Use robust standard errors, or fixed_x=False.",
        )
    check_level(level)
    if draws < 2:
        raise ModelError("a bootstrap needs two draws at least", count=draws)
    if interval not in ("percentile", "bca"):
        raise ModelError(f"unknown interval {interval!r}", where="interval", todo="Use percentile or bca.")
    state = result.state
    seeds = np.random.SeedSequence(seed).spawn(draws)
    pieces = [(seeds[start : start + PIECE],) for start in range(0, draws, PIECE)]
    groups = tuple((group.y, group.label, group.weights, group.clusters) for group in state.data.groups)
    values = np.vstack(fan_out(_draws, pieces, (state.model, groups, state.optimum.x)))
    good = ~np.isnan(values).any(1)
    if good.sum() < 2:
        raise ModelError("the model converged in fewer than two draws", count=draws, todo="Simplify the model.")
    ends = [(row.lhs, row.op, row.rhs, state.data.groups[row.group - 1].label) for row in state.model.free]
    named = pl.DataFrame(ends, ["lhs", "op", "rhs", "group"], orient="row", infer_schema_length=None)
    summary = _summary(result, values, lambda theta: theta, level, interval)
    return Bootstrap(values, named.hstack(summary.get_columns()), int((~good).sum()), level, interval)


def _summary(
    result: Result, draws: np.ndarray, function: Callable[[np.ndarray], np.ndarray], level: float, interval: Interval
) -> pl.DataFrame:
    """Estimate, standard error and interval of functions of the parameters."""
    theta = result.state.theta
    estimate, values = function(theta), function(draws)
    values = values[np.isfinite(values).all(axis=1)]
    influence = _influence(result, function) if interval == "bca" else None
    ends = bootstrap_intervals(values, estimate, influence, level, interval)
    return pl.DataFrame(
        {
            "estimate": estimate, "std_error": values.std(axis=0, ddof=1), "conf_low": ends[:, 0],
            "conf_high": ends[:, 1],
        }
    )  # fmt: skip


def _influence(result: Result, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What each person (or cluster) moves of each function, to first order: persons × functions."""
    state = result.state
    found = []
    for point, delta in zip(state.place.points, state.place.deltas, strict=True):
        scores = point.scores(state.kept[:, None] * (delta @ state.model.basis))
        if point.data.clusters is not None:
            codes = np.unique(point.data.clusters, return_inverse=True)[1]
            sums = np.zeros((int(codes.max()) + 1, scores.shape[1]))
            np.add.at(sums, codes, scores)
            scores = sums
        found.append(scores)
    moved = np.vstack(found) @ state.inverse @ state.model.basis.T
    theta, steps = state.theta, derivative_steps(state.theta, state.covariance)
    slopes = np.stack([(function(theta + one) - function(theta - one)) for one in np.diag(steps)]) / (
        2 * steps[:, None]
    )
    return np.asarray(moved @ slopes)


def _draws(
    model: Model, groups: tuple[Answers, ...], start: np.ndarray, seeds: list[np.random.SeedSequence]
) -> np.ndarray:
    return np.array([_draw(model, groups, start, np.random.default_rng(seed)) for seed in seeds])


def _draw(model: Model, answers: tuple[Answers, ...], start: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    groups = tuple(resampled(*group, generator) for group in answers)
    optimum = maximise(Target(model, groups), start)
    theta = model.full(optimum.x)
    return theta if optimum.is_converged else np.full(len(theta), np.nan)


def resampled(
    y: np.ndarray,
    label: str | None,
    weights: np.ndarray | None,
    clusters: np.ndarray | None,
    generator: np.random.Generator,
) -> GroupData:
    if clusters is None:
        rows = generator.integers(0, len(y), len(y))
    else:
        codes = np.unique(clusters)
        members = [np.flatnonzero(clusters == code) for code in codes]
        rows = np.concatenate([members[k] for k in generator.integers(0, len(codes), len(codes))])
    return group_data(y[rows], label, None if weights is None else weights[rows])
