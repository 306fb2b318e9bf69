"""Thresholds and correlations that a factor model of ordered items implies (delta parameterisation)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.sem.engine.moments import triangle
from pipeline.sem.engine.ram import GroupModel, compile_model, constrained_basis
from pipeline.sem.engine.table import Linear, Parameter, ParameterTable
from pipeline.sem.ordinal.polychoric import pairs

FIXED, WHOLE = -1, -2


@dataclass(frozen=True)
class OrdinalGroup:
    """One group: its factor model, and the numbers in θ of its thresholds (by item) and scales.

    A scale may be −1 (fixed at 1) or −2 (what gives a latent response without a residual a variance of one).
    """

    structure: GroupModel
    number: np.ndarray  # θ numbers of the structure's own parameters
    thresholds: tuple[np.ndarray, ...]
    scales: np.ndarray

    def scale(self, theta: np.ndarray) -> np.ndarray:
        return self._scale(theta, self.structure.implied(theta[self.number])[1])

    def _scale(self, theta: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        held = np.where(self.scales >= 0, theta[self.scales], 1.0)
        whole = self.scales == WHOLE
        if whole.any():
            held[whole] = 1 / np.sqrt(np.maximum(covariance.diagonal()[: len(held)][whole], 1e-12))
        return np.asarray(held)

    def implied(self, theta: np.ndarray) -> np.ndarray:
        """Thresholds δ(τ − μ) by item, then correlations δᵢδⱼσᵢⱼ."""
        mean, covariance = self.structure.implied(theta[self.number])
        scale = self._scale(theta, covariance)
        edges = [scale[k] * (theta[part] - mean[k]) for k, part in enumerate(self.thresholds)]
        rows, columns = pairs(len(scale))
        return np.concatenate([*edges, (covariance * np.outer(scale, scale))[rows, columns]])

    def jacobian(self, theta: np.ndarray) -> np.ndarray:
        """∂ implied / ∂ θ."""
        mean, covariance = self.structure.implied(theta[self.number])
        inner = self.structure.jacobian(theta[self.number])
        scale, p = self._scale(theta, covariance), len(mean)
        rows, columns = pairs(p)
        count = sum(len(part) for part in self.thresholds)
        delta = np.zeros((count + len(rows), len(theta)))
        at = 0
        for k, part in enumerate(self.thresholds):
            here = np.arange(at, at + len(part))
            delta[here, part] = scale[k]
            delta[np.ix_(here, self.number)] -= scale[k] * inner[k]
            if self.scales[k] >= 0:
                delta[here, self.scales[k]] = theta[part] - mean[k]
            at += len(part)
        places = p + triangle(p).position[rows, columns]
        both = scale[rows] * scale[columns]
        delta[np.ix_(np.arange(at, at + len(rows)), self.number)] += both[:, None] * inner[places]
        for item in np.flatnonzero(self.scales >= 0):
            touched = (rows == item) | (columns == item)
            change = (covariance[rows, columns] * both)[touched] / scale[item]
            delta[at + np.flatnonzero(touched), self.scales[item]] = change
        own = p + triangle(p).position[np.arange(p), np.arange(p)]
        starts = np.cumsum([0, *map(len, self.thresholds)])
        for item in np.flatnonzero(self.scales == WHOLE):
            move = -0.5 * scale[item] ** 3 * inner[own[item]]  # of the scale, by the structure's parameters
            here = np.arange(starts[item], starts[item + 1])
            edges = theta[self.thresholds[item]] - mean[item]
            delta[np.ix_(here, self.number)] += np.outer(edges, move)
            touched = np.flatnonzero((rows == item) | (columns == item))
            change = (covariance[rows, columns] * both)[touched] / scale[item]
            delta[np.ix_(count + touched, self.number)] += np.outer(change, move)
        return delta


@dataclass(frozen=True)
class OrdinalModel:
    """All groups; θ = basis @ x + offset."""

    items: tuple[str, ...]
    rows: tuple[Parameter, ...]  # every row, free ones numbered in order
    groups: tuple[OrdinalGroup, ...]
    free: tuple[Parameter, ...]
    basis: np.ndarray
    variables: tuple[str, ...]
    levels: tuple[int, ...]  # answers of each item
    offset: np.ndarray

    def full(self, x: np.ndarray) -> np.ndarray:
        """θ of what the search moves."""
        return np.asarray(self.basis @ x + self.offset)

    def implied(self, theta: np.ndarray) -> list[np.ndarray]:
        return [group.implied(theta) for group in self.groups]

    def jacobians(self, theta: np.ndarray) -> list[np.ndarray]:
        return [group.jacobian(theta) for group in self.groups]

    def solution(self, theta: np.ndarray) -> Iterator[tuple[Parameter, float, int | None, float | None]]:
        """Each row with its value, its number in θ, and the completely standardised value.

        The residual variance of an item is what its scale leaves: 1/δ² − explained.
        """
        number = {id(row): k for k, row in enumerate(self.free)}
        at = {name: k for k, name in enumerate(self.variables)}
        pieces = [(group.structure.matrices(theta[group.number]), group.scale(theta)) for group in self.groups]
        p = len(self.items)
        for row in self.rows:
            matrices, scale = pieces[row.group - 1]
            k = number.get(id(row))
            value = float(row.value or 0.0) if k is None else float(theta[k])
            sd = np.concatenate([1 / scale, np.sqrt(np.maximum(matrices.C.diagonal()[p:], 0.0))])
            i = at[row.lhs]
            own = matrices.S.diagonal().copy()
            own[:p] = sd[:p] ** 2 - matrices.C.diagonal()[:p] + own[:p]
            if row.op == "~~" and row.lhs == row.rhs and i < p:
                value = float(own[i])
            yield row, value, k, _standardised(row, value, sd, own, at)


def _standardised(row: Parameter, value: float, sd: np.ndarray, own: np.ndarray, at: Mapping[str, int]) -> float | None:
    """In standard deviations; a covariance in those of what it joins (residuals, where something explains them)."""
    i = at[row.lhs]
    if row.op == "~~" and row.lhs != row.rhs:
        joined = own[i] * own[at[row.rhs]]
        return float(value / np.sqrt(joined)) if joined > 0 else None
    if row.op == "=~":
        times, divisor = sd[i], sd[at[row.rhs]]
    elif row.op == "~":
        times, divisor = sd[at[row.rhs]], sd[i]
    elif row.op in ("|", "~1", "~~"):
        times, divisor = 1.0, sd[i] ** (2 if row.op == "~~" else 1)
    else:
        return None
    return float(value * times / divisor) if divisor > 0 else None


def ordinal_model(
    rows: Sequence[Parameter], items: Sequence[str], levels: Sequence[int], groups: int, rules: Sequence[Linear] = ()
) -> OrdinalModel:
    """A table of factors, thresholds and scales (every row with its group), compiled; an item without a scale has no
    residual. ``rules``: linear constraints of labelled parameters."""
    structure = [row for row in rows if row.op not in ("|", "~*~")]
    plain = compile_model(ParameterTable(tuple(structure)), groups, items)
    known = {(row.lhs, row.op, row.rhs, row.group): row for row in plain.free}
    whole = [known.get((row.lhs, row.op, row.rhs, row.group), row) for row in rows]
    free = tuple(row for row in whole if row.free)
    number = {(row.lhs, row.op, row.rhs, row.group): k for k, row in enumerate(free)}
    own = np.array([number[row.lhs, row.op, row.rhs, row.group] for row in plain.free], dtype=np.intp)
    parts = []
    for group, part in enumerate(plain.groups, start=1):
        thresholds = tuple(
            np.array([number[item, "|", f"t{t}", group] for t in range(1, count)], dtype=np.intp)
            for item, count in zip(items, levels, strict=True)
        )
        scaled = {row.lhs for row in rows if row.op == "~*~" and row.group == group}
        scales = np.array(
            [number.get((item, "~*~", item, group), FIXED) if item in scaled else WHOLE for item in items],
            dtype=np.intp,
        )
        parts.append(OrdinalGroup(part, own, thresholds, scales))
    basis, offset = constrained_basis(free, rules)
    return OrdinalModel(tuple(items), tuple(whole), tuple(parts), free, basis, plain.variables, tuple(levels), offset)
