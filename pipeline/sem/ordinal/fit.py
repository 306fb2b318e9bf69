"""Fit factor models of ordered items: from answers to thresholds and correlations to estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.data import as_frame
from pipeline.sem.engine.table import Parameter
from pipeline.sem.ordinal.model import OrdinalModel, ordinal_model
from pipeline.sem.ordinal.polychoric import OrdinalMoments, answer_levels, ordered_codes, ordinal_moments
from pipeline.sem.ordinal.result import OrdinalResult


@dataclass(frozen=True)
class OrdinalData:
    """Thresholds and correlations by group, over persons who answered every item."""

    items: tuple[str, ...]
    levels: tuple[int, ...]  # answers of each item
    labels: tuple[str | None, ...]
    moments: tuple[OrdinalMoments, ...]
    dropped: int


def ordinal_data(
    frame: pl.DataFrame, items: Sequence[str], group: str | None = None, alike: Sequence[Sequence[str]] = ()
) -> OrdinalData:
    """``alike``: items with the same answers (one item at several waves), coded together.

    Raises ModelError where an item has too few or too many different answers, or a group does not give one of them.
    """
    frame = as_frame(frame)
    if group and group not in frame.columns:
        raise ModelError("the frame has no such column", where=group, todo="Check the name of the group.")
    values = answer_levels(frame, items, alike)
    labels: list[str | None] = [None]
    parts = [frame]
    if group:
        known = frame.filter(pl.col(group).is_not_null()).with_columns(pl.col(group).cast(pl.String))
        labels = known[group].unique(maintain_order=True).to_list()
        parts = [known.filter(pl.col(group) == label) for label in labels]
    levels = tuple(len(values[item]) for item in items)
    moments = tuple(ordinal_moments(ordered_codes(part, items, values), items, levels) for part in parts)
    return OrdinalData(tuple(items), levels, tuple(labels), moments, len(frame) - sum(part.n for part in moments))


def fit_ordinal(rows: Sequence[Parameter], data: OrdinalData, gate: bool = True) -> OrdinalResult:
    """Estimates of a table of factors, thresholds and scales. Raises ModelError if the result cannot stand."""
    model = ordinal_model(rows, data.items, data.levels, len(data.moments))
    theta, converged = _least_squares(model, data.moments)
    result = OrdinalResult(model, data.moments, data.labels, theta, data.dropped, converged)
    if gate:
        _check(result)
    return result


def _least_squares(model: OrdinalModel, moments: Sequence[OrdinalMoments]) -> tuple[np.ndarray, bool]:
    """Gauss–Newton with step halving on the weighted squared differences."""
    total = sum(part.n for part in moments)
    weights = np.concatenate([(part.n - 1) / total / part.gamma.diagonal() for part in moments])
    seen = np.concatenate([part.vector for part in moments])
    x = model.start(moments)

    def gap(values: np.ndarray) -> np.ndarray:
        return np.asarray(seen - np.concatenate(model.implied(model.basis @ values)))

    value = float(weights @ gap(x) ** 2)
    for _ in range(500):
        theta = model.basis @ x
        delta = np.vstack(model.jacobians(theta)) @ model.basis
        pull = weights[:, None] * delta
        step = np.linalg.lstsq(delta.T @ pull, pull.T @ gap(x), rcond=None)[0]
        promised = float(step @ (pull.T @ gap(x)))
        if promised < 1e-16:
            return theta, True
        length = 1.0
        while (moved := float(weights @ gap(x + length * step) ** 2)) > value and length > 1e-10:
            length *= 0.5
        if length <= 1e-10:
            return theta, promised < 1e-12
        x, value = x + length * step, moved
    return model.basis @ x, False


def _check(result: OrdinalResult) -> None:
    """Raises ModelError with what keeps the result from standing."""
    problems = [] if result.is_converged else ["the search did not converge"]
    delta, weights, _ = result.pieces
    information = delta.T @ (weights[:, None] * delta)
    scale = np.sqrt(information.diagonal())
    if (scale == 0).any() or np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < 1e-10:
        problems.append("the model is not identified: set items or groups more equal, or leave factors out")
    negative = result.estimates.filter(
        (pl.col("op") == "~~") & (pl.col("lhs") == pl.col("rhs")) & (pl.col("estimate") < 0)
    )
    problems += [
        f"negative variance of {name} (a Heywood case)" for name in negative["lhs"].unique(maintain_order=True)
    ]
    if problems:
        raise ModelError("; ".join(problems), where="cfa of ordered items", todo="The result is withheld.")
