"""A model fitted to data: everything later questions (standard errors, tests, comparisons) are answered from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.sem.engine.data import Data
from pipeline.sem.engine.moments import crossproduct, triangle
from pipeline.sem.engine.optimise import Optimum, Place
from pipeline.sem.engine.ram import Model
from pipeline.sem.engine.saturated import Moments, never_together


@dataclass(frozen=True)
class State:
    """Model, data, saturated moments by group, and the parameters at which everything below is evaluated."""

    model: Model
    data: Data
    saturated: tuple[Moments, ...]
    theta: np.ndarray
    optimum: Optimum
    estimator: str  # ML or MLR
    kind: str  # observed or expected information
    exogenous: tuple[str, ...] = ()

    @property
    def robust(self) -> bool:
        return self.estimator == "MLR"

    def carried(self, model: Model, theta: np.ndarray) -> np.ndarray:
        """The θ of another model of the same variables: values of the parameters that this one has, else ``theta``."""
        values = self.values()
        return np.array([values.get(row.key, other) for row, other in zip(model.free, theta, strict=True)])

    def values(self) -> dict[tuple[str, str, str, int], float]:
        """Each parameter's value, free or fixed; covariances under both orders of their variables."""
        values: dict[tuple[str, str, str, int], float] = {}
        number = {id(row): k for k, row in enumerate(self.model.free)}
        for row in self.model.table.parameters:
            value = float((self.theta[number[id(row)]] if row.free else row.value) or 0.0)
            values[row.key] = value
            if row.op == "~~":
                values[row.rhs, row.op, row.lhs, row.group] = value
        return values

    @cached_property
    def kept(self) -> np.ndarray:
        """Which moments the model is about: all but those among covariates, which are taken as they are."""
        p = len(self.model.observed)
        fixed = np.array([name in self.exogenous for name in self.model.observed])
        tri = triangle(p)
        return np.concatenate([~fixed, ~(fixed[tri.rows] & fixed[tri.columns])])

    @cached_property
    def unseen(self) -> tuple[int, ...]:
        """By group, the pairs of variables nobody answered both: covariances that unrestricted moments lack too."""
        return tuple(len(never_together(data, self.data.variables)) for data in self.data.groups)

    @property
    def moments(self) -> int:
        """Means, variances and covariances that the answers inform, over groups."""
        return int(self.kept.sum()) * len(self.data.groups) - sum(self.unseen)

    @cached_property
    def place(self) -> Place:
        """The model at the parameters, with the likelihood there."""
        reached = self.optimum.place
        if reached is not None and reached.model is self.model and reached.theta is self.theta:
            return reached
        return Place.of(self.model, self.data.groups, self.theta)

    @cached_property
    def implied(self) -> list[tuple[np.ndarray, np.ndarray]]:
        return [(point.mean, point.covariance) for point in self.place.points]

    @cached_property
    def deltas(self) -> list[np.ndarray]:
        """∂ moments / ∂ x by group, moments of covariates left out."""
        return [delta[self.kept] @ self.model.basis for delta in self.place.deltas]

    @cached_property
    def information(self) -> np.ndarray:
        """Information of x summed over persons, of the kind the standard errors are built on."""
        return self.information_of(self.kind)

    def information_of(self, kind: str) -> np.ndarray:
        return self.place.information(kind)

    @cached_property
    def inverse(self) -> np.ndarray:
        return symmetric_inverse(self.information)

    @cached_property
    def meat(self) -> np.ndarray:
        """Σ s s′ over persons (or clusters) of the scores of x."""
        total = np.zeros((self.model.npar, self.model.npar))
        for point, delta in zip(self.place.points, self.place.deltas, strict=True):
            scores = point.scores(self.kept[:, None] * (delta @ self.model.basis))
            total += crossproduct(scores, point.data.clusters)
        return total

    @cached_property
    def x_covariance(self) -> np.ndarray:
        """Covariance of the unconstrained parameters: inverse information, or the Huber–White sandwich."""
        if not self.robust:
            return self.inverse
        return np.asarray(self.inverse @ self.meat @ self.inverse)

    @cached_property
    def covariance(self) -> np.ndarray:
        """Covariance matrix of every free parameter (equal ones share rows)."""
        return np.asarray(self.model.basis @ self.x_covariance @ self.model.basis.T)

    @cached_property
    def saturated_bread(self) -> list[np.ndarray]:
        """A₁: information of the unrestricted moments by group, summed over persons."""
        return [h1.point.information(self.kind)[np.ix_(self.kept, self.kept)] for h1 in self.saturated]

    @cached_property
    def saturated_trace(self) -> float:
        """tr(A₁⁻¹B₁), the same for every model of these answers and covariates."""
        key = ("saturated trace", self.exogenous, self.kind)
        if key not in self.data.found:
            pairs = zip(self.saturated_bread, self.saturated_meat, strict=True)
            self.data.found[key] = sum(float((symmetric_inverse(bread) * meat).sum()) for bread, meat in pairs)
        return float(self.data.found[key])

    @cached_property
    def saturated_meat(self) -> list[np.ndarray]:
        """B₁: Σ s s′ of the unrestricted moments by group."""
        return [h1.point.meat[np.ix_(self.kept, self.kept)] for h1 in self.saturated]

    @cached_property
    def model_meat(self) -> np.ndarray:
        """Δ′VΓVΔ for complete answers: V the expected information at the model, Γ the moments' sample covariance."""
        total = np.zeros((self.model.npar, self.model.npar))
        keep = np.ix_(self.kept, self.kept)
        for h1, point, delta in zip(self.saturated, self.place.points, self.deltas, strict=True):
            free = h1.point.information("expected")[keep]
            turned = np.linalg.solve(free, point.information("expected")[keep] @ delta)
            total += turned.T @ h1.point.meat[keep] @ turned
        return total


def symmetric_inverse(matrix: np.ndarray) -> np.ndarray:
    """Inverse of a symmetric matrix after scaling its diagonal to one; the pseudo-inverse if that is singular."""
    if not matrix.size:
        return matrix
    scale = np.sqrt(np.abs(matrix.diagonal()))
    scale[scale == 0] = 1.0
    scaled = matrix / np.outer(scale, scale)
    try:
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        inverse = np.linalg.pinv(scaled, hermitian=True)
    if np.abs(inverse).max() > 1e12:
        inverse = np.linalg.pinv(scaled, rcond=1e-10, hermitian=True)
    return 0.5 * (inverse + inverse.T) / np.outer(scale, scale)
