"""Specification tests of a linear panel model: effects, serial correlation, dependence, stability, variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.covariance import require_freedom
from pipeline.models.covariances.problem import LeastSquares, transformed
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.diagnostics import dependence, effects, serial
from pipeline.models.diagnostics.found import Found
from pipeline.models.linear.random_effects import quasi_demeaned, random_effects_fit
from pipeline.models.options import Rows, taken
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.table import table
from pipeline.models.weighting import Weighted


@public(ordered=True)
def panel_tests(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    confidence: float = 0.95,
    model: str = "panel_tests",
    **options: Unpack[Rows],
) -> pl.DataFrame:
    """One row per test (component ``test``) of y_it = a_i + b x_it + w_t + e_it; its hypothesis is in ``note``.

    Person effects: F (``f_person``, and ``f_two_way`` without wave dummies), Breusch–Pagan, Honda, King–Wu,
    Gouriéroux–Holly–Monfort, Wooldridge. Serial correlation: Wooldridge within and of differences, Breusch–Godfrey of
    fixed and of random effects, Bera–Sosa-Escudero–Yoon, Durbin–Watson. Dependence of persons: Pesaran's CD, LM plain
    and scaled. ``chow``: the same slopes for all. ``breusch_pagan``: constant variance. plm's ``plmtest``, ``pFtest``,
    ``pwtest``, ``pwartest``, ``pwfdtest``, ``pbgtest``, ``pbsytest``, ``pbnftest``, ``pcdtest``, ``pooltest`` and
    ``lmtest::bptest`` of the pooled model. A test that these rows do not allow is withheld with its reason.

    Raises ModelError as ``pooled`` does, and if no term changes within a person.

    >>> import polars as pl
    >>> from pipeline.models import panel_tests
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a"] * 3 + ["b"] * 3 + ["c"] * 3, "wave": ["w01", "w02", "w03"] * 3,
    ...     "contact": [1.0, 2.0, 4.0, 2.0, 4.0, 3.0, 3.0, 3.0, 5.0],
    ...     "trust": [2.0, 2.5, 3.5, 3.0, 4.0, 4.0, 2.0, 2.0, 3.0],
    ... })
    >>> table = panel_tests(panel, "trust", ["contact"], wave_effects=False)
    >>> table.filter(term="f_person").select("df", "note").row(0)
    (2.0, 'H0: no person effects; F with 2 and 5 degrees of freedom')
    """
    data = regression_data(frame, outcome, exposures, covariates, **taken(Rows, options))
    require_freedom(data)
    check_rank(data.matrix, data.terms, outcome)
    basis = data.basis("specification tests", confidence)
    rows = [one.row(basis) for one in _tests(data, options.get("wave_effects", True))]
    return table(rows, data, basis, model=model, family="panel_tests")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return regression(panel_tests, name, spec, panel, rows)


def _tests(data: RegressionData, wave_effects: bool) -> list[Found]:
    varying = data.keep(data.varies_within())
    if not varying.terms:
        raise ModelError(
            "no term changes within a person, so that there are no effects to test", where=data.outcome_name
        )
    person, wave = data.person, data.wave
    pooled = transformed(data.outcome, data.matrix)
    within = transformed(varying.outcome, varying.matrix, effects=person)
    found = [effects.f_of_effects("f_person", "H0: no person effects", pooled, within)]
    if not wave_effects:
        found.append(_two_way(varying, pooled))
    found += effects.multipliers(pooled.residuals, person, wave)
    found.append(effects.unobserved(pooled.residuals, person))
    found.append(serial.wooldridge_within(within.residuals, person, data.n_waves))
    found.append(_of_differences(varying, wave_effects))
    found.append(serial.breusch_godfrey("breusch_godfrey_fixed", within))
    found += _of_random_effects(data)
    found.append(serial.bera_sosa_yoon(pooled.residuals, person, wave))
    found.append(serial.durbin_watson(within.residuals, person, wave))
    found += dependence.cross_section(within.residuals, person, wave)
    if not wave_effects:
        found.append(effects.stability(within, varying.outcome, varying.matrix, person))
    found.append(dependence.breusch_pagan(pooled))
    return found


def _two_way(varying: RegressionData, pooled: LeastSquares) -> Found:
    says = "H0: neither person nor wave effects"
    waves = np.eye(varying.n_waves)[varying.wave][:, 1:]
    try:
        both = transformed(varying.outcome, np.column_stack([varying.matrix, waves]), effects=varying.person)
    except ModelError as error:
        return Found("f_two_way", says, withheld=error.what)
    return effects.f_of_effects("f_two_way", says, pooled, both)


def _of_differences(varying: RegressionData, wave_effects: bool) -> Found:
    """Rows less a person's row before; with an intercept where there are no wave dummies."""
    later = np.flatnonzero(np.diff(varying.person) == 0) + 1
    matrix = varying.matrix[later] - varying.matrix[later - 1]
    if not wave_effects:
        matrix = np.column_stack([matrix, np.ones(len(later))])
    try:
        fit = transformed(varying.outcome[later] - varying.outcome[later - 1], matrix)
    except ModelError as error:
        says = "H0: no serial correlation of the differenced errors"
        return Found("wooldridge_difference", says, withheld=error.what)
    return serial.wooldridge_difference(fit.residuals, varying.person[later])


def _of_random_effects(data: RegressionData) -> list[Found]:
    name = "breusch_godfrey_random"
    try:
        _, variances = random_effects_fit(replace(data, clusters=None, cluster_name=None))
    except ModelError as error:
        return [Found(name, "H0: no serial correlation of first order", withheld=error.what)]
    return [serial.breusch_godfrey(name, quasi_demeaned(data, variances))]
