"""Lags put on one interval: what a lag over fifteen months would be over a year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.result import Result
from pipeline.sem.families.panel_model import PanelModel


@known_options
def continuous_time(result: Result, unit: float = 1.0) -> pl.DataFrame:
    """One row per lag and wave: as estimated over its own interval, and rescaled to ``unit`` of the times given.

    The lag matrix A of an interval Δ follows from a drift matrix D by A = exp(D Δ); rescaled: A^(unit/Δ) = exp(D unit)
    (Kuiper & Ryan 2018, Structural Equation Modeling 25). Standard errors by the delta method. Where A has no real
    power of that kind (an eigenvalue not positive, a sign that no continuous process gives) the rescaled values are
    null and ``note`` says so. Columns: from, to, wave, interval, group, lag, std_error, rescaled, rescaled_error, note.

    Raises ModelError if the model was fitted without ``times``.
    """
    model, intervals = result.details.get("panel"), result.details.get("intervals")
    if not isinstance(model, PanelModel) or not isinstance(intervals, Sequence):
        raise ModelError("the model has no times", todo="Fit it with times, one a wave.")
    free = result.state.model.free
    at = {(row.lhs, row.rhs, row.group): k for k, row in enumerate(free) if row.op == "~"}
    rows: list[dict[str, Any]] = []
    for group, data in enumerate(result.state.data.groups, start=1):
        for wave in range(2, min(len(model.parts(name)) for name in model.names) + 1):
            cells = {
                (to, source): at.get((f"w{to}{wave}", f"w{source}{wave - 1}", group))
                for to in model.names
                for source in model.names
            }
            part = _interval(result, model.names, cells, float(intervals[wave - 2]), unit)
            head = {"wave": wave, "interval": float(intervals[wave - 2]), "group": data.label}
            rows += [row | head for row in part]
    order = ["from", "to", "wave", "interval", "group", "lag", "std_error", "rescaled", "rescaled_error", "note"]
    return pl.DataFrame(rows, infer_schema_length=None).select(order)


def _interval(
    result: Result, names: Sequence[str], cells: dict[tuple[str, str], int | None], interval: float, unit: float
) -> list[dict[str, Any]]:
    """The lags of one interval, raw and rescaled."""
    theta, covariance = result.state.theta, result.state.covariance

    def lags(values: np.ndarray) -> np.ndarray:
        return np.array([[_value(values, cells[to, source]) for source in names] for to in names])

    def rescaled(values: np.ndarray) -> np.ndarray:
        power = matrix_power(lags(values), unit / interval)
        return np.full(len(cells), np.nan) if power is None else power.ravel()

    power = rescaled(theta)
    possible = bool(np.isfinite(power).all())
    read = sorted({at for at in cells.values() if at is not None})
    derived = result.derived(rescaled, [f"{to}_{source}" for to, source in cells], read) if possible else None
    rows = []
    for k, ((to, source), at) in enumerate(cells.items()):
        rows.append({
            "from": source, "to": to, "lag": _value(theta, at),
            "std_error": 0.0 if at is None else float(np.sqrt(covariance[at, at])),
            "rescaled": float(power[k]) if possible else None,
            "rescaled_error": derived["std_error"][k] if derived is not None else None,
            "note": None if possible else "no continuous-time process gives these lags: not rescaled",
        })  # fmt: skip
    return rows


def _value(values: np.ndarray, at: int | None) -> float:
    return 0.0 if at is None else float(values[at])


def matrix_power(matrix: np.ndarray, power: float) -> np.ndarray | None:
    """matrix^power by its eigenvalues; None if one is not positive (or complex on the negative side)."""
    values, vectors = np.linalg.eig(matrix)
    real = np.isreal(values)
    if (values.real[real] <= 0).any() or np.linalg.cond(vectors) > 1e8:
        return None
    result = vectors @ np.diag(values.astype(complex) ** power) @ np.linalg.inv(vectors)
    return result.real if np.abs(result.imag).max() < 1e-8 else None
