"""The equations of a mediation model, estimated together, so that coefficients of different equations covary.

Each equation is (weighted) least squares; stacked, their estimating equations have the sandwich covariance A⁻¹BA⁻ᵀ
with A block-diagonal and B the sum over clusters of products of scores (Huber 1967; Zeileis 2006). Each diagonal block
is that of the equation by itself; between equations clustered errors covary, which two separate fits would lose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariance import FINITE, Correction, few_clusters
from pipeline.models.inference import Term
from pipeline.models.mechanisms.levels import LevelRows
from pipeline.models.mechanisms.structure import Structure
from pipeline.models.regression_data import RegressionData, check_rank
from pipeline.models.within.least_squares import clustered

Key = tuple[str, str, str]
"""Level, variable explained, variable explaining."""


@dataclass(frozen=True)
class Equation:
    """One least-squares equation of a level: the column explained, those explaining, and its place in the stack."""

    level: LevelRows
    explained: str
    columns: tuple[int, ...]
    start: int

    @property
    def target(self) -> int:
        return self.level.names[self.explained]

    @property
    def df(self) -> int:
        return self.level.size - len(self.columns) - self.level.absorbed

    @property
    def places(self) -> slice:
        return slice(self.start, self.start + len(self.columns))


@dataclass(frozen=True)
class Stacked:
    """All coefficients (K) of all equations and levels, their covariance (K × K) and errors (rows × equations)."""

    equations: tuple[Equation, ...]
    estimates: np.ndarray
    covariance: np.ndarray
    described: str
    note: str | None

    @property
    def places(self) -> dict[Key, int]:
        """Level, explained, explaining → the coefficient's place."""
        return {
            (one.level.level, one.explained, name): one.start + one.columns.index(column)
            for one in self.equations
            for name, column in one.level.names.items()
            if column in one.columns
        }

    @property
    def sizes(self) -> dict[str, int]:
        """Level → its observations: rows, or people."""
        return {one.level.level: one.level.size for one in self.equations}

    @property
    def df(self) -> dict[tuple[str, str], int]:
        return {(one.level.level, one.explained): one.df for one in self.equations}


def equations_of(levels: Sequence[LevelRows], structure: Structure) -> tuple[Equation, ...]:
    """The equations of every level, one after another. Raises ModelError for terms that cannot be told apart."""
    found: list[Equation] = []
    start = 0
    for level in levels:
        for explained, explaining in structure.equations.items():
            columns = (*level.always, *(level.names[name] for name in explaining))
            found.append(Equation(level, explained, columns, start))
            start += len(columns)
            if found[-1].df < 1:
                raise ModelError("more parameters than observations", where=explained, count=level.size)
        last = found[-1].columns
        matrix = level.values[:, last] * np.sqrt(level.weights)[:, None]
        terms: tuple[Term, ...] = tuple(level.terms[column] for column in last)
        check_rank(matrix, terms, f"{structure.outcome}, {level.level}")
    return tuple(found)


def stacked(equations: Sequence[Equation], data: RegressionData, correction: Correction) -> Stacked:
    """The least-squares fit of every equation, with the joint covariance of all coefficients."""
    parts = [_solved(one) for one in equations]
    estimates = np.concatenate([part[0] for part in parts])
    if data.clusters is None:
        covariance = _classical(equations, parts)
        return Stacked(tuple(equations), estimates, covariance, "independent errors of equal variance", None)
    if data.n_clusters == 1:
        raise ModelError("one cluster, so that clustered standard errors cannot be made", where=str(data.cluster_name))
    stata = correction == "stata"
    influence = np.hstack([_influence(one, *part, correction) for one, part in zip(equations, parts, strict=True)])
    covariance = clustered(influence, data.clusters, stata=stata)
    if stata:  # (n−1)/n is of the rows there, and of each equation's own observations in its factor
        covariance *= data.n_obs / (data.n_obs - 1)
    words = f"clustered by {data.cluster_name} ({data.n_clusters:,} clusters), {FINITE[correction]}"
    return Stacked(tuple(equations), estimates, covariance, words, few_clusters(data.n_clusters))


Solved = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Coefficients (k), inverse of the cross-products (k × k), errors (rows)."""


def _solved(one: Equation) -> Solved:
    root = np.sqrt(one.level.weights)
    matrix, target = one.level.values[:, one.columns], one.level.values[:, one.target]
    size = np.linalg.norm(matrix * root[:, None], axis=0)
    basis, triangle = np.linalg.qr(matrix * (root[:, None] / size))
    back = np.linalg.inv(triangle) / size[:, None]
    estimates = back @ (basis.T @ (target * root))
    return estimates, back @ back.T, target - matrix @ estimates


def _influence(one: Equation, _: np.ndarray, inverse: np.ndarray, errors: np.ndarray, correction: str) -> np.ndarray:
    """Each row's part in the error of the coefficients (rows × k), with the equation's finite-sample factor."""
    n, k = one.level.size, len(one.columns)
    factor = {"none": 1.0, "hc1": n / (n - k), "stata": (n - 1) / (n - k)}[correction]
    scores = one.level.values[:, one.columns] * (errors * one.level.weights)[:, None]
    return np.asarray(scores @ inverse * np.sqrt(factor))


def _classical(equations: Sequence[Equation], parts: Sequence[Solved]) -> np.ndarray:
    """σ_ij A_i⁻¹ X_i'WX_j A_j⁻¹ (Zellner 1962), errors of different levels being independent."""
    total = sum(len(one.columns) for one in equations)
    covariance = np.zeros((total, total))
    for one, (_, inverse, errors) in zip(equations, parts, strict=True):
        for other, (_, others, theirs) in zip(equations, parts, strict=True):
            if one.level is not other.level:
                continue
            weights, values = one.level.weights, one.level.values
            sigma = float((errors * weights) @ theirs) / np.sqrt(one.df * other.df)
            crossed = (values[:, one.columns] * weights[:, None]).T @ values[:, other.columns]
            covariance[one.places, other.places] = sigma * inverse @ crossed @ others
    return covariance


def errors_of(equations: Sequence[Equation], estimates: np.ndarray) -> Mapping[tuple[str, str], np.ndarray]:
    """Level and variable explained → the errors of its equation (rows)."""
    return {
        (one.level.level, one.explained): one.level.values[:, one.target]
        - one.level.values[:, one.columns] @ estimates[one.places]
        for one in equations
    }
