"""Declared growth models of ordered answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl

from pipeline.sem.declared.further import Names
from pipeline.sem.declared.material import Material
from pipeline.sem.declared.ordinal import add_estimates, add_measurement, estimates_of, notes_of
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.ordinal_growth import ordinal_growth
from pipeline.sem.ordinal.result import OrdinalResult


def fit_ordered_growth(
    rows: Rows,
    material: Material,
    waves: Sequence[str],
    event: float | None,
    factors: Mapping[str, tuple[str, str]],
) -> OrdinalResult:
    """Adds means and (co)variances of the growth factors, thresholds and their test, and fit measures to ``rows``."""
    spec, frame = material.spec, material.wide(material.spec.constructs, waves)
    fit = partial(_fit, frame, material, waves, event)
    result = fit("equal")
    problems = (*result.problems, *result.beyond_one)
    if problems:
        for one, called in factors.values():
            rows.withheld(one, "growth", called, "; ".join(problems))
        return result
    estimates = estimates_of(material, result)
    add_estimates(rows, estimates, _names(factors), notes_of(material, result))
    places = {f"{one}_{wave}": one for one in spec.constructs for wave in waves}
    add_measurement(rows, estimates, fit, result, places)
    return result


def _fit(
    frame: pl.DataFrame, material: Material, waves: Sequence[str], event: float | None, thresholds: str
) -> OrdinalResult:
    spec = material.spec
    variables = {one: [f"{one}_{wave}" for wave in waves] for one in spec.constructs}
    return ordinal_growth(
        frame, variables, spec.shape, material.times(waves), event, thresholds, gate=False, **material.options
    )


def _names(factors: Mapping[str, tuple[str, str]]) -> Names:
    names: Names = {}
    for k, (factor, (one, called)) in enumerate(factors.items()):
        names[factor, "~1", ""] = ("growth", one, called, None)
        names[factor, "~~", factor] = ("growth_variance", one, called, None)
        for other, (second, also) in list(factors.items())[k + 1 :]:
            term = f"{called} with {also}" if one == second else f"{called} with {also} of {second}"
            names[factor, "~~", other] = ("growth_covariance", one, term, None)
    return names
