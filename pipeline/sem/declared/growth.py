"""Declared growth models: people's level and slope, how much they differ in it, and the mean course."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import polars as pl

from pipeline.sem.declared.further import Fitted, Names, add_further, fitted
from pipeline.sem.declared.material import chosen
from pipeline.sem.declared.ordinal_growth import fit_ordered_growth
from pipeline.sem.declared.rows import Rows
from pipeline.sem.engine.result import Result
from pipeline.sem.families.growth import curves, growth
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel

CALLED = {"i": "level", "s": "slope", "q": "curvature", "s1": "slope_before", "s2": "slope_after"}


def fit(
    name: str, model: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per growth factor, pair of them, wave and fit measure.

    Component ``growth``: the mean of a factor (``level``, ``slope`` per ``time_unit``, ``slope_before`` and
    ``slope_after`` an event); ``growth_variance``, ``growth_covariance``; ``covariate``; ``mean``: the course that the
    model implies, wave by wave; ``variance``: residuals; of ordered answers ``threshold``; ``fit``.
    """
    material, rows = chosen(model, panel, study, answers), Rows(model.confidence)
    waves = material.waves(*model.constructs)
    times = material.times(waves)
    event = material.since(model.event, waves) if isinstance(model.event, dt.date) else model.event
    shape = curves(model.shape, times, event)
    factors = {f"{stem}_{one}": (one, CALLED[stem]) for one in model.constructs for stem in shape}
    if model.ordinal:
        ordered = fit_ordered_growth(rows, material, waves, event, factors)
        return rows.table(name, "growth", n_persons=ordered.n, covariance=material.errors)
    frame = material.wide(model.constructs, waves)
    result = growth(
        frame, {one: [f"{one}_{wave}" for wave in waves] for one in model.constructs}, model.shape, times, event,
        model.residuals, model.covariates, gate=False, **material.options,
    )  # fmt: skip
    made = fitted(material, result)
    if result.problems:
        for one, called in factors.values():
            rows.withheld(one, "growth", called, "; ".join(result.problems))
    else:
        _parameters(rows, made, factors, "; ".join(result.notes) or None)
        if not model.covariates:
            for one in model.constructs:
                _course(rows, result, one, shape, waves)
        add_further(rows, material, made, _names(factors), {})
        rows.fit(result)
    rows.sample(result)
    return rows.table(name, "growth", n_persons=result.n, covariance=made.errors)


def _names(factors: Mapping[str, tuple[str, str]]) -> Names:
    """What means and variances of growth factors are called in expressions."""
    means: Names = {(factor, "~1", ""): ("growth", *called, None) for factor, called in factors.items()}
    return means | {(factor, "~~", factor): ("growth_variance", *called, None) for factor, called in factors.items()}


def _parameters(rows: Rows, made: Fitted, factors: Mapping[str, tuple[str, str]], note: str | None) -> None:
    for row in made.parameters():
        lhs, op, rhs, more = str(row["lhs"]), str(row["op"]), str(row["rhs"]), {"group": row["group"]}
        if lhs not in factors:
            continue
        one, called = factors[lhs]
        if op == "~1":
            rows.parameter(one, "growth", called, row, note=note, **more)
        elif op == "~":
            rows.parameter(one, "covariate", f"{called} by {rhs}", row, **more)
        elif op == "~~" and lhs == rhs:
            rows.parameter(one, "growth_variance", called, row, **more)
        elif op == "~~" and rhs in factors:
            other, also = factors[rhs]
            term = f"{called} with {also}" if other == one else f"{called} with {also} of {other}"
            rows.parameter(one, "growth_covariance", term, row, **more)


def _implied(loadings: np.ndarray, at: Sequence[int], theta: np.ndarray) -> np.ndarray:
    return np.asarray(loadings @ theta[list(at)])


def _course(
    rows: Rows, result: Result, construct: str, shape: Mapping[str, Sequence[float]], waves: Sequence[str]
) -> None:
    """The mean that the model implies at each wave, with its standard error by the delta method."""
    free = result.state.model.free
    for number, group in enumerate(result.state.data.groups, start=1):
        means = {row.lhs: k for k, row in enumerate(free) if row.op == "~1" and row.group == number}
        at = [means[f"{stem}_{construct}"] for stem in shape]
        made = result.derived(partial(_implied, np.array(list(shape.values())).T, at), waves, at)
        for row in made.iter_rows(named=True):
            rows.parameter(construct, "mean", "mean", row, wave=row["name"], group=group.label)
