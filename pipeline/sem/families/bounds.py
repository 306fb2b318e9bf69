"""Random intercepts whose variance may not leave the possible: free where that works, at zero where it does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from pipeline.errors import ModelError
from pipeline.sem.engine.fitting import Fitting
from pipeline.sem.engine.result import Result
from pipeline.sem.families.panel_model import PanelModel

Fit = Callable[[PanelModel, Fitting], Result]


def within_bounds(model: PanelModel, fitting: Fitting, fit: Fit) -> tuple[Result, tuple[str, ...]]:
    """The model fitted, and the constructs whose bounded random intercept came to its bound, zero.

    The covariance matrix of the random intercepts has to be one that variables can have. Where it is not, the fewest
    bounded intercepts are fixed at zero, with their covariances; of as many, those that leave the best likelihood.

    Raises ModelError as ``fit``.
    """
    bounded = [name for name in model.names if model.between and model.intercept(name) == "bounded"]
    if not bounded:
        return fit(model, fitting), ()
    free = replace(fitting, gate=False)
    result = fit(_at_zero(model, ()), free)
    if _is_possible(result, model.names):
        return _gated(result, fitting), ()
    for count in range(1, len(bounded) + 1):
        tried = {zero: fit(_at_zero(model, zero), free) for zero in combinations(bounded, count)}
        possible = {zero: one for zero, one in tried.items() if _is_possible(one, model.names)}
        if possible:
            best = max(possible, key=lambda zero: possible[zero].loglik)
            return _gated(possible[best], fitting), best
    return _gated(result, fitting), ()


def _at_zero(model: PanelModel, zero: Sequence[str]) -> PanelModel:
    """The model with these random intercepts at zero and the other bounded ones free."""
    chosen = {name: "zero" if name in zero or model.intercept(name) == "zero" else "free" for name in model.names}
    return replace(model, random_intercepts=chosen)


def _is_possible(result: Result, names: Sequence[str]) -> bool:
    """Whether the search ended, with random intercepts that have a covariance matrix."""
    if not result.state.optimum.is_converged:
        return False
    at = [result.state.model.variables.index(f"RI{name}") for name in names]
    for group in result.state.model.groups:
        block = group.matrices(result.state.theta).S[np.ix_(at, at)]
        scale = np.sqrt(np.maximum(np.abs(block.diagonal()), 1e-300))
        if np.linalg.eigvalsh(block / np.outer(scale, scale))[0] < -1e-8:
            return False
    return True


def has_impossible_intercepts(problems: Sequence[str], model: PanelModel) -> bool:
    """Whether a free random intercept is among what keeps a result from standing: then a bound is a way on."""
    free = [f"RI{name}" for name in model.names if model.between and model.intercept(name) == "free"]
    return any(name in problem.replace(",", " ").split() for problem in problems for name in free)


def _gated(result: Result, fitting: Fitting) -> Result:
    if fitting.gate and result.problems:
        raise ModelError(
            "; ".join(result.problems), where=result.family,
            todo="The result is withheld; simplify or constrain the model.",
        )  # fmt: skip
    return result
