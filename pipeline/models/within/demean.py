"""Deviations from person effects, or from person and wave effects together: what is left when they are absorbed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

ROUNDING = 64 * np.finfo(float).eps
"""Wave effects this small beside what is left are rounding: taking them off once more changes nothing."""


@dataclass(frozen=True)
class Groups:
    """Rows sorted by group: ``codes`` (n) rise by one from 0; ``weights`` (n) or None, all positive."""

    codes: np.ndarray
    weights: np.ndarray | None = None

    @cached_property
    def starts(self) -> np.ndarray:
        """The first row of each group."""
        return np.flatnonzero(np.diff(self.codes, prepend=-1))

    @cached_property
    def total(self) -> np.ndarray:
        """The number of rows of each group, or their weight."""
        if self.weights is None:
            return np.diff(self.starts, append=len(self.codes)).astype(float)
        return np.add.reduceat(self.weights, self.starts)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Unweighted sums of one column (n) by group."""
        return np.asarray(np.add.reduceat(values, self.starts))

    def deviations(self, values: np.ndarray) -> np.ndarray:
        """One column (n) less its (weighted) group means."""
        weighed = values if self.weights is None else self.weights * values
        return np.asarray(values - (self.sums(weighed) / self.total)[self.codes])


@dataclass(frozen=True)
class Effects:
    """Person effects, and wave effects where ``wave`` codes (n) are given: exact also where the panel is unbalanced.

    Wave effects g solve the normal equations of the wave dummies after demeaning by person, whose matrix A is W − N'N/n
    with N the weight of each person in each wave: as many unknowns as there are waves, and no dummy is ever made.
    One step of refinement, where there is anything left to refine, leaves no more than rounding.
    """

    persons: Groups
    wave: np.ndarray | None = None

    @property
    def n_waves(self) -> int:
        return 0 if self.wave is None else int(self.wave.max()) + 1

    @property
    def absorbed(self) -> int:
        """How many effects there are, one of the waves' being a sum of the others and the persons'."""
        return len(self.persons.starts) + max(self.n_waves - 1, 0)

    def counted(self, correction: str) -> int:
        """How many effects count among the k of a clustered covariance: those of waves, by Stata's correction.

        Persons lie in the clusters, and do not (``xtreg, fe``, ``reghdfe``); plm's HC1 counts neither.
        """
        return max(self.n_waves - 1, 0) if correction == "stata" else 0

    @cached_property
    def _inverse(self) -> np.ndarray:
        """The pseudo-inverse of A (waves × waves), which is singular: adding a number to all waves changes nothing."""
        assert self.wave is not None
        weights = self.persons.weights
        n_persons = len(self.persons.starts)
        place = self.persons.codes * self.n_waves + self.wave
        weight = np.bincount(place, weights, n_persons * self.n_waves).reshape(n_persons, self.n_waves)
        normal = np.diag(weight.sum(axis=0)) - (weight / self.persons.total[:, None]).T @ weight
        size = np.sqrt(np.maximum(np.diag(normal), 1e-300))
        return np.asarray(
            np.linalg.pinv(normal / np.outer(size, size), rcond=1e-11, hermitian=True) / np.outer(size, size)
        )

    def residuals(self, values: np.ndarray) -> np.ndarray:
        """One column (n) less the effects that fit it best."""
        left = self.persons.deviations(values)
        if self.wave is None:
            return left
        for _ in range(2):
            weighed = left if self.persons.weights is None else self.persons.weights * left
            effects = self._inverse @ np.bincount(self.wave, weighed, self.n_waves)
            if np.abs(effects).max() <= ROUNDING * max(left.max(), -left.min()):
                break
            left = self.persons.deviations(left - effects[self.wave])
        return left

    def of_each(self, matrix: np.ndarray) -> np.ndarray:
        """``residuals`` of each column (n × k), in column order."""
        left = np.empty(matrix.shape, order="F")
        for place in range(matrix.shape[1]):
            left[:, place] = self.residuals(matrix[:, place])
        return left
