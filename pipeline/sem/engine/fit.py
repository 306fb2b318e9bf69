"""Fit a parameter table to data: compile, start, climb, check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.errors import ModelError
from pipeline.sem.engine.data import Data, GroupData
from pipeline.sem.engine.optimise import Optimum, Target, maximise
from pipeline.sem.engine.ram import Model, compile_model
from pipeline.sem.engine.saturated import Moments, saturated_moments
from pipeline.sem.engine.starts import start_values
from pipeline.sem.engine.state import State
from pipeline.sem.engine.table import Parameter, ParameterTable


def fit_table(
    table: ParameterTable,
    data: Data,
    *,
    estimator: str = "ML",
    information: str | None = None,
    exogenous: Sequence[str] = (),
    starts: int = 1,
    seed: int = 1,
    near: State | None = None,
) -> State:
    """Maximum likelihood estimates of ``table``.

    ``information`` is observed where answers are missing or the estimator is MLR, expected otherwise (lavaan's
    defaults). ``exogenous`` covariates keep their sample moments and add none to the model (``fixed.x``). Of several
    ``starts`` (the first at the usual values, the rest scattered about them) the highest top is kept. ``near``, a model
    fitted to the same answers, gives the values of the parameters that both have.

    Raises ModelError if more parameters are asked for than there are moments.
    """
    h1 = saturated_moments(data)
    whole = with_covariate_moments(table, data, h1, exogenous)
    model = compile_model(whole, len(data.groups), data.variables)
    _check_count(model, len(exogenous))
    target, first = Target(model, data.groups), model.reduced(start_values(model, h1))
    if near is not None and np.isfinite(target.value(close := model.reduced(near.carried(model, model.full(first))))):
        first = close
    optimum = best_of(target, first, starts, seed)
    if not np.isfinite(optimum.loglik):
        raise ModelError(
            "the model implies no valid covariance matrix at its start values", where=_without_variance(model, first),
            todo="Give each variable a variance (~~), and start values that hold together.",
        )  # fmt: skip
    kind = information or ("expected" if estimator == "ML" and data.missing == "listwise" else "observed")
    less = covariate_loglik(data, exogenous)
    optimum = replace(optimum, loglik=optimum.loglik - sum(less))
    h1 = tuple(replace(one, loglik=one.loglik - part) for one, part in zip(h1, less, strict=True))
    theta = optimum.place.theta if optimum.place is not None else model.full(optimum.x)
    return State(model, data, h1, theta, optimum, estimator, kind, tuple(exogenous))


def _without_variance(model: Model, x: np.ndarray) -> str:
    """The variables whose implied variance is not positive."""
    found: list[str] = []
    for part in model.groups:
        variance = part.implied(model.full(x))[1].diagonal()
        found += [name for name, value in zip(model.observed, variance, strict=True) if not value > 0]
    return ", ".join(dict.fromkeys(found[:6]))


def best_of(target: Target, first: np.ndarray, starts: int, seed: int) -> Optimum:
    """The best of several searches; scattered starts move each value by about a third of its size."""
    best = maximise(target, first) if np.isfinite(target.value(first)) else _unreached(first)
    generator = np.random.default_rng(seed)
    for _ in range(1, starts):
        scattered = first * generator.uniform(0.66, 1.34, len(first)) + generator.normal(0, 0.02, len(first))
        if not np.isfinite(target.value(scattered)):
            continue
        found = maximise(target, scattered)
        if (found.is_converged, found.loglik) > (best.is_converged, best.loglik + 1e-6):
            best = found
    return best


def _unreached(x: np.ndarray) -> Optimum:
    return Optimum(x, -np.inf, np.full(len(x), np.nan), np.inf, 0, False)


def _check_count(model: Model, covariates: int) -> None:
    p = len(model.observed)
    moments = len(model.groups) * (p * (p + 3) - covariates * (covariates + 3)) // 2
    if model.npar > moments:
        raise ModelError(
            f"the model asks for {model.npar} parameters of {moments} means, variances and covariances",
            todo="Set some equal, or leave paths out.",
        )


def with_covariate_moments(
    table: ParameterTable, data: Data, moments: Sequence[Moments], exogenous: Sequence[str]
) -> ParameterTable:
    """The table with each covariate's mean, variance and covariances fixed at the sample's, group by group."""
    if not exogenous:
        return table
    rows = list(table.without_covariate_moments(exogenous).parameters)
    at = {name: k for k, name in enumerate(data.variables)}
    for number, h1 in enumerate(moments, start=1):
        for i, one in enumerate(exogenous):
            value = float(h1.mean[at[one]])
            rows.append(Parameter(one, "~1", group=number, free=False, value=value, exogenous=True))
            for other in exogenous[: i + 1]:
                value = float(h1.covariance[at[one], at[other]])
                rows.append(Parameter(one, "~~", other, number, free=False, value=value, exogenous=True))
    return ParameterTable(tuple(rows), table.constraints)


def covariate_loglik(data: Data, exogenous: Sequence[str]) -> list[float]:
    """Log-likelihood of the covariates alone, by group: what ``fixed.x`` takes off."""
    if not exogenous:
        return [0.0] * len(data.groups)
    columns = [data.variables.index(name) for name in exogenous]
    return [_normal_loglik(group, columns) for group in data.groups]


def _normal_loglik(group: GroupData, columns: Sequence[int]) -> float:
    x = group.y[:, columns]
    weights = np.ones(group.n) if group.weights is None else group.weights
    mean = weights @ x / weights.sum()
    covariance = (weights[:, None] * (x - mean)).T @ (x - mean) / weights.sum()
    logdet = np.linalg.slogdet(covariance)[1]
    return float(-0.5 * float(weights.sum()) * (len(columns) * (1 + np.log(2 * np.pi)) + logdet))
