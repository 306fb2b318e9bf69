"""Conditional logit of grouped rows: the chance of which rows of a group are 1, given how many are.

P(y | Σ y = m) = exp(Σ y xb) / Σ_{d: Σ d = m} exp(Σ d xb) (Chamberlain 1980, Rev. Econ. Stud. 47, 225–238). The sum over
all ways to choose m rows is built up row by row, with its first and second derivatives (Gail, Lubin & Rubinstein 1981,
Biometrika 68, 703–707), for all groups of one size and one m at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.models.likelihood.maximum import Parts


@dataclass(frozen=True)
class _Batch:
    """Groups (g) of ``size`` rows of which ``ones`` are 1: terms (g × size × k), and those of the ones (g × k)."""

    groups: np.ndarray
    terms: np.ndarray
    chosen: np.ndarray
    ones: int


@dataclass(frozen=True)
class Conditional:
    """Groups in which the outcome differs; build it with ``conditional``. Scores are those of groups."""

    batches: tuple[_Batch, ...]
    n_groups: int
    k: int
    subject: str

    @property
    def n_scores(self) -> int:
        return self.n_groups

    def start(self, _: np.ndarray) -> np.ndarray:
        return np.zeros(self.k)

    def parts(self, parameters: np.ndarray, weights: np.ndarray) -> Parts | None:
        scores = np.empty((self.n_groups, self.k))
        value, information = 0.0, np.zeros((self.k, self.k))
        for batch in self.batches:
            logs, means, spread = _ways(batch.terms, batch.ones, parameters, weights[batch.groups])
            value += float(weights[batch.groups] @ (batch.chosen @ parameters - logs))
            scores[batch.groups] = batch.chosen - means
            information += spread
        return Parts(value, scores, information)

    def farthest(self, parameters: np.ndarray, weights: np.ndarray) -> float:
        reach = [
            float(np.ptp(batch.terms[weights[batch.groups] > 0] @ parameters, axis=1).max(initial=0.0))
            for batch in self.batches
        ]
        return max(reach, default=0.0) / 2

    def expected(self, _: np.ndarray, __: np.ndarray, parts: Parts) -> np.ndarray:
        return parts.information


def _ways(
    terms: np.ndarray, ones: int, parameters: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log of the sum over the ways (g), its gradient (g × k), and the weighted sum of its curvature (k × k)."""
    n_groups, size, k = terms.shape
    place = terms @ parameters
    level = place.max(axis=1)
    odds = np.exp(place - level[:, None])
    sums = np.zeros((ones + 1, n_groups))
    first = np.zeros((ones + 1, n_groups, k))
    second = np.zeros((ones + 1, n_groups, k, k))
    sums[0] = 1.0
    for row in range(size):
        x, odd = terms[:, row], odds[:, row]
        for m in range(min(row + 1, ones), 0, -1):
            if ones - m > size - row - 1:  # too few rows are left to come from here to all ones
                break
            crossed = first[m - 1][:, :, None] * x[:, None, :]
            added = second[m - 1] + crossed + crossed.transpose(0, 2, 1)
            added += sums[m - 1][:, None, None] * x[:, :, None] * x[:, None, :]
            second[m] += odd[:, None, None] * added
            first[m] += odd[:, None] * (first[m - 1] + sums[m - 1][:, None] * x)
            sums[m] += odd * sums[m - 1]
    means = first[ones] / sums[ones][:, None]
    spread = np.einsum("g,gij->ij", weights / sums[ones], second[ones]) - (means * weights[:, None]).T @ means
    return np.log(sums[ones]) + ones * level, means, spread


def conditional(outcome: np.ndarray, matrix: np.ndarray, group: np.ndarray, subject: str) -> Conditional:
    """The likelihood of rows in groups coded 0, 1, 2 …, in each of which the outcome is 0 in some rows, 1 in others."""
    order = np.argsort(group, kind="stable")
    outcome, matrix, group = outcome[order], matrix[order], group[order]
    size = np.bincount(group)
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    ones = np.bincount(group, outcome).astype(np.int64)
    # Turned round, the likelihood is the same: the fewer are chosen, the fewer ways are summed.
    turned = ones * 2 > size
    fewer = np.where(turned, size - ones, ones)
    sign = np.where(turned, -1.0, 1.0)
    batches = []
    for many, chosen in sorted(set(zip(size.tolist(), fewer.tolist(), strict=True))):
        groups = np.flatnonzero((size == many) & (fewer == chosen))
        rows = start[groups][:, None] + np.arange(many)
        terms = matrix[rows] * sign[groups][:, None, None]
        taken = np.where(turned[groups][:, None], 1 - outcome[rows], outcome[rows])
        batches.append(_Batch(groups, terms, np.einsum("gs,gsk->gk", taken, terms), int(chosen)))
    return Conditional(tuple(batches), len(size), matrix.shape[1], subject)
