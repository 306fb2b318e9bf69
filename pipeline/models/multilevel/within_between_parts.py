"""Exposures in two parts: each person's deviation from their mean over the rows used, and that mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.groups import means_of
from pipeline.models.inference import Basis, Term, chi_squared_row, inference, wald
from pipeline.models.regression_data import RegressionData


def split(data: RegressionData, exposures: Sequence[str]) -> RegressionData:
    """Each exposure's column replaced by the deviation from the person's mean and the mean.

    Raises ModelError for an exposure that never changes within a person.
    """
    if not exposures:
        return data
    varies = data.varies_within()
    columns: list[tuple[Term, np.ndarray]] = []
    for index, term in enumerate(data.terms):
        values = data.matrix[:, index]
        if term.component != "coefficient" or term.term not in exposures:
            columns.append((term, values))
            continue
        mean = means_of(values[:, None], data.person)[:, 0]
        if not varies[index]:
            raise ModelError(
                f"{term.label} never changes within a person",
                where=data.outcome_name,
                todo="Name it as a covariate instead.",
            )
        columns += [(replace(term, component="within"), values - mean), (replace(term, component="between"), mean)]
    matrix = np.column_stack([values for _, values in columns])
    return replace(data, matrix=matrix, terms=tuple(term for term, _ in columns))


def equality_rows(
    basis: Basis, terms: Sequence[Term], estimates: np.ndarray, covariance: np.ndarray
) -> list[dict[str, object]]:
    """Within minus between for each exposure, and all of them together."""
    pairs = [index for index, term in enumerate(terms) if term.component == "within"]
    contrast = np.zeros((len(pairs), len(terms)))
    for row, index in enumerate(pairs):
        contrast[row, [index, index + 1]] = 1.0, -1.0
    difference, spread = contrast @ estimates, contrast @ covariance @ contrast.T
    rows = [
        basis.row(
            replace(terms[index], component="within_minus_between"),
            **inference(estimate, float(np.sqrt(variance)), np.inf, basis.confidence),
        )
        for index, estimate, variance in zip(pairs, difference, np.diag(spread), strict=True)
    ]
    if not pairs:
        return []
    return [*rows, chi_squared_row(basis, "within_equals_between", wald(difference, spread), len(pairs))]
