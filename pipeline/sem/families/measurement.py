"""Confirmatory factor analysis: do items measure what they are said to, alike in every group?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.analyse import check_options, sem
from pipeline.sem.engine.data import as_frame, prepare, several
from pipeline.sem.engine.result import Result
from pipeline.sem.families.cfa_rows import cfa_rows
from pipeline.sem.families.ordinal_cfa import ordinal_cfa

EQUAL = ("loadings", "intercepts", "thresholds", "residuals", "means", "latent_variances", "latent_covariances")


def cfa(
    frame: pl.DataFrame,
    factors: Mapping[str, Sequence[str]],
    group: str | None = None,
    equal: Sequence[str] = (),
    *,
    ordered: bool = False,
    free: Sequence[tuple[str, str, str]] = (),
    residual_covariances: Sequence[tuple[str, str]] = (),
    standardise_factors: bool = False,
    estimator: str = "ML",
    missing: str = "fiml",
    cluster: str | None = None,
    weights: str | None = None,
    starts: int = 1,
    gate: bool = True,
) -> Result:
    """Confirmatory factor analysis of ``{"factor": ["item1", …]}``; an item may stand in several factors.

    With ``group``, ``equal`` names what is held equal over groups: loadings, intercepts, residuals, means,
    latent_variances, latent_covariances; with equal intercepts the factor means of all groups but the first are free
    unless ``means`` are equal too (lavaan's ``group.equal``). ``free`` lists parameters (lhs, op, rhs) left out of the
    equality (partial invariance). The first item's loading is 1, or with ``standardise_factors`` the factor's variance.
    ``ordered`` items are analysed by their thresholds and polychoric correlations (diagonally weighted least squares,
    lavaan's WLSMV: see ``ordinal_cfa``).

    Raises ModelError as ``sem``.
    """
    equal = several(equal)
    _check_factors(factors)
    unknown = set(equal) - set(EQUAL)
    if unknown:
        raise ModelError(f"unknown part to hold equal: {', '.join(sorted(unknown))}", todo=f"Choose from {EQUAL}.")
    frame = as_frame(frame)
    if ordered:
        return ordinal_cfa(
            frame, factors, group, equal, free=free, residual_covariances=residual_covariances, gate=gate
        )  # type: ignore[return-value]
    check_options(estimator, missing, cluster, weights)
    items = list(dict.fromkeys(item for held in factors.values() for item in held))
    groups = 1
    if group:
        data = prepare(frame, items, missing=missing, group=group, cluster=cluster, weights=weights)
        groups = len(data.groups)
    rows = cfa_rows(factors, groups, equal, free, residual_covariances, standardise_factors)
    return sem(
        frame, rows, estimator=estimator, missing=missing, group=group, cluster=cluster, weights=weights, starts=starts,
        gate=gate, family="cfa",
    )  # fmt: skip


def _check_factors(factors: object) -> None:
    """Raises ModelError unless each factor has a list of items, none of them its own name or named twice."""
    if not isinstance(factors, Mapping) or not factors:
        raise ModelError("factors are named with their items", todo='Write {"trust": ["item1", "item2", "item3"]}.')
    for factor, items in factors.items():
        if isinstance(items, str) or not items:
            raise ModelError("a factor has a list of items", where=factor, todo="Name its items.")
        if len(set(items)) < len(items):
            raise ModelError("an item is named twice", where=factor, todo="Name each item once.")
    clash = sorted({item for items in factors.values() for item in items} & set(factors))
    if clash:
        raise ModelError(
            "a factor has the name of an item", where=", ".join(clash), todo="Give the factor another name."
        )
