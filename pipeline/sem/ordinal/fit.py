"""Fit factor models of ordered items: from answers to thresholds and correlations to estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.data import Data, prepare
from pipeline.sem.engine.grounds import weak_grounds
from pipeline.sem.engine.table import Linear, Parameter
from pipeline.sem.ordinal.answers import answer_levels, ordered_codes
from pipeline.sem.ordinal.fitting import OrdinalFitting
from pipeline.sem.ordinal.model import OrdinalModel, ordinal_model
from pipeline.sem.ordinal.polychoric import OrdinalMoments, ordinal_moments
from pipeline.sem.ordinal.result import OrdinalResult
from pipeline.sem.ordinal.starts import start_points


@dataclass(frozen=True)
class OrdinalData:
    """Thresholds and correlations by group, over persons who answered an item (pairwise) or every item (listwise)."""

    items: tuple[str, ...]
    levels: tuple[int, ...]  # answers of each item
    answers: Data
    moments: tuple[OrdinalMoments, ...]

    @property
    def labels(self) -> tuple[str | None, ...]:
        return tuple(group.label for group in self.answers.groups)

    @property
    def complete(self) -> int:
        """Persons who answered every item."""
        return sum(int((~np.isnan(group.y)).all(1).sum()) for group in self.answers.groups)


def ordinal_data(
    frame: pl.DataFrame, items: Sequence[str], fitting: OrdinalFitting, alike: Sequence[Sequence[str]] = ()
) -> OrdinalData:
    """``alike``: items with the same answers (one item at several waves), coded together.

    Raises ModelError where an item has too few or too many different answers, or a group does not give one of them.
    """
    data = prepare(
        frame, items, missing="listwise" if fitting.missing == "listwise" else "fiml", group=fitting.group,
        cluster=fitting.cluster, weights=fitting.weights,
    )  # fmt: skip
    values = answer_levels(np.vstack([group.y for group in data.groups]), items, alike)
    levels = tuple(len(values[item]) for item in items)
    moments = tuple(
        ordinal_moments(ordered_codes(group.y, items, values), items, group, levels) for group in data.groups
    )
    return OrdinalData(tuple(items), levels, data, moments)


def fit_ordinal(
    rows: Sequence[Parameter], data: OrdinalData, fitting: OrdinalFitting, rules: Sequence[Linear] = ()
) -> OrdinalResult:
    """Estimates of a table of factors, thresholds and scales: the best of several searches. ``rules``: linear
    constraints of labelled parameters.

    Raises ModelError if the result cannot stand.
    """
    model = ordinal_model(rows, data.items, data.levels, len(data.moments), rules)
    best, reached, converged = np.inf, np.zeros(len(model.free)), False
    for start in start_points(model, data.moments, fitting.starts, fitting.seed):
        theta, value, ended = _least_squares(model, data.moments, start)
        if np.isfinite(value) and (ended, -value) > (converged, -best + 1e-9 * min(abs(best), 1.0)):
            best, reached, converged = value, theta, ended
    result = OrdinalResult(model, data.answers, data.moments, reached, converged, _notes(data, model))
    if fitting.gate and result.problems:
        raise ModelError("; ".join(result.problems), where="model of ordered items", todo="The result is withheld.")
    return result


def _notes(data: OrdinalData, model: OrdinalModel) -> tuple[str, ...]:
    """Who was left out, who answered in part, and on what the result rests."""
    found, n = [], data.answers.n
    if data.answers.dropped:
        persons = "person" if data.answers.dropped == 1 else "persons"
        found.append(f"{data.answers.dropped:,} {persons} without the answers needed left out")
    if data.complete < n:
        found.append(f"{n - data.complete:,} of {n:,} persons answered in part: each pair of items by those with both")
    return (*found, *weak_grounds(data.answers, int(model.basis.shape[1])))


def _least_squares(
    model: OrdinalModel, moments: Sequence[OrdinalMoments], x: np.ndarray
) -> tuple[np.ndarray, float, bool]:
    """θ, the weighted squared differences left, and whether the search ended: Gauss–Newton with step halving."""
    total = sum(part.total for part in moments)
    weights = np.concatenate([(part.total - 1) / total / part.spread for part in moments])
    seen = np.concatenate([part.vector for part in moments])

    def gap(values: np.ndarray) -> np.ndarray:
        return np.asarray(seen - np.concatenate(model.implied(model.full(values))))

    value = float(weights @ gap(x) ** 2)
    for _ in range(500):
        theta = model.full(x)
        delta = np.vstack(model.jacobians(theta)) @ model.basis
        pull = weights[:, None] * delta
        step = np.linalg.lstsq(delta.T @ pull, pull.T @ gap(x), rcond=None)[0]
        promised = float(step @ (pull.T @ gap(x)))
        if promised < 1e-16:
            return theta, value, True
        length = 1.0
        while not (moved := float(weights @ gap(x + length * step) ** 2)) <= value and length > 1e-10:
            length *= 0.5
        if length <= 1e-10:
            return theta, value, promised < 1e-12
        x, value = x + length * step, moved
    return model.full(x), value, False
