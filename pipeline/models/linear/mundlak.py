"""Mundlak's test: do persons' mean exposures matter beyond the exposures themselves?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.asked_errors import Asked, chosen_errors, rows_for
from pipeline.models.chosen_errors import Refit, with_errors
from pipeline.models.contrasts import combined
from pipeline.models.covariance import Correction
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.groups import means_of
from pipeline.models.inference import Term, coefficient_rows, wald_row
from pipeline.models.linear.fixed_effects import require_within_variation
from pipeline.models.linear.random_effects import quasi_demeaned, random_effects_fit
from pipeline.models.options import ClusteredRows, taken
from pipeline.models.regression_data import RegressionData, regression_data
from pipeline.models.scaled import Scaled, shifted
from pipeline.models.table import table, variance_rows
from pipeline.models.weighting import Weighted


@public(ordered=True)
def mundlak(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    correction: Correction = "hc1",
    standard_errors: Asked = None,
    confidence: float = 0.95,
    model: str = "mundlak",
    **options: Unpack[ClusteredRows],
) -> pl.DataFrame:
    """One row per term of the correlated random-effects model, and the joint test of the person means.

    y_it = a + b x_it + d x̄_i + c z_it + w_t + u_i + e_it by random effects (Mundlak 1978; Wooldridge 2010, 10.7.3):
    b (component ``within``) is the within effect, d (``contextual``) the between effect minus it. Row ``mundlak``
    (component ``test``) is the Wald test of all d = 0; with clustered standard errors it is the Hausman test that
    holds under heteroskedasticity and serial correlation. Rejecting speaks for within effects over random effects.

    >>> import polars as pl
    >>> from pipeline.models import mundlak
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d", "e", "e"],
    ...     "wave": ["w01", "w02"] * 5,
    ...     "contact": [1.0, 2.0, 2.0, 4.0, 3.0, 3.0, 5.0, 4.0, 4.0, 1.0],
    ...     "trust": [2.0, 2.5, 3.0, 4.0, 2.0, 2.5, 4.0, 3.5, 3.0, 2.0],
    ... })
    >>> mundlak(panel, "trust", ["contact"], wave_effects=False).filter(component="test")["df"].to_list()
    [1.0]
    """
    errors = chosen_errors(standard_errors, "mundlak")
    chosen = rows_for(errors, taken(ClusteredRows, options))
    rows_used = regression_data(frame, outcome, exposures, covariates, **chosen)
    scaled = with_means(rows_used, exposures)
    data = scaled.data
    fit, variances = random_effects_fit(data, correction=correction)
    if errors is not None:
        problem = partial(quasi_demeaned, data, variances)
        fit = with_errors(fit, errors, Refit(data, problem, correction, confidence, data.wave, exposures))
    fit = scaled.fit(fit)
    basis = data.basis(f"{fit.described}; normal intervals", confidence)
    means = np.array([term.component == "contextual" for term in data.terms])
    rows = [
        *coefficient_rows(basis, data.terms, fit.estimates, fit.covariance, None),
        *combined(data.contrasts, data.terms).rows(basis, fit.estimates, fit.covariance, None),
        *variance_rows(basis, variances),
        wald_row(basis, "mundlak", fit.estimates[means], fit.covariance[np.ix_(means, means)], fit.note),
    ]
    return table(rows, data, basis, model=model, family="mundlak")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return regression(mundlak, name, spec, panel, rows)


def with_means(given: RegressionData, exposures: Sequence[str]) -> Scaled:
    """The rows with the person means of the exposures added.

    They are fitted as deviations and means, each without its offset, so that no digit is lost: the coefficient of a
    mean is then the between effect, from which the within effect is taken.
    """
    start = shifted(given)
    data = start.data
    chosen = np.array([term.component == "coefficient" and term.term in exposures for term in data.terms])
    require_within_variation(given.keep(chosen))
    means = means_of(data.matrix[:, chosen], data.person)
    if np.ptp(means, axis=0).min() == 0:
        raise ModelError("an exposure has the same mean for every person", where=data.outcome_name)
    terms = [
        replace(term, component="within") if exposure else term
        for term, exposure in zip(data.terms, chosen, strict=True)
    ]
    added: list[Term] = [replace(term, component="contextual") for term in terms if term.component == "within"]
    matrix = np.column_stack([data.matrix, means])
    matrix[:, : len(terms)][:, chosen] -= means
    k, own = len(terms), np.flatnonzero(chosen)
    back = np.eye(k + len(added))
    back[:k, :k], back[:k, k:] = start.back, (start.back - np.eye(k))[:, chosen]
    back[:k, own] = np.eye(k)[:, own]  # deviations have no offset
    back[k + np.arange(len(own)), own] = -1.0
    return Scaled(replace(data, matrix=matrix, terms=(*terms, *added)), back)
