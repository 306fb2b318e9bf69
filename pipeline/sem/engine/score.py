"""Score tests: how much better would a model fit if one restriction were released? (Without fitting it.)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.chisquare import upper_tail
from pipeline.sem.engine.fit import with_covariate_moments
from pipeline.sem.engine.ram import compile_model
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.state import State, symmetric_inverse
from pipeline.sem.engine.table import Parameter, ParameterTable


@known_options
def release_tests(result: Result, labels: Sequence[str] | None = None) -> pl.DataFrame:
    """One row per parameter held equal to others: score χ² (1 df) of releasing it alone, p, expected change.

    Expected information, as lavaan's ``lavTestScore``. Columns: label, lhs, op, rhs, group, chisq, df, p,
    expected_change. Sorted by χ², largest first.
    """
    state = result.state
    rows = state.model.free
    theta_score, information = state.place.score, state.place.theta_information("expected")
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.label] = counts.get(row.label, 0) + 1
    tested = []
    for k, row in enumerate(rows):
        if row.label and counts[row.label] > 1 and (labels is None or row.label in labels):
            direction = np.zeros(len(rows))
            direction[k] = 1.0
            chisq, change = _released(state.model.basis, direction, theta_score, information)
            tested.append(
                (row.label, row.lhs, row.op, row.rhs, _label(state, row), chisq, 1, upper_tail(chisq, 1), change)
            )
    return _frame(tested, "label")


@known_options
def total_release_test(result: Result) -> dict[str, float]:
    """Score test of all equality constraints at once: chisq, df, p.

    df counts the directions that can be distinguished once everything is released; lavaan counts constraints.
    """
    state = result.state
    score, information = state.place.score, state.place.theta_information("expected")
    scale = np.sqrt(information.diagonal())
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    distinct = values > 1e-9
    parts = vectors[:, distinct].T @ (score / scale)
    chisq = float((parts**2 / values[distinct]).sum())
    df = int(distinct.sum()) - state.model.npar
    return {"chisq": chisq, "df": df, "p": upper_tail(chisq, df)}


@known_options
def addition_tests(result: Result, added: Sequence[tuple[str, str, str]]) -> pl.DataFrame:
    """One row per parameter not in the model: score χ² of adding it (modification index), p, expected change.

    ``added`` are (lhs, op, rhs); with groups, each is tested in every group. Raises ModelError if one is in the model.
    """
    state = result.state
    present = {_ends(row) for row in state.model.table.parameters if row.free}
    tested = []
    for lhs, op, rhs in added:
        for group in range(1, len(state.data.groups) + 1):
            new = Parameter(lhs, op, rhs, group, value=0.0)
            if _ends(new) in present:
                raise ModelError("the parameter is in the model already", where=str(new))
            wide, at = _extended(state, new)
            score, information = wide.place.score, wide.place.theta_information("expected")
            direction = np.zeros(len(score))
            direction[at] = 1.0
            basis = np.delete(wide.model.basis, np.flatnonzero(wide.model.basis[at])[0], axis=1)
            chisq, change = _released(basis, direction, score, information)
            tested.append((lhs, op, rhs, _label(state, new), chisq, 1, upper_tail(chisq, 1), change))
    return _frame(tested)


def _frame(rows: list[tuple[Any, ...]], *first: str) -> pl.DataFrame:
    names = [*first, "lhs", "op", "rhs", "group", "chisq", "df", "p", "expected_change"]
    frame = pl.DataFrame(rows, names, orient="row", infer_schema_length=None)
    return frame.sort("chisq", descending=True, maintain_order=True)


def _released(
    basis: np.ndarray, direction: np.ndarray, score: np.ndarray, information: np.ndarray
) -> tuple[float, float]:
    """s′ J⁻¹ s with J the information of the model's parameters and one more direction; and the change along it."""
    wide = np.column_stack([basis, direction])
    inverse = symmetric_inverse(wide.T @ information @ wide)
    step = inverse @ (wide.T @ score)
    return float((wide.T @ score) @ step), float((wide @ step)[np.argmax(np.abs(direction))])


def _extended(state: State, new: Parameter) -> tuple[State, int]:
    """The model with one parameter more, at the same values (its fixed value, or zero), and where it stands."""
    kept = [row for row in state.model.table.parameters if not row.exogenous and _ends(row) != _ends(new)]
    fixed = [row.value for row in state.model.table.parameters if _ends(row) == _ends(new)]
    table = ParameterTable((*kept, replace(new, value=fixed[0] if fixed else 0.0)), state.model.table.constraints)
    table = with_covariate_moments(table, state.data, state.saturated, state.exogenous)
    model = compile_model(table, len(state.data.groups), state.data.variables)
    old = {_ends(row): state.theta[k] for k, row in enumerate(state.model.free)}
    theta = np.array([old.get(_ends(row), row.value or 0.0) for row in model.free])
    at = next(k for k, row in enumerate(model.free) if _ends(row) == _ends(new))
    return replace(state, model=model, theta=theta), at


def _ends(row: Parameter) -> tuple[str, str, str, int]:
    lhs, rhs = sorted((row.lhs, row.rhs)) if row.op == "~~" else (row.lhs, row.rhs)
    return lhs, row.op, rhs, row.group


def _label(state: State, row: Parameter) -> str | None:
    return state.data.groups[row.group - 1].label
