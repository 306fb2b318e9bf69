"""Models on imputed panels: fitted on each completed panel, then pooled; and a result asked again in every version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.imputation.joint_tests import d3
from pipeline.imputation.panel import completed_panel, draws
from pipeline.imputation.pool_estimates import pool_estimates
from pipeline.imputation.sensitivity import Fit, Which, sensitivity, tipping
from pipeline.tables import estimates

if TYPE_CHECKING:
    from pipeline.specs.report import Model


@public(once=("panel",), infinite=False)
def fit_imputed(
    fit: Callable[[pl.DataFrame], pl.DataFrame],
    panel: pl.DataFrame,
    cells: pl.DataFrame,
    *,
    confidence: float = 0.95,
    name: str = "",
) -> pl.DataFrame:
    """The pooled Estimates table of a model, ``fit`` on the panel completed by each imputation of ``cells``.

    Standard errors (clustered, from a design, of a marginal effect) are those of each fit; they are pooled after.
    Raises ModelError if the cells hold no imputations, or a fit fails.
    """
    if not draws(cells):
        raise ModelError("the imputation set filled nothing in", where=name or "imputation", todo="Leave it out.")
    results = [fit(completed_panel(panel, cells, index)) for index in range(1, draws(cells) + 1)]
    return pool_estimates(results, name=name, confidence=confidence)


@public(infinite=False)
def with_likelihood_ratio(
    table: pl.DataFrame,
    own: Sequence[float],
    pooled: Sequence[float],
    df: int,
    *,
    name: str = "",
    reason: str | None = None,
) -> pl.DataFrame:
    """The pooled table with the model's likelihood-ratio test by D3 (Meng & Rubin 1992), or why there is none.

    ``own`` and ``pooled``: each imputation's statistic on ``df``, at its own estimates and at their means.
    """
    first = table.row(0, named=True)
    row = {"outcome": "model", "component": "test", "term": "likelihood_ratio", "model": first["model"]}
    row |= {"family": first["family"], "n_persons": first["n_persons"]}
    if reason is not None:
        return pl.concat([table, estimates([row | {"note": f"withheld: {reason}".rstrip(".")}])])
    tested = d3(own, pooled, df)
    over = f"pooled over {len(own)} imputations" + (f" ({name})" if name else "")
    found = {
        "statistic": tested.statistic, "df": float(tested.df1), "p_value": tested.p_value,
        "covariance": f"F test D3 on {tested.df1:.0f} and {tested.df2:,.1f} df, {over}",
        "note": "likelihood ratio against unrestricted means and covariances",
    }  # fmt: skip
    return pl.concat([table, estimates([row | found])])


@public(once=("panel",), infinite=False)
def how_sure(
    name: str, declared: Model, asked: Model, fit: Fit, panel: pl.DataFrame, cells: pl.DataFrame | None
) -> pl.DataFrame:
    """The Estimates table of a ``sensitivity`` declaration: one row per version, then the tipping curve and point.

    ``asked`` is the model whose ``result`` is estimated again by ``fit``, on the panel and on what ``cells`` complete.
    """
    wanted = declared.result
    assert wanted is not None
    which = Which(wanted.term, component=wanted.component, outcome=wanted.outcome, wave=wanted.wave, group=wanted.group)
    chosen = _of(panel, asked)
    frames = []
    if cells is not None:
        frames = [_of(completed_panel(panel, cells, index), asked) for index in range(1, draws(cells) + 1)]
    made = sensitivity(
        fit,
        chosen,
        which,
        concepts=asked.concepts,
        completed=frames,
        weighted=declared.weights is not None,
        confidence=asked.confidence,
        model=name,
        imputation=declared.imputation or "",
    )
    if declared.tipping is None:
        return made
    plan = declared.tipping
    curve = tipping(
        fit,
        chosen,
        which,
        frames[: plan.imputations],
        concept=plan.concept,
        deltas=plan.deltas,
        per=plan.per,
        confidence=asked.confidence,
        model=name,
    )
    return pl.concat([made, curve])


def _of(panel: pl.DataFrame, asked: Model) -> pl.DataFrame:
    """The rows of the model's waves and arms."""
    for column, values in (("wave", asked.waves), ("arm", asked.arms)):
        panel = panel.filter(pl.col(column).is_in(list(values))) if values else panel
    return panel
