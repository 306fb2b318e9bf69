"""Where searches for a factor model of ordered items begin: the least squares have false optima where signs differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.sem.engine.table import Parameter
from pipeline.sem.ordinal.model import OrdinalModel
from pipeline.sem.ordinal.polychoric import OrdinalMoments

LEAST = 0.1  # how weakly a marker may measure its factor at the start
INNER = 0.3  # the variance of a factor of factors at the start


def start_points(model: OrdinalModel, moments: Sequence[OrdinalMoments], starts: int, seed: int) -> list[np.ndarray]:
    """Start values of x, best guess first: loadings and signs of each factor's first principal axis; loadings of 1 with
    the signs of the correlations with the first item; of 1; then ``starts − 1`` scattered about the first."""
    axes = [_Axes(model, part, number) for number, part in enumerate(moments, start=1)]
    known = [_values(model, moments, axes, way) for way in ("axis", "signs", "ones")]
    generator = np.random.default_rng(seed)
    scattered = [
        known[0] * generator.uniform(0.5, 1.5, len(known[0])) + generator.normal(0, 0.1, len(known[0]))
        for _ in range(starts - 1)
    ]
    return [*known, *scattered]


def _values(model: OrdinalModel, moments: Sequence[OrdinalMoments], axes: Sequence[_Axes], way: str) -> np.ndarray:
    """Thresholds as observed, scales 1, the rest as the axes say in one of three ways."""
    theta = np.zeros(len(model.free))
    for k, row in enumerate(model.free):
        if row.op == "|":
            item = model.items.index(row.lhs)
            theta[k] = moments[row.group - 1].thresholds[item][int(row.rhs[1:]) - 1]
        elif row.op == "~*~":
            theta[k] = 1.0
        elif row.op == "=~":
            theta[k] = axes[row.group - 1].loading(row, way)
        elif row.op == "~~":
            theta[k] = axes[row.group - 1].covariance(row, way)
    return np.asarray(np.linalg.lstsq(model.basis, theta - model.offset, rcond=None)[0])


class _Axes:
    """First principal axis of each factor's items in one group, in units of its marker."""

    def __init__(self, model: OrdinalModel, moments: OrdinalMoments, group: int) -> None:
        self.weights: dict[str, dict[str, float]] = {}
        self.unit: dict[str, float] = {}
        self.correlation, self.at = moments.correlation, {name: k for k, name in enumerate(model.items)}
        loadings = [row for row in model.rows if row.op == "=~" and row.group == group]
        for factor in dict.fromkeys(row.lhs for row in loadings):
            own = [row for row in loadings if row.lhs == factor and row.rhs in self.at]
            if own:
                self._measure(factor, own)

    def _measure(self, factor: str, rows: Sequence[Parameter]) -> None:
        at = [self.at[row.rhs] for row in rows]
        values, vectors = np.linalg.eigh(self.correlation[np.ix_(at, at)])
        axis = vectors[:, -1] * np.sqrt(max(values[-1], LEAST))
        axis = axis * (-1.0 if axis[0] < 0 else 1.0)
        self.weights[factor] = {row.rhs: float(weight) for row, weight in zip(rows, axis, strict=True)}
        fixed = [k for k, row in enumerate(rows) if not row.free and row.value]
        self.unit[factor] = 1.0
        if fixed:
            weight = float(axis[fixed[0]])
            self.unit[factor] = float(np.copysign(max(abs(weight), LEAST), weight)) / float(rows[fixed[0]].value or 1)

    def loading(self, row: Parameter, way: str) -> float:
        weight = self.weights.get(row.lhs, {}).get(row.rhs)
        if weight is None or way == "ones":
            return 1.0
        if way == "axis":
            return weight / self.unit[row.lhs]
        first = next(iter(self.weights[row.lhs]))
        return float(np.copysign(1.0, self.correlation[self.at[row.rhs], self.at[first]]))

    def covariance(self, row: Parameter, way: str) -> float:
        """Variances in the marker's unit; covariances from the correlation of the two axes."""
        if row.lhs not in self.weights or row.rhs not in self.weights:
            return INNER if row.lhs == row.rhs else 0.0
        if way != "axis":
            return 0.5 if row.lhs == row.rhs else 0.0
        one, two = self.unit[row.lhs], self.unit[row.rhs]
        return one * two * (1.0 if row.lhs == row.rhs else self._between(row.lhs, row.rhs))

    def _between(self, one: str, other: str) -> float:
        a, b = (self.weights[name] for name in (one, other))
        u, v = np.array(list(a.values())), np.array(list(b.values()))
        rows, columns = [self.at[item] for item in a], [self.at[item] for item in b]

        def spread(weights: np.ndarray, at: list[int]) -> float:
            return float(weights @ self.correlation[np.ix_(at, at)] @ weights)

        both = float(u @ self.correlation[np.ix_(rows, columns)] @ v)
        return float(np.clip(both / np.sqrt(spread(u, rows) * spread(v, columns)), -0.9, 0.9))
