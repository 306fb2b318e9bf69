"""The area-level model of Fay and Herriot (1979): direct estimates shrunken towards what is known of each area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.index.small_areas.area_variance import AreaLevel, Parts, VarianceMethod
from pipeline.index.small_areas.back_transformation import Back, Transformation, back
from pipeline.index.small_areas.direct import WHERE, Columns, Direct, direct_estimates, enough
from pipeline.index.small_areas.given import FloatArray, coefficient_table, orthonormal
from pipeline.index.small_areas.intervals import Choice, Interval, errors_and_ends
from pipeline.index.small_areas.predicted import Predicted, predicted
from pipeline.options import OptionError


@dataclass(frozen=True)
class AreaModel:
    """What an area-level model gives.

    ``areas``: one row per area, in the order given: ``area, estimate, std_error, n_effective, reliability, synthetic,
    shrunken, shrunken_error, shrunken_low, shrunken_high, is_synthetic``; ``reliability`` is A / (A + D).
    ``coefficients``: ``term, estimate, std_error, statistic, p_value, conf_low, conf_high``. ``variance`` between areas
    (A) and its asymptotic standard error. ``log_likelihood`` and what follows from it are of the likelihood (not the
    restricted one) for every method, as R's ``sae`` reports them; KIC = -2 log L + 3 (p + 1).
    """

    areas: pl.DataFrame
    coefficients: pl.DataFrame
    method: VarianceMethod
    variance: float
    variance_error: float
    log_likelihood: float
    aic: float
    bic: float
    kic: float
    n_areas: int
    notes: tuple[str, ...]


@public()
def fay_herriot(
    direct: pl.DataFrame,
    *,
    estimate: str = "estimate",
    std_error: str = "std_error",
    variance: str | None = None,
    covariates: Sequence[str] = (),
    area: str = "area",
    n_effective: str = "n_effective",
    method: VarianceMethod = "reml",
    transformation: Transformation = "none",
    back_transformation: Back = "crude",
    interval: Interval = "t",
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int | None = None,
) -> AreaModel:
    """EBLUPs of areas from one row per area with ``estimate`` and ``std_error`` (or its square, ``variance``).

    An area without an estimate (null) has the synthetic one, x b, from its covariates. Text covariates become
    categories. ``method``: ``reml``, ``ml``, ``fh``; ``amrl``, ``amrl_yl`` are never zero (see ``area_variance``). Mean
    squared errors as R's ``sae::mseFH``; without a sample A - bias(A) + x Cov(b) x'. ``transformation``: see
    ``back_transformation``; ``arcsine`` needs ``n_effective``, and takes no standard error.

    ``interval``: ``t`` with m - p degrees of freedom holds 94 to 97 % of true means with 20 areas, ``normal`` 92 to
    96 %. ``bootstrap`` (with a ``seed``): the pivot of Chatterjee, Lahiri and Li (2008, Ann. Statist. 36, 1221-1245),
    with A by ``amrl_yl`` so that it is never divided by zero; on a transformed scale the standard errors are the
    bootstrap's, too.

    Raises CohesionError for missing or zero sampling variances, areas that are there twice, covariates with missing
    values or that follow from the others, and fewer areas with a sample than coefficients + 2.
    """
    if interval == "bootstrap" and seed is None:
        raise OptionError("a bootstrap needs a seed", where="seed", todo="Write seed=1.")
    columns = Columns(estimate, std_error, variance, covariates, area, n_effective)
    choice = Choice(method, transformation, back_transformation, interval, confidence, draws, seed)
    given = direct_estimates(direct, columns, transformation)
    enough(given, method)
    basis, upper = orthonormal(given.design[given.sampled], given.names, WHERE)
    model = AreaLevel(basis, given.scale.sampling)
    fitted = model.parts(model.variances(given.scale.direct[None], method), given.scale.direct[None])
    rotate = np.linalg.inv(upper)
    found = predicted(fitted, method, given.design @ rotate, given.sampled)
    table = coefficient_table(
        given.names, rotate @ fitted.beta[0], rotate @ fitted.covariance[0] @ rotate.T, confidence
    )
    ordered = direct.select(area=pl.col(area).cast(pl.String))
    areas = ordered.join(_areas(given, model, found, choice), on="area", how="left", maintain_order="left")
    return _model(areas, table, fitted, method, found.notes)


def _areas(given: Direct, model: AreaLevel, found: Predicted, choice: Choice) -> pl.DataFrame:
    """One row per area, on the original scale, in the order of codes."""
    error, low, high = errors_and_ends(model, given.scale.direct, found, choice)
    kind, how = choice.transformation, choice.back
    shrunken, _ = back(kind, how, found.eblup, found.mse, found.spread, given.sampled)
    alone = np.zeros(len(found.eblup), dtype=bool)
    synthetic, _ = back(kind, how, found.synthetic, found.unexplained, found.unexplained, alone)
    return pl.DataFrame(
        {
            "area": given.codes,
            "estimate": _nullable(given.estimate),
            "std_error": _nullable(given.error),
            "n_effective": _nullable(given.effective),
            "reliability": found.reliability,
            "synthetic": synthetic,
            "shrunken": shrunken,
            "shrunken_error": error,
            "shrunken_low": low,
            "shrunken_high": high,
            "is_synthetic": ~given.sampled,
        }
    )


def _nullable(values: FloatArray) -> pl.Series:
    return pl.Series(values).fill_nan(None)


def _model(
    areas: pl.DataFrame, table: pl.DataFrame, fitted: Parts, method: VarianceMethod, notes: tuple[str, ...]
) -> AreaModel:
    m, p = fitted.model.design.shape
    log = float(fitted.log_likelihood()[0])
    return AreaModel(
        areas=areas,
        coefficients=table,
        method=method,
        variance=float(fitted.variance[0]),
        variance_error=float(np.sqrt(fitted.spread(method)[0])),
        log_likelihood=log,
        aic=-2 * log + 2 * (p + 1),
        bic=-2 * log + float(np.log(m)) * (p + 1),
        kic=-2 * log + 3 * (p + 1),
        n_areas=m,
        notes=notes,
    )
