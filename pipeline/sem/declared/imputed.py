"""Likelihood ratios of structural models over imputations: what Meng & Rubin's D3 is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.likelihood import Point
from pipeline.sem.engine.optimise import Place
from pipeline.sem.engine.result import Result
from pipeline.specs.structural import StructuralModel


@dataclass(frozen=True)
class LikelihoodRatios:
    """Each imputation's 2 (log L of the freer model − log L of the one held) at its own estimates and at their means
    over the imputations, on ``df`` degrees of freedom; or the ``reason`` why there is none."""

    own: tuple[float, ...] = ()
    pooled: tuple[float, ...] = ()
    df: int = 0
    reason: str | None = None


@known_options
def declared_ratios(spec: StructuralModel, results: Sequence[Result]) -> LikelihoodRatios | None:
    """Those of a declared model's fits against unrestricted means and covariances; None where it has no likelihood
    ratio, because its χ² is robust or its estimates are withheld."""
    if spec.ordinal or spec.estimator != "ML" or any(result.problems for result in results):
        return None
    try:
        return likelihood_ratios(results)
    except ModelError as problem:
        return LikelihoodRatios(reason=str(problem))


@known_options
def likelihood_ratios(held: Sequence[Result], free: Sequence[Result] | None = None) -> LikelihoodRatios:
    """Whether the model ``held`` is worse than the ``free`` one: for ``pipeline.imputation.joint_tests.d3``.

    One ML result per imputation each; without ``free``, against unrestricted means and covariances (Meng & Rubin 1992,
    Biometrika 79, 103–111). Judge: lavaan, by hand.

    Raises ModelError for fewer than two imputations, another number of results or persons, robust fits, fixed
    covariates, and models that have the same degrees of freedom.
    """
    _check(held, free)
    smaller = _likelihoods(held)
    larger = _saturated(held) if free is None else _likelihoods(free)
    df = (held[0].state.moments if free is None else free[0].npar) - held[0].npar
    if df < 1:
        raise ModelError("the models have the same degrees of freedom: nothing is tested", where="likelihood ratio")
    own, pooled = (2 * (more - less) for more, less in zip(larger, smaller, strict=True))
    return LikelihoodRatios(tuple(own.tolist()), tuple(pooled.tolist()), df)


def _check(held: Sequence[Result], free: Sequence[Result] | None) -> None:
    where = "likelihood ratio"
    every = [*held, *(free or ())]
    if len(held) < 2 or (free is not None and len(free) != len(held)):
        raise ModelError("two imputations or more, each with a result of both models", where=where, count=len(held))
    if any(result.state.robust for result in every):
        raise ModelError("a robust fit has no likelihood ratio", where=where, todo="Use estimator ML, or D2.")
    if any(result.state.exogenous for result in every):
        raise ModelError("models with fixed covariates have no pooled likelihood", where=where, todo="Use D2.")
    if free is not None and any(a.state.data.variables != b.state.data.variables or a.n != b.n
                                for a, b in zip(held, free, strict=True)):  # fmt: skip
        raise ModelError("the models were not fitted to the same answers", where=where, todo="Fit both to each.")


def _likelihoods(results: Sequence[Result]) -> tuple[np.ndarray, np.ndarray]:
    """Log-likelihoods at own and at mean estimates."""
    mean = np.mean([result.state.theta for result in results], axis=0)
    pooled = [Place.of(result.state.model, result.state.data.groups, mean).value for result in results]
    return np.array([result.loglik for result in results]), np.array(pooled)


def _saturated(results: Sequence[Result]) -> tuple[np.ndarray, np.ndarray]:
    """The same of unrestricted means and covariances, group by group."""
    own, pooled = np.zeros(len(results)), np.zeros(len(results))
    for group in range(len(results[0].state.data.groups)):
        moments = [result.state.saturated[group] for result in results]
        mean = np.mean([one.mean for one in moments], axis=0)
        covariance = np.mean([one.covariance for one in moments], axis=0)
        own += [one.loglik for one in moments]
        pooled += [Point(result.state.data.groups[group], mean, covariance).loglik for result in results]
    return own, pooled
