"""Bootstrap intervals: the model fitted again to persons drawn with replacement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.parallel import fan_out
from pipeline.sem.engine.data import GroupData, group_data
from pipeline.sem.engine.fitting import check_level
from pipeline.sem.engine.optimise import Target, maximise
from pipeline.sem.engine.ram import Model
from pipeline.sem.engine.result import Result

PIECE = 25  # draws handed to a worker at once
Answers = tuple[np.ndarray, str | None, np.ndarray | None, np.ndarray | None]
"""One group's answers: persons × variables, its label, weights and clusters."""


@dataclass(frozen=True)
class Bootstrap:
    """Draws × free parameters (NaN rows where a draw did not converge), and their summary."""

    draws: np.ndarray
    table: pl.DataFrame
    failed: int


@known_options
def bootstrap(result: Result, draws: int = 1000, seed: int = 1, level: float = 0.95) -> Bootstrap:
    """One row per free parameter: estimate, bootstrap standard error and percentile interval.

    Persons are drawn within groups; whole clusters where the answers are clustered. Each draw has its own seed, so
    the result does not depend on who runs them (see ``pipeline.parallel``). Draws that do not converge are left out and
    counted.

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
    state = result.state
    seeds = np.random.SeedSequence(seed).spawn(draws)
    pieces = [(seeds[start : start + PIECE],) for start in range(0, draws, PIECE)]
    groups = tuple((group.y, group.label, group.weights, group.clusters) for group in state.data.groups)
    values = np.vstack(fan_out(_draws, pieces, (state.model, groups, state.optimum.x)))
    good = ~np.isnan(values).any(1)
    if good.sum() < 2:
        raise ModelError("the model converged in fewer than two draws", count=draws, todo="Simplify the model.")
    tail = (1 - level) / 2
    low, high = np.quantile(values[good], [tail, 1 - tail], axis=0)
    rows = [
        (row.lhs, row.op, row.rhs, state.data.groups[row.group - 1].label, float(state.theta[k]),
         float(values[good, k].std(ddof=1)), float(low[k]), float(high[k]))
        for k, row in enumerate(state.model.free)
    ]  # fmt: skip
    names = ["lhs", "op", "rhs", "group", "estimate", "std_error", "conf_low", "conf_high"]
    table = pl.DataFrame(rows, names, orient="row", infer_schema_length=None)
    return Bootstrap(values, table, int((~good).sum()))


def _draws(
    model: Model, groups: tuple[Answers, ...], start: np.ndarray, seeds: list[np.random.SeedSequence]
) -> np.ndarray:
    return np.array([_draw(model, groups, start, np.random.default_rng(seed)) for seed in seeds])


def _draw(model: Model, answers: tuple[Answers, ...], start: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    groups = tuple(_resampled(*group, generator) for group in answers)
    optimum = maximise(Target(model, groups), start)
    theta = model.full(optimum.x)
    return theta if optimum.is_converged else np.full(len(theta), np.nan)


def _resampled(
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
