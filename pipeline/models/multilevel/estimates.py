"""The Estimates table of a linear mixed model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import codes
from pipeline.models.effects.linear import combinations, untested
from pipeline.models.inference import Basis, Term, chi_squared_row, coefficient_rows
from pipeline.models.multilevel.explained import mean_variances, r_squared
from pipeline.models.multilevel.gaussian.kenward_roger import KenwardRoger, kenward_roger
from pipeline.models.multilevel.gaussian.maximum import MixedFit, maximise
from pipeline.models.multilevel.gaussian.profiling import fixed_intervals, profile_intervals
from pipeline.models.multilevel.gaussian.pseudo import effective_number, sandwich
from pipeline.models.multilevel.gaussian.random import Random
from pipeline.models.multilevel.gaussian.ratios import ratio_tests
from pipeline.models.multilevel.gaussian.rows import MixedRows, mixed_rows
from pipeline.models.multilevel.gaussian.uncertainty import Parameter, Uncertainty
from pipeline.models.multilevel.random_part import few_groups
from pipeline.models.multilevel.variances import independent_groups, singular_note, variance_rows
from pipeline.models.multilevel.within_between_parts import equality_rows
from pipeline.models.regression_data import RegressionData
from pipeline.models.table import noted, table

ENOUGH, ALIKE = 300, 0.7
"""With fewer groups, effectively, or so small a share of them, sandwiches under sampling weights are too small."""
FOUND = "of 95 %, 88 to 94 % where 410 counted as 270, 71 to 92 % where 420 counted as 170"
LIKELIHOOD = {True: "REML", False: "maximum likelihood"}
CORRELATED = {"ar1": ", residuals AR(1)", "car1": ", residuals AR(1) in continuous time", "independent": ""}
INTERVALS = {
    "normal": "normal intervals",
    "satterthwaite": "t intervals, Satterthwaite df",
    "kenward_roger": "Kenward–Roger covariance; t intervals, Kenward–Roger df",
}


@dataclass(frozen=True)
class Asked:
    """What is asked of a fit."""

    degrees: str
    compare: tuple[str, ...]
    intervals: Literal["chi_squared", "delta", "profile"]
    confidence: float
    cluster: str | None
    scaling: str | None
    residuals: str


@dataclass(frozen=True)
class _Inference:
    """Of the fixed effects: their covariance, how degrees of freedom follow from a contrast, and all of it in words."""

    covariance: np.ndarray
    degrees: Uncertainty | KenwardRoger | None
    described: str
    parameters: tuple[Parameter, ...]
    note: str | None = None

    def df(self, contrasts: np.ndarray) -> np.ndarray | None:
        """Of each contrast (q × p); None: normal."""
        if self.degrees is None:
            return None
        return np.array([self.degrees.degrees(row) for row in contrasts])


def mixed_table(
    data: RegressionData,
    rows: MixedRows,
    terms: Sequence[Random],
    asked: Asked,
    *,
    model: str,
    family: str,
) -> pl.DataFrame:
    """The table of the maximised likelihood of ``rows``; ``data`` names their terms."""
    fit = maximise(rows)
    found = _inference(data, fit, terms, asked)
    basis = data.basis(found.described, asked.confidence)
    singular = {term.group: singular_note(term) for term in fit.singular}
    note = "; ".join(filter(None, (found.note, "a singular fit: see the variances" if singular else None)))
    fixed = coefficient_rows(basis, data.terms, fit.estimates, found.covariance, found.df(np.eye(rows.p)))
    if asked.intervals == "profile":
        fixed = _profiled(fixed, fit, asked)
    asked_for = combinations(data)
    own = found.df(asked_for.matrix) if len(asked_for.terms) else None
    made = [
        *noted(fixed, note or None),
        *noted(equality_rows(basis, data.terms, fit.estimates, found.covariance), found.note),
        *untested(asked_for.rows(basis, fit.estimates, found.covariance, None, own)),
        *variance_rows(
            basis,
            found.parameters,
            singular | few_groups(terms),
            set(singular),
            profiled=profile_intervals(fit, asked.confidence) if asked.intervals == "profile" else None,
            freedom=independent_groups(terms) if asked.intervals == "chi_squared" else None,
            serial=rows.serial,
        ),
        *_share_rows(basis, data, fit),
    ]
    if rows.mass is None:
        made += [*_test_rows(basis, fit), *_compare_rows(basis, data, fit, asked)]
    made += _fit_rows(basis, fit)
    made += [
        basis.row(Term("sample", "groups", group=term.group), estimate=float(term.codes.max() + 1), covariance=None)
        for term in terms
    ]
    return table(made, data, basis, model=model, family=family)


def _profiled(rows: list[dict[str, object]], fit: MixedFit, asked: Asked) -> list[dict[str, object]]:
    """The rows of the fixed effects with intervals of the likelihood's profile."""
    ends = fixed_intervals(fit, asked.confidence)
    return [
        {**row, "conf_low": low, "conf_high": high, "covariance": f"{row['covariance']}; interval: profile"}
        for row, (low, high) in zip(rows, ends, strict=True)
    ]


def _inference(data: RegressionData, fit: MixedFit, terms: Sequence[Random], asked: Asked) -> _Inference:
    words = f"mixed model, {LIKELIHOOD[fit.rows.reml]}{CORRELATED[asked.residuals]}"
    uncertain = Uncertainty.of(fit)
    if fit.rows.mass is not None:
        return _weighted(data, fit, uncertain, terms[0], asked)
    covariance = fit.covariance
    degrees: Uncertainty | KenwardRoger | None = None
    if asked.degrees == "satterthwaite":
        degrees = uncertain
    elif asked.degrees == "kenward_roger":
        adjusted = kenward_roger(fit)
        covariance, degrees = adjusted.covariance, adjusted
    described = f"{words}; {INTERVALS[asked.degrees]}"
    return _Inference(covariance, degrees, described, tuple(uncertain.parameters()))


def _weighted(data: RegressionData, fit: MixedFit, uncertain: Uncertainty, term: Random, asked: Asked) -> _Inference:
    groups = np.arange(int(term.codes.max()) + 1)
    if asked.cluster is not None:
        assert data.carried is not None
        member = codes(data.carried[asked.cluster])
        first = np.zeros(len(groups), dtype=np.int64)
        first[term.codes] = member
        moved = len(np.unique(term.codes[first[term.codes] != member]))
        if moved:
            raise ModelError(
                "groups with rows in several clusters, so that their scores are not of one",
                where="cluster",
                count=moved,
                todo="Choose clusters that contain the groups.",
            )
        groups = np.unique(first, return_inverse=True)[1]
    robust = sandwich(fit, groups)
    scaled = {"size": ", row weights scaled to group sizes", "effective": ", row weights scaled to effective sizes"}
    described = (
        f"pseudo-maximum likelihood with sampling weights of groups{scaled.get(str(asked.scaling), '')}; sandwich over "
        f"{robust.n_clusters:,} {asked.cluster or 'groups'}, C/(C−1); normal intervals"
    )
    few = few_groups([replace(term, group="cluster", codes=groups)]).get("cluster")
    note = f"only {robust.n_clusters} clusters: read the standard errors with care" if few else None
    assert fit.rows.mass is not None
    effective = effective_number(np.bincount(groups, fit.rows.mass))
    if note is None and (effective < ENOUGH or effective < ALIKE * robust.n_clusters):
        counted = f"weighted, the {robust.n_clusters:,} {asked.cluster or 'groups'} count as {effective:,.0f}"
        note = f"{counted}: intervals cover less than they say ({FOUND})"
    replaced = replace(uncertain, covariance=robust.of_parameters)
    return _Inference(robust.covariance, None, described, tuple(replaced.parameters()), note)


def _share_rows(basis: Basis, data: RegressionData, fit: MixedFit) -> list[dict[str, object]]:
    terms = [(term, covariance) for (term, _), covariance in zip(fit.terms, fit.random_covariances(), strict=True)]
    levels = mean_variances(terms)
    whole = sum(levels.values()) + fit.variance
    shares = [("icc", level, value / whole) for level, value in levels.items()]
    marginal, conditional = r_squared(data.matrix @ fit.estimates, levels, fit.variance)
    shares += [("r_squared", "marginal", marginal), ("r_squared", "conditional", conditional)]
    return [basis.row(Term(kind, name), estimate=value, covariance=None) for kind, name, value in shares]


def _test_rows(basis: Basis, fit: MixedFit) -> Iterator[dict[str, object]]:
    for test in ratio_tests(fit):
        name = test.group if test.effect == "intercept" else f"{test.effect} by {test.group}"
        note = f"likelihood ratio, ½ χ²({test.df - 1}) + ½ χ²({test.df}), as a variance cannot be below zero"
        yield basis.row(
            Term("test", "random_effect", group=name, note=note),
            statistic=test.statistic,
            df=float(test.df),
            p_value=test.p_value,
            covariance=None,
        )


def _compare_rows(basis: Basis, data: RegressionData, fit: MixedFit, asked: Asked) -> list[dict[str, object]]:
    """The likelihood-ratio test of leaving out the fixed terms ``compare``, by full likelihood."""
    if not asked.compare:
        return []
    dropped = np.array([term.term in asked.compare and term.component != "intercept" for term in data.terms])
    if not dropped.any():
        raise ModelError("names no term of the model", where="compare", todo="Name exposures or covariates.")
    rows, terms = fit.rows, [term for term, _ in fit.terms]
    likelihoods = [
        maximise(
            mixed_rows(
                data.outcome, data.matrix[:, kept], terms, reml=False, precision=rows.precision, serial=rows.serial
            )
        ).log_likelihood
        for kept in (np.ones(len(dropped), dtype=bool), ~dropped)
    ]
    statistic = max(0.0, 2 * (likelihoods[0] - likelihoods[1]))
    note = f"likelihood ratio without {', '.join(asked.compare)}, by maximum likelihood"
    return [chi_squared_row(replace(basis, covariance=None), "without", statistic, int(dropped.sum()), note)]  # type: ignore[arg-type]


def _fit_rows(basis: Basis, fit: MixedFit) -> list[dict[str, object]]:
    likelihood = fit.log_likelihood
    if fit.rows.mass is not None:
        values = {"log_pseudo_likelihood": likelihood}
    else:
        values = {"log_likelihood": likelihood, "deviance": -2 * likelihood, "aic": fit.aic, "bic": fit.bic}
    return [basis.row(Term("fit", name), estimate=value, covariance=None) for name, value in values.items()]
