"""The theta parameterisation of ordered items: residual variances of one, in place of latent responses of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.result import with_tests
from pipeline.sem.engine.standardise import derivative_steps
from pipeline.sem.engine.table import Parameter
from pipeline.sem.ordinal.model import OrdinalModel
from pipeline.sem.ordinal.result import OrdinalResult


@known_options
def theta_estimates(result: OrdinalResult) -> pl.DataFrame:
    """One row per parameter and group: the same fit in the theta parameterisation (lavaan's, Mplus's).

    A latent response is divided by its residual standard deviation: by its own, or, where its thresholds are equal to
    those of another group or wave that has a scale of one, by that one's, so that what is equal stays equal. One
    without a residual (``ordinal_riclpm``) is divided by that of the first wave's within-person part. Factors
    take the unit of the item whose loading is one. Fit and standardised values do not change; standard errors are by
    the delta method.

    Raises ModelError for a result that is not of ordered items, or has a residual variance that is not positive.
    """
    if not isinstance(result, OrdinalResult):
        raise ModelError("only ordered items have a theta parameterisation", todo="Give cfa(…, ordered=True).")
    model, theta = result.model, result.theta
    values = _values(model, theta)
    if not np.isfinite(values).all():
        raise ModelError("a residual variance is not positive", where="theta parameterisation")
    jacobian = np.empty((len(values), len(theta)))
    for k, step in enumerate(derivative_steps(theta, result.covariance)):
        up, down = theta.copy(), theta.copy()
        up[k] += step
        down[k] -= step
        jacobian[:, k] = (_values(model, up) - _values(model, down)) / (2 * step)
    variance = ((jacobian @ result.covariance) * jacobian).sum(axis=1)
    errors = np.where(variance > 1e-16, np.sqrt(np.maximum(variance, 0.0)), 0.0)
    frame = result.estimates.with_columns(estimate=pl.Series(values), std_error=pl.Series(errors))
    return with_tests(frame.select("lhs", "op", "rhs", "group", "label", "estimate", "std_error", "std_all"))


def _values(model: OrdinalModel, theta: np.ndarray) -> np.ndarray:
    """Each row's value, in the order of the rows."""
    rows = [(row, value) for row, value, _, _ in model.solution(theta)]
    items = set(model.items)
    residual = {(row.lhs, row.group): value for row, value in rows if row.op == "~~" and row.lhs == row.rhs in items}
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = {(item, group): float(1 / np.sqrt(residual[_reference(model, item, group)])) for item, group in residual}
        unit |= _first_parts(rows)
    for row, _ in rows:
        if row.op == "=~" and not row.free and row.value:
            unit.setdefault((row.lhs, row.group), unit[row.rhs, row.group])
    return np.array([value * _factor(row, unit) for row, value in rows])


def _first_parts(rows: Sequence[tuple[Parameter, float]]) -> dict[tuple[str, int], float]:
    """Units of items without a residual: of the part that only the first of those with the same thresholds has."""
    scaled = {row.lhs for row, _ in rows if row.op == "~*~"}
    shared = {row.label: row.lhs for row, _ in reversed(rows) if row.op == "|" and row.label}
    measured: dict[str, list[str]] = {}
    for row, _ in rows:
        if row.op == "=~" and row.value:
            measured.setdefault(row.lhs, []).append(row.rhs)
    own = {items[0]: factor for factor, items in measured.items() if len(items) == 1}
    spread = {row.lhs: value for row, value in rows if row.op == "~~" and row.lhs == row.rhs}
    found = {}
    for row, _ in rows:
        if row.op == "|" and row.rhs == "t1" and row.lhs not in scaled:
            found[row.lhs, row.group] = float(1 / np.sqrt(spread[own[shared.get(row.label, row.lhs)]]))
    return found


def _factor(row: Parameter, unit: dict[tuple[str, int], float]) -> float:
    own = unit.get((row.lhs, row.group), 1.0)
    if row.op == "=~":
        return unit.get((row.rhs, row.group), 1.0) / own
    if row.op == "~":
        return own / unit.get((row.rhs, row.group), 1.0)
    if row.op == "~~":
        return own * unit.get((row.rhs, row.group), 1.0)
    return 1 / own if row.op == "~*~" else own


def _reference(model: OrdinalModel, item: str, group: int) -> tuple[str, int]:
    """The item and group whose residual has a variance of one: its own, or that which its thresholds are equal to."""
    scales = {(row.lhs, row.group): row.free for row in model.rows if row.op == "~*~"}
    if not scales.get((item, group), False):
        return item, group
    labels = {row.label for row in model.rows if row.op == "|" and (row.lhs, row.group) == (item, group) and row.label}
    for row in model.rows:
        if row.op == "|" and row.label in labels and not scales.get((row.lhs, row.group), False):
            return row.lhs, row.group
    return item, group
