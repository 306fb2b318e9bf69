"""Rows of variances, standard deviations and correlations of random effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.models.inference import Basis, Term, quantile
from pipeline.models.multilevel.gaussian.random import Random
from pipeline.models.multilevel.gaussian.rows import Serial
from pipeline.models.multilevel.gaussian.uncertainty import Parameter

Ends = Mapping[tuple[str, str | None, str], tuple[float, float]]


def singular_note(term: Random) -> str:
    """Why a variance has no interval."""
    if term.q == 1:
        return f"the variance between groups ({term.group}) is estimated at zero (a singular fit in lme4)"
    return f"the random effects of {term.group} are estimated without variance, or as determining each other (singular)"


def variance_rows(
    basis: Basis,
    parameters: Sequence[Parameter],
    notes: Mapping[str, str],
    withheld: set[str],
    *,
    profiled: Ends | None = None,
    serial: Serial | None = None,
) -> Iterator[dict[str, object]]:
    """With intervals on the logarithm and on Fisher's z, or those ``profiled``; none where they are ``withheld``."""
    half = quantile(basis.confidence)
    words = "profile of the likelihood" if profiled else "delta method on the logarithm or Fisher's z"
    basis = replace(basis, covariance=words)
    for parameter in parameters:
        low, high = parameter.value - half * parameter.error, parameter.value + half * parameter.error
        low, high = (profiled or {}).get((parameter.kind, parameter.group, parameter.term), (low, high))
        bad = parameter.group in withheld or not np.isfinite([low, high]).all()
        for component, change, slope in _scales(parameter, serial):
            estimate = change(parameter.value)
            yield basis.row(
                Term(component, *_place(parameter), note=notes.get(str(parameter.group))),
                estimate=estimate,
                std_error=None if bad or profiled else float(slope * parameter.error),
                conf_low=None if bad else min(change(low), estimate),
                conf_high=None if bad else max(change(high), estimate),
            )


def _place(parameter: Parameter) -> tuple[str, None, str | None]:
    """Term, wave and group: the variance of an intercept is called by its level."""
    if parameter.group is None:
        return parameter.term, None, None
    if parameter.term == "intercept":
        return parameter.group, None, None
    return parameter.term, None, parameter.group


def _scales(parameter: Parameter, serial: Serial | None) -> list[tuple[str, Callable[[float], float], float]]:
    """Each component that a parameter gives, how from its value, and the derivative there."""
    value = parameter.value
    if parameter.kind == "variance":
        return [
            ("variance", lambda x: float(np.exp(x)), float(np.exp(value))),
            ("standard_deviation", lambda x: float(np.exp(x / 2)), float(np.exp(value / 2)) / 2),
        ]
    if parameter.kind == "phi":
        assert serial is not None
        return [("autocorrelation", serial.phi, serial.slope(value))]
    component = {"correlation": "random_correlation"}.get(parameter.kind, parameter.kind)
    return [(component, lambda x: float(np.tanh(x)), 1 - float(np.tanh(value)) ** 2)]
