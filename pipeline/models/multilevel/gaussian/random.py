"""Random effects: the columns that vary by group, and the factor Λ of their covariance relative to the residual's.

b ~ N(0, σ² D) with D = B⁻¹ Λ Λ' B'⁻¹, where B takes the columns to ones of like size (and, where effects may
correlate, orthogonal ones), so that one start and one tolerance fit years and shares alike. Λ's free elements are θ, in
the order of lme4: by column of the lower triangle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

Structure = Literal["correlated", "uncorrelated", "ar1"]


@dataclass(frozen=True)
class Random:
    """Effects of ``columns`` (rows × q; the first may be ones) that vary over the levels of ``codes`` (rows).

    ``correlated``: any covariance; ``uncorrelated``: variances alone; ``ar1``: one standard deviation, and correlations
    ρ^|s − t| of the columns, dummies of equally spaced times.
    """

    group: str
    names: tuple[str, ...]
    columns: np.ndarray
    codes: np.ndarray
    structure: Structure = "correlated"

    @property
    def q(self) -> int:
        return len(self.names)

    @property
    def size(self) -> int:
        """How many elements of θ are its own."""
        return {"correlated": self.q * (self.q + 1) // 2, "uncorrelated": self.q, "ar1": 2}[self.structure]

    @cached_property
    def basis(self) -> np.ndarray:
        """B (q × q): the columns are the scaled columns times B."""
        root = np.sqrt(len(self.columns))
        if self.structure == "ar1":
            return np.eye(self.q)
        if self.structure == "uncorrelated":
            return np.diag(np.linalg.norm(self.columns, axis=0) / root)
        upper = np.linalg.qr(self.columns, mode="r") / root
        return np.asarray(np.sign(np.diag(upper))[:, None] * upper)

    @cached_property
    def back(self) -> np.ndarray:
        """B⁻¹: from scaled effects to those of the columns."""
        return np.asarray(np.linalg.inv(self.basis))

    @cached_property
    def scaled(self) -> np.ndarray:
        """The columns divided by B (rows × q)."""
        return np.asarray(self.columns @ self.back)

    @property
    def start(self) -> np.ndarray:
        """θ to begin with: independent effects, as large as the residual."""
        if self.structure == "ar1":
            return np.array([1.0, 0.5])
        if self.structure == "uncorrelated":
            return np.ones(self.q)
        rows, columns = self.places
        return np.asarray(rows == columns, dtype=float)

    @cached_property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of each θ of a correlated term, by column of the lower triangle."""
        columns, rows = np.triu_indices(self.q)
        return rows, columns

    def factor(self, theta: np.ndarray) -> np.ndarray:
        """Λ (q × q, lower)."""
        if self.structure == "uncorrelated":
            return np.diag(theta)
        if self.structure == "ar1":
            lag = np.abs(np.subtract.outer(np.arange(self.q), np.arange(self.q)))
            rho = np.tanh(theta[1])
            correlation = np.sign(rho) ** lag * np.abs(rho) ** lag
            return np.asarray(theta[0] * np.linalg.cholesky(correlation))
        lower = np.zeros((self.q, self.q))
        lower[self.places] = theta
        return lower

    def by_theta(self, by_factor: np.ndarray) -> np.ndarray:
        """The derivative by θ from that by Λ (q × q), of a linear structure."""
        if self.structure == "uncorrelated":
            return np.asarray(np.diag(by_factor))
        return np.asarray(by_factor[self.places])

    def covariance(self, theta: np.ndarray) -> np.ndarray:
        """D (q × q): the covariance of the effects of the columns, relative to σ²."""
        half = self.back @ self.factor(theta)
        return np.asarray(half @ half.T)


@dataclass(frozen=True)
class Factor:
    """All random effects of one grouping: their columns side by side, Λ in blocks."""

    terms: tuple[Random, ...]

    @cached_property
    def codes(self) -> np.ndarray:
        return self.terms[0].codes

    @cached_property
    def n_groups(self) -> int:
        return int(self.codes.max()) + 1

    @property
    def q(self) -> int:
        return sum(term.q for term in self.terms)

    @property
    def size(self) -> int:
        return sum(term.size for term in self.terms)

    @property
    def linear(self) -> bool:
        """Whether Λ is linear in θ."""
        return all(term.structure != "ar1" for term in self.terms)

    def scaled(self) -> np.ndarray:
        return np.column_stack([term.scaled for term in self.terms])

    def split(self, theta: np.ndarray) -> list[np.ndarray]:
        """θ of each term."""
        return np.split(theta, np.cumsum([term.size for term in self.terms])[:-1])

    def factor(self, theta: np.ndarray) -> np.ndarray:
        """Λ (q × q), in blocks."""
        lower, place = np.zeros((self.q, self.q)), 0
        for term, own in zip(self.terms, self.split(theta), strict=True):
            lower[place : place + term.q, place : place + term.q] = term.factor(own)
            place += term.q
        return lower

    def by_theta(self, by_factor: np.ndarray) -> np.ndarray:
        found, place = [], 0
        for term in self.terms:
            found.append(term.by_theta(by_factor[place : place + term.q, place : place + term.q]))
            place += term.q
        return np.concatenate(found)


def factors(terms: Sequence[Random]) -> tuple[Factor, ...]:
    """The terms by grouping, that with most groups first: it is eliminated group by group."""
    found: dict[str, list[Random]] = {}
    for term in terms:
        found.setdefault(term.group, []).append(term)
    made = [Factor(tuple(members)) for members in found.values()]
    return tuple(sorted(made, key=lambda one: -one.n_groups))
