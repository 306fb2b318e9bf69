"""Start values: from each variable's mean and variance, shared out among what the model says it is made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.sem.engine.ram import Model
from pipeline.sem.engine.saturated import Moments
from pipeline.sem.engine.table import Parameter


def start_values(model: Model, moments: Sequence[Moments]) -> np.ndarray:
    """θ at the start: given values where the table has them, means as observed, variances shared out, paths zero."""
    theta = np.zeros(len(model.free))
    for group in range(1, len(model.groups) + 1):
        rows = [row for row in model.table.parameters if row.group == group]
        guess = _Guess(rows, model, moments[group - 1])
        for k, row in enumerate(model.free):
            if row.group == group:
                theta[k] = guess(row) if row.value is None else row.value
    return model.full(model.reduced(theta))


class _Guess:
    """Start values of one group's parameters."""

    def __init__(self, rows: Sequence[Parameter], model: Model, moments: Moments) -> None:
        self.at = {name: k for k, name in enumerate(model.observed)}
        self.moments = moments
        variance = moments.covariance.diagonal()
        own = {row.lhs for row in rows if row.op == "~~" and row.lhs == row.rhs and row.free}
        loadings = [row for row in rows if row.op == "=~"]
        parts = {name: (name in own) + sum(row.rhs == name for row in loadings) for name in self.at}
        self.share = {name: variance[k] / max(parts[name], 1) for name, k in self.at.items()}
        self.measures: dict[str, list[Parameter]] = {}
        for row in loadings:
            self.measures.setdefault(row.lhs, []).append(row)

    def __call__(self, row: Parameter) -> float:
        if row.op == "=~":
            return self._loading(row)
        if row.op == "~~" and row.lhs == row.rhs:
            return self._variance(row.lhs)
        if row.op == "~1" and row.lhs in self.at:
            return float(self.moments.mean[self.at[row.lhs]])
        return 0.0

    def _marker(self, latent: str) -> Parameter | None:
        fixed = [row for row in self.measures.get(latent, []) if not row.free and row.value]
        return fixed[0] if fixed else None

    def _loading(self, row: Parameter) -> float:
        marker = self._marker(row.lhs)
        first = marker or self.measures[row.lhs][0]
        if row.rhs not in self.at or first.rhs not in self.at:
            return 1.0
        covariance = self.moments.covariance
        a, b = self.at[row.rhs], self.at[first.rhs]
        sign = 1.0 if covariance[a, b] >= 0 else -1.0
        ratio = sign * np.sqrt(covariance[a, a] / covariance[b, b])
        return float(ratio) if marker else float(sign * np.sqrt(self.share[row.rhs]))

    def _variance(self, name: str) -> float:
        if name in self.share:
            return float(self.share[name])
        values = [
            self.share[row.rhs] / (row.value or 1.0) ** 2
            for row in self.measures.get(name, [])
            if row.rhs in self.share and not row.free
        ]
        return float(min(values)) if values else 1.0 if not self._observed(name) else self._smallest(name)

    def _observed(self, name: str) -> bool:
        return any(row.rhs in self.share for row in self.measures.get(name, []))

    def _smallest(self, name: str) -> float:
        return 0.5 * float(min(self.share[row.rhs] for row in self.measures[name] if row.rhs in self.share))
