"""Is the simpler of two nested models worse? χ² difference tests, scaled where the answers are not normal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.errors import ModelError
from pipeline.sem.engine.chisquare import ChiSquare, chi_square, upper_tail
from pipeline.sem.engine.comparison import METHODS, Comparison, orthogonal_complement
from pipeline.sem.engine.optimise import Target
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.sameness import difference_between
from pipeline.sem.engine.state import State, symmetric_inverse


def compare_continuous(a: Result, b: Result, method: str | None = None) -> Comparison:
    """χ² difference of two nested models of continuous answers; see ``pipeline.sem.compare``."""
    free, held = sorted((a, b), key=lambda result: chi_square(result.state).df)
    _check_same(free.state, held.state)
    _check_method(method, free.state.robust)
    one, two = chi_square(free.state), chi_square(held.state)
    df = two.df - one.df
    if df == 0:
        raise ModelError("the models have the same degrees of freedom", todo="Compare them by AIC or BIC.")
    raw = two.statistic - one.statistic
    if raw < -1e-6:
        note = "the restricted model fits better: the models are not nested, or one search missed the best fit"
        return _comparison(free, held, method or "standard", np.nan, df, np.nan, note)
    if not free.state.robust:
        return _comparison(free, held, "standard", raw, df, 1.0, None)
    chosen = method or "satorra.bentler.2001"
    if chosen == "satorra.2000":
        trace, squares = _satorra_2000(free.state, held.state)
        slope = np.sqrt(df / squares)
        return _comparison(free, held, chosen, raw * slope + df - slope * trace, df, 1 / slope, None)
    scaling = difference_scaling(free.state, held.state, chosen, one, two, df)
    if scaling > 0:
        return _comparison(free, held, chosen, raw / scaling, df, scaling, None)
    note = f"the scaling correction of {chosen} is negative ({scaling:.3f}): no test"
    if method is not None:
        return _comparison(free, held, chosen, np.nan, df, scaling, note)
    positive = difference_scaling(free.state, held.state, "satorra.bentler.2010", one, two, df)
    statistic = raw / positive if positive > 0 else np.nan
    note = f"{note} by it; the strictly positive version of 2010 is shown"
    return _comparison(free, held, "satorra.bentler.2010", statistic, df, positive, note)


def _check_method(method: str | None, robust: bool) -> None:
    """Raises ModelError for a scaled test of fits by ML, or the plain one of fits by MLR."""
    if not robust and method not in (None, "standard"):
        raise ModelError("fits by ML are compared by the standard method", where="method", todo="Fit both with MLR.")
    if robust and method == "standard":
        raise ModelError("fits by MLR are compared by a scaled method", where="method", todo="Leave it out.")


def _check_same(free: State, held: State) -> None:
    """Raises ModelError with the first respect in which two fits differ, or if a search did not converge."""
    for state in (free, held):
        if not state.optimum.is_converged:
            raise ModelError("a search did not converge: there is no test", todo="Simplify or constrain the model.")
    alike = (free.estimator, free.kind, free.data.missing) == (held.estimator, held.kind, held.data.missing)
    reason = difference_between(free.data, held.data)
    if alike and not reason and set(free.exogenous) != set(held.exogenous):
        reason = "covariates are fixed in one and random in the other"
    if not alike or reason:
        raise ModelError(
            "the models were not fitted to the same answers by the same estimator" + (f": {reason}" if reason else ""),
            todo="Fit both with the same frame, variables, weights, clusters, groups and estimator.",
        )


def _comparison(
    free: Result, held: Result, method: str, statistic: float, df: int, scaling: float, note: str | None
) -> Comparison:
    end = ".scaled" if free.state.robust else ""
    steps = {name: held.fit[name + end] - free.fit[name + end] for name in ("cfi", "rmsea")}
    p = upper_tail(statistic, df)
    srmr = held.fit["srmr"] - free.fit["srmr"]
    return Comparison(method, statistic, df, p, scaling, note, steps["cfi"], steps["rmsea"], srmr)


def difference_scaling(free: State, held: State, method: str, one: ChiSquare, two: ChiSquare, df: int) -> float:
    """The correction c of (χ²₀ − χ²₁)/c; may be negative by the method of 2001."""
    if method == "satorra.bentler.2001":
        return ((two.trace or 0.0) - (one.trace or 0.0)) / df
    if method == "satorra.bentler.2010":
        at_held = chi_square(free_model_at(free, held))
        return ((two.trace or 0.0) - (at_held.trace or 0.0)) / df
    raise ModelError(f"unknown method {method!r}", todo=f"Use one of {METHODS}.")


def free_model_at(free: State, held: State) -> State:
    """The freer model at the restricted model's estimates (M10 of Satorra & Bentler 2010)."""
    theta = held.carried(free.model, np.zeros(len(free.model.free)))
    x = free.model.reduced(theta)
    value = Target(free.model, free.data.groups).value(x)
    less = Target(free.model, free.data.groups).value(free.optimum.x) - free.optimum.loglik
    return replace(free, theta=free.model.full(x), optimum=replace(free.optimum, x=x, loglik=value - less))


def _satorra_2000(free: State, held: State) -> tuple[float, float]:
    """tr M and tr M², M = (A J⁻¹ A′)⁻¹ A J⁻¹ B J⁻¹ A′: J and B of the freer model, A the restrictions (delta method).

    The statistic a·χ² + b, a = √(df/tr M²), b = df − a·tr M, has the right mean and variance (Satorra 2000; shifted as
    Asparouhov & Muthén 2010, lavaan's default). Complete answers: B = Δ′VΓVΔ with V expected at the model and Γ the
    sample's fourth moments, as lavaan. Incomplete or weighted: B is the sum of squared scores; lavaan 0.6 there takes a
    pairwise, unweighted Γ that does not belong to the likelihood.
    """
    wide, narrow = np.vstack(free.deltas), np.vstack(held.deltas)
    rules = orthogonal_complement(np.linalg.lstsq(wide, narrow, rcond=None)[0]).T
    inverse = free.inverse
    plain = free.data.missing == "listwise" and not free.data.is_weighted
    meat = free.model_meat if plain else free.meat
    middle = rules @ inverse @ meat @ inverse @ rules.T
    matrix = symmetric_inverse(rules @ inverse @ rules.T) @ middle
    return float(np.trace(matrix)), float((matrix * matrix.T).sum())
