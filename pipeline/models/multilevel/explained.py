"""Shares of variance: intraclass correlations of each level, and R² of mixed models."""

from __future__ import annotations

import numpy as np

from pipeline.models.multilevel.gaussian.random import Random


def mean_variances(terms: list[tuple[Random, np.ndarray]]) -> dict[str, float]:
    """The variance between groups of each level: the mean of z'Dz over rows, for slopes as for intercepts.

    Johnson (2014), Methods in Ecology and Evolution 5, 944-946. ``terms``: with the covariance D of each.
    """
    found: dict[str, float] = {}
    for term, covariance in terms:
        share = float(np.einsum("ij,jk,ik->", term.columns, covariance, term.columns)) / len(term.columns)
        found[term.group] = found.get(term.group, 0.0) + share
    return found


def r_squared(fixed: np.ndarray, levels: dict[str, float], residual: float) -> tuple[float, float]:
    """Marginal and conditional R² (Nakagawa & Schielzeth 2013; Nakagawa, Johnson & Schielzeth 2017).

    ``fixed`` are the rows' fixed parts; ``residual`` is the residual variance, π²/3 for a logit.
    """
    explained, random = float(np.var(fixed, ddof=1)), sum(levels.values())
    whole = explained + random + residual
    return explained / whole, (explained + random) / whole
