"""Coefficients in standard deviations of their term, so that terms in different units can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.models.inference import Basis, Term, coefficient_rows


def standardised_rows(
    basis: Basis,
    matrix: np.ndarray,
    terms: Sequence[Term],
    estimates: np.ndarray,
    covariance: np.ndarray,
    *,
    latent_variance: float | None = None,
    weights: np.ndarray | None = None,
    df: float | None = None,
) -> list[dict[str, object]]:
    """b · SD(x) of each number, and b · SD(x) / SD(y*) where there is a latent outcome y* = xb + e.

    Var(y*) = Var(xb) + Var(e), Var(e) π²/3 of a logit and 1 of a probit (McKelvey & Zavoina 1975). Standard deviations
    count as known, and are those of the rows used, with their weights. Columns of 0 and 1 have no such row.
    """
    spread = np.sqrt(np.diag(np.atleast_2d(np.cov(matrix, rowvar=False, aweights=weights, ddof=1))))
    numbers = np.array([
        term.component == "coefficient" and not np.isin(matrix[:, place], (0.0, 1.0)).all()
        for place, term in enumerate(terms)
    ])  # fmt: skip
    if not numbers.any():
        return []
    chosen = [term for term, number in zip(terms, numbers, strict=True) if number]
    scale = spread[numbers]
    units = [("standardised", scale)]
    if latent_variance is not None:
        place = matrix @ estimates
        total = float(np.cov(place, aweights=weights, ddof=1)) + latent_variance
        units.append(("standardised_latent", scale / np.sqrt(total)))
    rows: list[dict[str, object]] = []
    for component, unit in units:
        named = [replace(term, component=component) for term in chosen]
        block = covariance[np.ix_(numbers, numbers)] * np.outer(unit, unit)
        rows += coefficient_rows(basis, named, estimates[numbers] * unit, block, df)
    return rows
