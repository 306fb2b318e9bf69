"""Diagnostics of one linear fit: collinearity, influence, serial correlation, variance, dependence between people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from pipeline.models.chosen_errors import Refit
from pipeline.models.covariances.problem import LeastSquares, sums_by
from pipeline.models.diagnostics import dependence, serial
from pipeline.models.inference import Basis, Term, joined, two_sided

DIAGNOSTIC = "diagnostic"
INFLATED = 10.0
"""A variance inflated more than so many times (Belsley, Kuh & Welsch 1980)."""
ILL_CONDITIONED = 30.0
MOST_REFITTED = 500
"""With more clusters only estimates, not their tests, are made again without each."""


def diagnostic_rows(refit: Refit, confidence: float) -> list[dict[str, object]]:
    """One row per diagnostic (component ``diagnostic``), a value in ``estimate`` or a test in ``statistic``.

    ``residual_df``; ``condition_number`` of the terms at unit size; ``vif`` of each term; ``lowest_without_one`` and
    ``highest_without_one`` of each exposure, with a note where leaving one cluster (or person) out changes its sign or
    its significance; and the tests of ``panel_tests`` that concern this fit. A test that these rows do not allow has no
    row: ``panel_tests`` says why.
    """
    problem, data = refit.problem(), refit.data
    basis = data.basis("diagnostics", confidence)
    rows = [
        _value(basis, "residual_df", float(problem.df), None),
        *_collinearity(problem, refit, basis),
        *_influence(problem, refit, basis, 1 - confidence),
    ]
    found = [dependence.breusch_pagan(problem)] if problem.rank > 1 else []
    if data.n_persons < data.n_obs:
        found.append(serial.durbin_watson(problem.residuals, data.person, refit.waves))
        found.append(serial.breusch_godfrey("breusch_godfrey", problem))
        found.append(dependence.cross_section(problem.residuals, data.person, _without_gaps(refit.waves))[0])
    return rows + [one.row(basis, DIAGNOSTIC) for one in found if one.withheld is None]


def _without_gaps(codes: np.ndarray) -> np.ndarray:
    return np.unique(codes, return_inverse=True)[1].reshape(-1)


def _value(basis: Basis, name: str, value: float, note: str | None, term: Term | None = None) -> dict[str, object]:
    group = None if term is None else term.label
    return basis.row(Term(DIAGNOSTIC, name, group=group, note=note), estimate=value, covariance=None)


def _collinearity(problem: LeastSquares, refit: Refit, basis: Basis) -> Iterable[dict[str, object]]:
    columns = problem.basis @ np.linalg.inv(problem.back)
    scaled = columns / np.linalg.norm(columns, axis=0)
    sizes = np.linalg.svd(scaled, compute_uv=False)
    condition = float(sizes[0] / sizes[-1])
    note = "terms are nearly collinear: their estimates hang on few rows" if condition > ILL_CONDITIONED else None
    yield _value(basis, "condition_number", condition, note)
    inverse = (problem.back**2).sum(axis=1)
    centred = columns - columns.mean(axis=0) if problem.absorbed is None else columns
    for place, term in enumerate(refit.data.terms):
        if term.component == "coefficient":
            inflated = float(inverse[place] * (centred[:, place] ** 2).sum())
            note = f"its variance is {inflated:.0f} times that without the other terms" if inflated > INFLATED else None
            yield _value(basis, "vif", max(inflated, 1.0), note, term)


def _influence(problem: LeastSquares, refit: Refit, basis: Basis, level: float) -> Iterable[dict[str, object]]:
    """Each exposure's estimates without one cluster; without clusters, without one person."""
    data = refit.data
    codes = data.person if data.clusters is None else data.clusters
    codes = _without_gaps(codes if codes.ndim == 1 else codes[:, int(np.argmin(codes.max(axis=0)))])
    moved, errors = without_each(problem, codes)
    unit = "person" if data.clusters is None or data.cluster_name == "person" else "cluster"
    for place, term in enumerate(data.terms):
        if term.component != "coefficient" or term.term not in refit.exposures:
            continue
        kept = np.isfinite(moved[:, place])
        note = _changes(
            problem, place, moved[kept, place], None if errors is None else errors[kept, place], unit, level
        )
        lost = int((~kept).sum())
        gone = f"cannot be estimated without one {unit} ({lost:,} of them)" if lost else None
        for name, value in (("lowest", moved[kept, place].min()), ("highest", moved[kept, place].max())):
            words = joined(note, gone)
            yield _value(basis, f"{name}_without_one", float(value), words, replace(term))


def without_each(problem: LeastSquares, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Estimates (G × terms) without each cluster, and their clustered errors where clusters are at most 500.

    b − R⁻¹ (I − Q_g'Q_g)⁻¹ Q_g'e_g: exact, where each absorbed group lies in one cluster. nan where a term cannot be
    estimated without the cluster.
    """
    n_clusters, rank = int(codes.max()) + 1, problem.rank
    scores = sums_by(problem.scores, codes)
    products = np.empty((n_clusters, rank, rank))
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    for group, rows in enumerate(np.split(problem.basis[order], np.cumsum(counts)[:-1])):
        products[group] = rows.T @ rows
    left = np.eye(rank) - products
    gone = np.linalg.eigvalsh(left)[:, 0] < 1e-9
    left[gone] = np.eye(rank)
    inverse = np.linalg.inv(left)
    change = np.einsum("gij,gj->gi", inverse, scores)
    moved = (problem.on_basis - change) @ problem.back.T
    moved[gone] = np.nan
    if n_clusters > MOST_REFITTED or n_clusters < 3:
        return moved[:, : problem.n_terms], None
    errors = np.full(moved.shape, np.nan)
    for group in range(n_clusters):
        others = np.arange(n_clusters) != group
        own = scores[others] + products[others] @ change[group]
        parts = own @ inverse[group].T @ problem.back.T
        factor = (n_clusters - 1) / (n_clusters - 2)
        errors[group] = np.sqrt(factor * (parts**2).sum(axis=0))
    return moved[:, : problem.n_terms], errors[:, : problem.n_terms]


def _changes(
    problem: LeastSquares, place: int, moved: np.ndarray, errors: np.ndarray | None, unit: str, level: float
) -> str | None:
    """Whether a sign, or a test, changes without one cluster."""
    estimate = float(problem.estimates[place])
    turned = int((np.sign(moved) != np.sign(estimate)).sum())
    if turned:
        return f"its sign changes without one {unit} ({turned:,} of them)"
    if errors is None or not len(errors):
        return None
    df = float(len(errors) - 2)
    tests = np.array([two_sided(value / error, df) <= level for value, error in zip(moved, errors, strict=True)])
    fewer = int(min(tests.sum(), (~tests).sum()))
    return f"its significance at {level:.2g} depends on one {unit} ({fewer:,} of them)" if fewer else None
