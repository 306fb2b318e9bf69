"""Within–between model: associations within persons, separated from those between persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.covariance import Fitted
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.effects.linear import combinations, untested
from pipeline.models.effects.predictions import Values
from pipeline.models.inference import Basis, Term, coefficient_rows
from pipeline.models.multilevel.degrees import Degrees
from pipeline.models.multilevel.mixed import mixed
from pipeline.models.multilevel.random_intercept import RandomIntercept, fit_random_intercept
from pipeline.models.multilevel.within_between_parts import equality_rows, split
from pipeline.models.options import Rows, taken
from pipeline.models.regression_data import check_rank, regression_data
from pipeline.models.table import noted, table, variance_rows
from pipeline.models.weighting import Weighted
from pipeline.specs.mixed import PERSON, MixedModel

SINGULAR = "the variance between persons is estimated at zero, so that this is least squares (a singular fit in lme4)"


@public(ordered=True, on_disk="pipeline.models.on_disk.within_between:within_between")
def within_between(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    reml: bool = True,
    random_slopes: Sequence[str] = (),
    random: Mapping[str, Sequence[str]] | None = None,
    uncorrelated: Sequence[str] = (),
    degrees: Degrees = "normal",
    predict_at: Values | None = None,
    confidence: float = 0.95,
    model: str = "within_between",
    **options: Unpack[Rows],
) -> pl.DataFrame:
    """One row per term (within and between for each exposure), variance component and test.

    y_it = a + b_w (x_it − x̄_i) + b_b x̄_i + c z_it + w_t + u_i + e_it with a random intercept u_i, by REML: the
    hybrid or within–between random-effects model (Bell & Jones 2015; Bell, Fairbrother & Jones 2019), lme4's ``lmer(y
    ~ xw + xb + z + wave + (1 | person))``. x̄_i is the mean over the person's rows used. Covariates enter as they are.
    Rows ``within_minus_between`` test each exposure's two effects for equality, row ``within_equals_between`` all of
    them together (Mundlak 1978, likelihood-based). Intervals are normal, or t with Satterthwaite's or Kenward and
    Roger's ``degrees``. Within-person effects of the exposures ``random_slopes`` vary between persons, and ``random``
    names further groupings, such as areas, with their slopes (``uncorrelated``: without correlations): such a model is
    estimated, and its variances, tests and measures of fit are reported, as ``mixed`` does. ``predict_at`` is that of
    ``mixed``: an exposure is set as the person's mean, from which nobody deviates.

    A person variance estimated at zero is noted; the results are then those of least squares, as ``lmer`` gives them
    ("singular fit"). Raises ModelError as
    ``pooled`` does, and for an exposure that never changes within a person or does not differ between persons.

    >>> import polars as pl
    >>> from pipeline.models import within_between
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d"],
    ...     "wave": ["w01", "w02"] * 4,
    ...     "contact": [1.0, 2.0, 2.0, 4.0, 3.0, 3.0, 5.0, 4.0],
    ...     "trust": [2.0, 2.5, 3.0, 4.0, 2.0, 2.5, 4.0, 3.5],
    ... })
    >>> table = within_between(panel, "trust", ["contact"], wave_effects=False)
    >>> table.filter(term="contact")["component"].to_list()
    ['within', 'between', 'within_minus_between']
    """
    chosen = taken(Rows, options)
    own_degrees = degrees == "kenward_roger" or (degrees == "satterthwaite" and predict_at)
    if random_slopes or random or own_degrees:
        person = str(chosen.get("person", "person_id"))
        return mixed(
            frame,
            outcome,
            exposures,
            covariates,
            random={person: tuple(random_slopes), **(random or {})},
            uncorrelated=uncorrelated,
            within_between=exposures,
            method="reml" if reml else "ml",
            degrees=degrees,
            predict_at=predict_at,
            confidence=confidence,
            model=model,
            family="within_between",
            **chosen,
        )
    data = split(regression_data(frame, outcome, exposures, covariates, predict_at=predict_at, **chosen), exposures)
    if data.n_persons < 2 or data.n_persons == data.n_obs:
        raise ModelError("needs persons seen more than once", where=outcome, count=data.n_persons)
    check_rank(data.matrix, data.terms, outcome)
    fit = fit_random_intercept(data.outcome, data.matrix, data.person, reml=reml)
    return estimates_table(data, fit, reml=reml, degrees=degrees, confidence=confidence, model=model)


def estimates_table(
    data: Fitted, fit: RandomIntercept, *, reml: bool, degrees: Degrees, confidence: float, model: str
) -> pl.DataFrame:
    """The Estimates table of a fit."""
    method = "REML" if reml else "maximum likelihood"
    interval = "t intervals, Satterthwaite df" if degrees == "satterthwaite" else "normal intervals"
    basis = data.basis(f"random intercept per person, {method}; {interval}", confidence)
    rows = noted(_rows(basis, data, fit, degrees), SINGULAR if fit.boundary else None)
    return table(rows, data, basis, model=model, family="within_between")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    further: dict[str, Any] = {}
    if isinstance(spec, MixedModel):
        further = {"reml": spec.method == "reml", "degrees": spec.degrees, "predict_at": spec.predict_at}
        if spec.needs_rows:
            further |= {"random_slopes": spec.random_slopes, "uncorrelated": spec.uncorrelated}
            further["random"] = {group: slopes for group, slopes in spec.random.items() if group != PERSON}
    return regression(within_between, name, spec, panel, rows, **further)


def _rows(basis: Basis, data: Fitted, fit: RandomIntercept, degrees: Degrees) -> list[dict[str, object]]:
    df = fit.df if degrees == "satterthwaite" else None
    variances = {"person": fit.person_variance, "residual": fit.residual_variance}
    return [
        *coefficient_rows(basis, data.terms, fit.estimates, fit.covariance, df),
        *variance_rows(basis, variances),
        *equality_rows(basis, data.terms, fit.estimates, fit.covariance),
        *untested(combinations(data).rows(basis, fit.estimates, fit.covariance, df)),
        basis.row(Term("fit", "log_likelihood"), estimate=fit.log_likelihood, covariance=None),
    ]
