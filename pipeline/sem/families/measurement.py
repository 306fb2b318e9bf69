"""Confirmatory factor analysis: do items measure what they are said to, alike in every group?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Unpack, overload

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.analyse import fit_prepared
from pipeline.sem.engine.covariates import prepared
from pipeline.sem.engine.data import as_frame, several
from pipeline.sem.engine.fitting import Fitting, SearchOptions, refuse_unknown
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.table import ParameterTable
from pipeline.sem.families.cfa_rows import CfaModel, cfa_rows
from pipeline.sem.families.ordinal_cfa import ordinal_cfa
from pipeline.sem.ordinal.fitting import OrdinalFitting
from pipeline.sem.ordinal.result import OrdinalResult


@overload
def cfa(
    frame: pl.DataFrame,
    factors: Mapping[str, Sequence[str]],
    group: str | None = None,
    equal: Sequence[str] = (),
    *,
    ordered: Literal[False] = False,
    free: Sequence[tuple[str, str, str]] = (),
    residual_covariances: Sequence[tuple[str, str]] = (),
    standardise_factors: bool = False,
    **options: Unpack[SearchOptions],
) -> Result: ...


@overload
def cfa(
    frame: pl.DataFrame,
    factors: Mapping[str, Sequence[str]],
    group: str | None = None,
    equal: Sequence[str] = (),
    *,
    ordered: bool,
    free: Sequence[tuple[str, str, str]] = (),
    residual_covariances: Sequence[tuple[str, str]] = (),
    standardise_factors: bool = False,
    **options: Unpack[SearchOptions],
) -> Result | OrdinalResult: ...


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
    **options: Unpack[SearchOptions],
) -> Result | OrdinalResult:
    """Confirmatory factor analysis of ``{"factor": ["item1", …]}``; an item may stand in several factors.

    With ``group``, ``equal`` names what is equal over groups: loadings, intercepts, residuals, residual_covariances,
    means, latent_variances, latent_covariances; with equal intercepts the factor means of all groups but the first are
    free unless ``means`` are equal too (lavaan's ``group.equal``). ``free`` lists parameters (lhs, op, rhs) left out of
    the equality (partial invariance). The first item's loading is 1, or with ``standardise_factors`` the factor's
    variance.
    ``ordered`` items are analysed by their thresholds and polychoric correlations (diagonally weighted least squares,
    lavaan's WLSMV: see ``ordinal_cfa``). ``options`` as in ``Fitting``, of ordered items as in ``OrdinalFitting``.

    Raises ModelError as ``sem``, and for an option that is not one of this kind of items.
    """
    model = CfaModel(factors, several(equal), free, residual_covariances, standardise_factors)
    if model.equal and group is None:
        raise ModelError("parts are equal over groups, without a group", where="equal", todo="Name the `group`.")
    frame = as_frame(frame)
    if ordered:
        return ordinal_cfa(frame, model, OrdinalFitting.of({**options, "group": group}))
    refuse_unknown(options, list(SearchOptions.__annotations__))
    if "thresholds" in model.equal:
        raise ModelError("only ordered items have thresholds", where="equal", todo="Hold intercepts equal instead.")
    fitting = Fitting.of({**options, "group": group})
    data, _ = prepared(frame, model.items, (), fitting)
    rows = cfa_rows(model, len(data.groups))
    return fit_prepared(ParameterTable(tuple(rows)), data, fitting, family="cfa")
