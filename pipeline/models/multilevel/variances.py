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
DELTA = "delta method on the logarithm or Fisher's z"
CHI_SQUARED = "chi-squared on groups less one, and Fisher's z"


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
    freedom: Mapping[str, int] | None = None,
    serial: Serial | None = None,
) -> Iterator[dict[str, object]]:
    """With intervals on the logarithm and on Fisher's z, or those ``profiled``; none where they are ``withheld``.

    ``freedom``: by grouping, how many groups vary independently (``independent_groups``). Variances then have the
    interval ``chi_squared_ends``.
    """
    half = quantile(basis.confidence)
    words = "profile of the likelihood" if profiled else DELTA if freedom is None else CHI_SQUARED
    basis = replace(basis, covariance=words)
    for parameter in parameters:
        low, high = parameter.value - half * parameter.error, parameter.value + half * parameter.error
        if freedom is not None and parameter.kind == "variance":
            low, high = chi_squared_ends(parameter, freedom.get(str(parameter.group)), basis.confidence)
        low, high = (profiled or {}).get((parameter.kind, parameter.group, parameter.term), (low, high))
        zero = parameter.kind == "variance" and np.isneginf(low)
        bad = parameter.group in withheld or not np.isfinite([0.0 if zero else low, high]).all()
        for component, change, slope in _scales(parameter, serial):
            estimate = change(parameter.value)
            yield basis.row(
                Term(component, *_place(parameter), note=notes.get(str(parameter.group))),
                estimate=estimate,
                std_error=None if bad or profiled else float(slope * parameter.error),
                conf_low=None if bad else min(change(low), estimate),
                conf_high=None if bad else max(change(high), estimate),
            )


def chi_squared_ends(parameter: Parameter, groups: int | None, confidence: float) -> tuple[float, float]:
    """The ends of a variance's interval, as logarithms (minus infinity for zero).

    A balanced panel of k + 1 groups estimates v + c with k degrees of freedom, c being what the error within groups
    adds to the variance of their means: k (v + c) / χ²_k − c, which is exact where c is known (Williams 1962,
    Biometrika 49, 278–281). Here c is what the standard error says: SE(v) = √(2/k) (v + c). Where that is less than k
    groups allow (the residual variance has none), k is Satterthwaite's 2 v² / SE².
    """
    from scipy.special import chdtri

    if not np.isfinite([parameter.value, parameter.error]).all() or parameter.error <= 0:
        return np.nan, np.nan
    own = 2 / parameter.error**2  # Satterthwaite's, since the error is that of the logarithm
    k = own if groups is None else max(float(groups), own)
    added = parameter.error * np.sqrt(k / 2) - 1  # c / v
    with np.errstate(divide="ignore"):
        low, high = (
            np.log(max(k * (1 + added) / chdtri(k, tail) - added, 0.0))
            for tail in ((1 - confidence) / 2, (1 + confidence) / 2)
        )
    return parameter.value + float(low), parameter.value + float(high)


def independent_groups(terms: Sequence[Random]) -> dict[str, int]:
    """Grouping → its groups, less those of the largest grouping that they are nested in, or less one."""
    counts = {term.group: term for term in terms if term.structure != "ar1"}
    found = {}
    for name, term in counts.items():
        size = int(term.codes.max()) + 1
        holds = [1]
        for other in counts.values():
            pairs = np.unique(np.column_stack([term.codes, other.codes]), axis=0)
            if other.group != name and len(pairs) == size:
                holds.append(int(other.codes.max()) + 1)
        found[name] = max(size - max(holds), 1)
    return found


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
