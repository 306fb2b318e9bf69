"""Mixed logistic regression: log odds that differ between persons, areas and waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.multilevel.random_part import random_terms
from pipeline.models.multilevel.response.fit import maximise
from pipeline.models.multilevel.response.outcomes import Binary
from pipeline.models.multilevel.response_estimates import FixedPart, orthonormal_columns, response_table
from pipeline.models.multilevel.within_between_parts import split
from pipeline.models.options import Rows, taken
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.weighting import Weighted
from pipeline.specs.mixed import random_part


@public(ordered=True)
def mixed_logit(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    random: Mapping[str, Sequence[str]] | None = None,
    uncorrelated: Sequence[str] = (),
    within_between: Sequence[str] = (),
    points: int = 1,
    trials: str | None = None,
    confidence: float = 0.95,
    model: str = "mixed_logit",
    **options: Unpack[Rows],
) -> pl.DataFrame:
    """One row per fixed term in log odds, odds ratio, variance and correlation of random effects, and measure of fit.

    P(y = 1) = 1 / (1 + exp(−X b − Z u)), u ~ N(0, D) between the groups of ``random``, as in ``mixed``: lme4's
    ``glmer`` by Laplace's approximation (``points=1``), or by adaptive quadrature of that many points for one random
    intercept (``nAGQ``). The random-effects logit is this with a person's intercept. With ``trials`` the outcome is a
    number of ones among them. Coefficients are within a group: those of the population are smaller. ``icc`` and
    ``r_squared`` are those of the latent answer (Nakagawa, Johnson & Schielzeth 2017). Variances have the intervals
    of ``mixed``: χ² on the groups less one. Waves have no dummies unless ``wave_effects``.

    Raises ModelError as ``mixed`` does, for an outcome that is not coded 0 and 1, and for terms that separate it.

    >>> import polars as pl
    >>> from pipeline.models import mixed_logit
    >>> panel = pl.DataFrame({
    ...     "person_id": [person for person in "abcdefgh" for _ in range(4)],
    ...     "wave": ["w01", "w02", "w03", "w04"] * 8,
    ...     "contact": [1, 2, 4, 3, 2, 4, 3, 5, 3, 3, 1, 2, 5, 4, 2, 4, 1, 2, 1, 3, 4, 5, 5, 3, 2, 2, 1, 4, 3, 5, 4, 2],
    ...     "agrees": [0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1],
    ... })
    >>> table = mixed_logit(panel, "agrees", ["contact"], points=9)
    >>> table.filter(term="contact")["component"].to_list()
    ['coefficient', 'odds_ratio']
    """
    chosen = {"wave_effects": False, **taken(Rows, options)}
    person = str(chosen.get("person", "person_id"))
    groupings = dict(random or {person: ()})
    carried = tuple(dict.fromkeys([*groupings, *filter(None, (trials,))]))
    data = regression_data(frame, outcome, exposures, covariates, carried=carried, **chosen)
    data = split(data, [name for name in exposures if name in set(within_between)])
    check_rank(data.matrix, data.terms, outcome)
    answers = _binary(data, trials)
    terms = random_terms(data, groupings, uncorrelated, person)
    columns, back = orthonormal_columns(data.matrix)
    fit = maximise(answers, columns, terms, points)
    p = fit.likelihood.p
    fixed = FixedPart(data.terms, back @ fit.point[:p], back @ fit.covariance[:p, :p] @ back.T)
    return response_table(data, fit, fixed, confidence=confidence, model=model, family="mixed_logit")


def _binary(data: RegressionData, trials: str | None) -> Binary:
    """Raises ModelError unless the outcome is 0 and 1, or a number of ones among whole numbers of trials."""
    if trials is None:
        if set(np.unique(data.outcome)) != {0.0, 1.0}:
            raise ModelError("the outcome of a mixed logit model is coded 0 and 1", where=data.outcome_name)
        return Binary(data.outcome, np.ones(data.n_obs))
    assert data.carried is not None
    column = data.carried[trials]
    if not column.dtype.is_numeric():
        raise ModelError("trials are numbers", where=trials)
    size = column.cast(pl.Float64).to_numpy()
    whole = (size == np.round(size)) & (data.outcome == np.round(data.outcome))
    wrong = int((~whole | (data.outcome < 0) | (data.outcome > size) | (size < 1)).sum())
    if wrong:
        raise ModelError("ones that are no whole number among the trials", where=data.outcome_name, count=wrong)
    return Binary(data.outcome, np.asarray(size))


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    declared: Any = spec
    further = {key: getattr(declared, key) for key in ("uncorrelated", "points", "trials")}
    return regression(mixed_logit, name, spec, panel, rows, random=random_part(declared), **further)
