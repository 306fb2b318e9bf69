"""Tests of what a dynamic model assumes: no serial correlation, and instruments that are valid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.models.dynamic.gmm import Step, step
from pipeline.models.dynamic.moments import Equation, Moments
from pipeline.models.dynamic.system import Dynamic


@dataclass(frozen=True)
class Validity:
    """A chi-squared test of instruments."""

    statistic: float
    df: int

    @property
    def p_value(self) -> float | None:
        from scipy.special import chdtrc

        return float(chdtrc(self.df, max(self.statistic, 0.0))) if self.df > 0 else None


def serial_correlation(model: Dynamic, fitted: Step, covariance: np.ndarray, order: int) -> float | None:
    """Arellano and Bond's z of correlation of order ``order`` in differenced errors; None where no two are that far
    apart.

    Differenced errors of independent ones correlate at order one by construction; order two would make outcomes of two
    waves before invalid as instruments. The variance is robust whatever ``covariance`` is.
    """
    rows = model.differences
    errors = np.where(rows.rows, rows.outcome - rows.matrix @ fitted.estimates, 0.0)
    before = np.zeros_like(errors)
    before[:, order:] = np.where(rows.rows[:, order:], errors[:, :-order], 0.0)
    products = (errors * before).sum(axis=1)
    if not np.any(products):
        return None
    slopes = np.einsum("it,itk->k", before, rows.matrix)
    half = fitted.bread @ model.moments.matrix.sum(axis=0).T @ fitted.weights
    through = half @ (fitted.errors.T @ products)
    variance = float(products @ products - 2 * slopes @ through + slopes @ covariance @ slopes)
    return float(products.sum() / np.sqrt(variance)) if variance > 0 else None


def error_variance(equation: Equation, fitted: Step, *, differences: bool) -> float:
    """The variance of the errors in levels: half of that of differences, that of deviations."""
    errors = (equation.outcome - equation.matrix @ fitted.estimates)[equation.rows]
    freedom = len(errors) - len(fitted.estimates)
    return float(errors @ errors) / max(freedom, 1) / (2 if differences else 1)


def without_each(model: Dynamic, first: Step, second: Step) -> Iterator[tuple[str, Validity, Validity]]:
    """Each group of instruments: Hansen's test without it, and by how much the statistic falls (difference-in-Hansen).

    Both weight by the same covariance of the moments, so that the statistic cannot rise (Hayashi 2000, 220).
    """
    groups = np.array(model.blocks.groups)
    covariance = first.errors.T @ first.errors
    for group in dict.fromkeys(model.blocks.groups):
        kept = groups != group
        if kept.sum() < len(first.estimates):
            continue
        some = _step_or_none(model.moments.of(kept), covariance[np.ix_(kept, kept)])
        if some is None:
            continue
        left = Validity(some.criterion, some.rank - len(first.estimates))
        yield group, left, Validity(second.criterion - some.criterion, second.rank - some.rank)
    levels = np.arange(len(groups)) >= len(model.blocks.transformed)
    in_levels = levels & np.array([group.endswith(" in levels") for group in groups], dtype=bool)
    if len(set(groups[in_levels])) > 1:
        some = step(model.moments.of(~in_levels), covariance[np.ix_(~in_levels, ~in_levels)])
        left = Validity(some.criterion, some.rank - len(first.estimates))
        yield "all in levels", left, Validity(second.criterion - some.criterion, second.rank - some.rank)


def _step_or_none(given: Moments, covariance: np.ndarray) -> Step | None:
    """The estimates, or None where the instruments left do not identify every term."""
    try:
        found = step(given, covariance)
    except np.linalg.LinAlgError:
        return None
    slopes = given.matrix.sum(axis=0)
    size = np.maximum(np.linalg.norm(slopes, axis=0), 1e-300)
    return found if np.linalg.matrix_rank(slopes / size, tol=1e-9) == slopes.shape[1] else None
