"""What mixed models of binary and of ordered outcomes share: their rows, and the Estimates table of a fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.models.contrasts import combined
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.inference import Basis, Term, coefficient_rows
from pipeline.models.multilevel.explained import mean_variances, r_squared
from pipeline.models.multilevel.gaussian.random import Random
from pipeline.models.multilevel.gaussian.ratios import mixture
from pipeline.models.multilevel.gaussian.uncertainty import Parameter, effect_names, natural_effects
from pipeline.models.multilevel.random_part import few_groups
from pipeline.models.multilevel.response.fit import ResponseFit, maximise
from pipeline.models.multilevel.variances import independent_groups, singular_note, variance_rows
from pipeline.models.regression_data import RegressionData
from pipeline.models.table import noted, table

LATENT = np.pi**2 / 3
"""The variance of the logistic distribution: that of the residual of the latent answer."""


@dataclass(frozen=True)
class FixedPart:
    """Fixed effects and thresholds of a fit on the terms' own scale, with the linear map of all parameters to them."""

    terms: tuple[Term, ...]
    estimates: np.ndarray
    covariance: np.ndarray
    thresholds: tuple[Term, ...] = ()


def orthonormal_columns(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns of size one each, orthogonal, and the matrix that takes coefficients back to those of ``matrix``."""
    size, root = np.linalg.norm(matrix, axis=0), np.sqrt(len(matrix))
    basis, triangle = np.linalg.qr(matrix / size)
    return basis * root, np.linalg.inv(triangle) / size[:, None] * root


def described(points: int) -> str:
    """How the likelihood is approximated, in words."""
    how = "Laplace's approximation" if points == 1 else f"adaptive quadrature, {points} points"
    return f"maximum likelihood ({how}), inverse information; normal intervals"


def response_table(
    data: RegressionData,
    fit: ResponseFit,
    fixed: FixedPart,
    *,
    confidence: float,
    model: str,
    family: str,
) -> pl.DataFrame:
    """Coefficients, odds ratios, variances, shares of variance, tests of random effects, and measures of fit."""
    likelihood, p = fit.likelihood, len(fixed.terms)
    basis = data.basis(described(likelihood.points), confidence)
    singular = {term.group: singular_note(term) for term in fit.singular}
    note = "a singular fit: see the variances" if singular else None
    cover = fixed.covariance[:p, :p]
    made = noted(coefficient_rows(basis, fixed.terms, fixed.estimates[:p], cover, None), note)
    made += combined(data.contrasts, fixed.terms).rows(basis, fixed.estimates[:p], cover, None)
    made += ratio_rows(basis, fixed.terms, fixed.estimates[:p], cover)
    made += coefficient_rows(basis, fixed.thresholds, fixed.estimates[p:], fixed.covariance[p:, p:], None)
    terms = [term for term, _ in fit.terms]
    made += variance_rows(
        basis,
        parameters(fit),
        singular | few_groups(terms),
        set(singular),
        freedom=independent_groups(terms),
    )
    made += _share_rows(basis, likelihood.matrix @ fit.point[: likelihood.p], fit)
    made += _test_rows(basis, fit)
    made += _fit_rows(basis, data, fit)
    made += [
        basis.row(Term("sample", "groups", group=term.group), estimate=float(term.codes.max() + 1), covariance=None)
        for term in terms
    ]
    return table(made, data, basis, model=model, family=family)


def parameters(fit: ResponseFit) -> list[Parameter]:
    """Variances (logarithms) and correlations (Fisher's z), with errors by the delta method."""
    likelihood, size = fit.likelihood, len(fit.point)
    first = likelihood.p + likelihood.n_cuts

    def natural(point: np.ndarray) -> np.ndarray:
        own = likelihood.split(point)[2]
        pairs = [
            pair
            for factor, theta in zip(likelihood.factors, own, strict=True)
            for pair in zip(factor.terms, factor.split(theta), strict=True)
        ]
        return np.array(natural_effects(pairs))

    at = natural(fit.point)
    slopes = np.zeros((size, len(at)))
    for k in range(first, size):
        step = np.zeros(size)
        step[k] = 1e-5 * max(abs(fit.point[k]), 0.1)
        slopes[k] = (natural(fit.point + step) - natural(fit.point - step)) / (2 * step[k])
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.einsum("ki,kl,li->i", slopes, fit.covariance, slopes))
    names = effect_names(term for term, _ in fit.terms)
    return [Parameter(*name, float(value), float(error)) for name, value, error in zip(names, at, errors, strict=True)]


def _share_rows(basis: Basis, linear: np.ndarray, fit: ResponseFit) -> list[dict[str, object]]:
    """Shares of the variance of the latent answer, whose residual has that of the logistic distribution."""
    levels = mean_variances([(term, term.covariance(theta)) for term, theta in fit.terms])
    whole = sum(levels.values()) + LATENT
    shares = [("icc", level, value / whole) for level, value in levels.items()]
    marginal, conditional = r_squared(linear, levels, LATENT)
    shares += [("r_squared", "marginal", marginal), ("r_squared", "conditional", conditional)]
    note = "of the latent answer, with residual variance π²/3"
    return [basis.row(Term(kind, name, note=note), estimate=value, covariance=None) for kind, name, value in shares]


def _test_rows(basis: Basis, fit: ResponseFit) -> Iterator[dict[str, object]]:
    """Each slope, and each intercept of a grouping beside others, left out: where it leaves random effects."""
    terms = [term for term, _ in fit.terms]
    for term in terms:
        for effect in term.names[1:] or (term.names if len(terms) > 1 else ()):
            kept = [place for place, name in enumerate(term.names) if name != effect]
            others: list[Random] = [one for one in terms if one is not term]
            if kept:
                names = tuple(term.names[place] for place in kept)
                others.append(Random(term.group, names, term.columns[:, kept], term.codes, term.structure))
            likelihood = fit.likelihood
            less = maximise(likelihood.outcome, likelihood.matrix, others, likelihood.points)
            statistic = max(0.0, 2 * (fit.log_likelihood - less.log_likelihood))
            df = term.q if term.structure == "correlated" else 1
            name = term.group if effect == "intercept" else f"{effect} by {term.group}"
            yield basis.row(
                Term(
                    "test",
                    "random_effect",
                    group=name,
                    note=f"likelihood ratio, ½ χ²({df - 1}) + ½ χ²({df}), as a variance cannot be below zero",
                ),
                statistic=statistic,
                df=float(df),
                p_value=mixture(statistic, df),
                covariance=None,
            )


def _fit_rows(basis: Basis, data: RegressionData, fit: ResponseFit) -> list[dict[str, object]]:
    value, k = fit.log_likelihood, len(fit.point)
    values = {
        "log_likelihood": value,
        "deviance": -2 * value,
        "aic": 2 * k - 2 * value,
        "bic": float(np.log(data.n_obs)) * k - 2 * value,
    }
    return [basis.row(Term("fit", name), estimate=value, covariance=None) for name, value in values.items()]
