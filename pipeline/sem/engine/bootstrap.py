"""Bootstrap intervals: the model fitted again to persons drawn with replacement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.data import Data, GroupData, group_data
from pipeline.sem.engine.optimise import Target, maximise
from pipeline.sem.engine.ram import Model
from pipeline.sem.engine.result import Result


@dataclass(frozen=True)
class Bootstrap:
    """Draws × free parameters (NaN rows where a draw did not converge), and their summary."""

    draws: np.ndarray
    table: pl.DataFrame
    failed: int


def bootstrap(result: Result, draws: int = 1000, seed: int = 1, level: float = 0.95, jobs: int = 1) -> Bootstrap:
    """One row per free parameter: estimate, bootstrap standard error and percentile interval.

    Persons are drawn within groups; whole clusters where the answers are clustered. Each draw has its own seed, so
    the result does not depend on ``jobs`` (joblib workers). Draws that do not converge are left out and counted.

    Raises ModelError for models with covariates, whose moments each draw would change, or too few draws.
    """
    if result.state.exogenous:
        raise ModelError("the bootstrap does not serve models with covariates", todo="Use robust standard errors.")
    if draws < 2:
        raise ModelError("a bootstrap needs two draws at least", count=draws)
    from joblib import Parallel, delayed

    state = result.state
    seeds = np.random.SeedSequence(seed).spawn(draws)
    parts = np.array_split(np.arange(draws), max(1, min(jobs * 4, draws)))
    run = delayed(_draws)
    found = Parallel(n_jobs=jobs)(
        run(state.model, state.data, state.optimum.x, [seeds[k] for k in part]) for part in parts
    )
    values = np.vstack(found)
    good = ~np.isnan(values).any(1)
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


def _draws(model: Model, data: Data, start: np.ndarray, seeds: list[np.random.SeedSequence]) -> np.ndarray:
    return np.array([_draw(model, data, start, np.random.default_rng(seed)) for seed in seeds])


def _draw(model: Model, data: Data, start: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    groups = tuple(_resampled(group, generator) for group in data.groups)
    optimum = maximise(Target(model, groups), start)
    theta = model.full(optimum.x)
    return theta if optimum.is_converged else np.full(len(theta), np.nan)


def _resampled(group: GroupData, generator: np.random.Generator) -> GroupData:
    if group.clusters is None:
        rows = generator.integers(0, group.n, group.n)
    else:
        codes = np.unique(group.clusters)
        members = [np.flatnonzero(group.clusters == code) for code in codes]
        rows = np.concatenate([members[k] for k in generator.integers(0, len(codes), len(codes))])
    return group_data(group.y[rows], group.label, None if group.weights is None else group.weights[rows])
