"""The baseline model of fit indices: no two variables (other than covariates) covary."""

from __future__ import annotations

import numpy as np

from pipeline.sem.engine.fit import covariate_loglik, with_covariate_moments
from pipeline.sem.engine.optimise import Optimum, Target
from pipeline.sem.engine.ram import compile_model
from pipeline.sem.engine.state import State
from pipeline.sem.engine.table import Parameter, ParameterTable


def baseline(state: State) -> State:
    """The independence model on the same data; its estimates are the available-case means and variances.

    Made once for the models of the same answers, covariates and estimator.
    """
    key = ("baseline", state.exogenous, state.estimator, state.kind)
    if key not in state.data.found:
        state.data.found[key] = _baseline(state)
    known: State = state.data.found[key]
    return known


def _baseline(state: State) -> State:
    rows = []
    for group, data in enumerate(state.data.groups, start=1):
        mean, variance = data.available()
        for k, name in enumerate(state.data.variables):
            rows.append(Parameter(name, "~1", group=group, value=float(mean[k])))
            rows.append(Parameter(name, "~~", name, group, value=float(variance[k])))
    table = ParameterTable(tuple(rows))
    table = with_covariate_moments(table, state.data, state.saturated, state.exogenous)
    model = compile_model(table, len(state.data.groups), state.data.variables)
    theta = np.array([row.value for row in model.free])
    value = Target(model, state.data.groups).value(theta) - sum(covariate_loglik(state.data, state.exogenous))
    optimum = Optimum(theta, value, np.zeros(len(theta)), 0.0, 0, True)
    null = State(model, state.data, state.saturated, theta, optimum, state.estimator, state.kind, state.exogenous)
    if state.robust or state.data.missing == "fiml":
        # the unrestricted moments are the same: what was worked out about them need not be again
        null.__dict__["saturated_bread"] = state.saturated_bread
    if state.robust:
        null.__dict__["saturated_meat"] = state.saturated_meat
    return null
