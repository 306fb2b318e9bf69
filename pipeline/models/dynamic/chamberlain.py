"""Chamberlain's correlated random effects: people's lasting level depends on the exposure in every wave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.covariance import Correction
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.inference import Term, coefficient_rows, wald_row
from pipeline.models.linear.fixed_effects import require_within_variation
from pipeline.models.linear.random_effects import random_effects_fit
from pipeline.models.options import ClusteredRows, taken
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.scaled import shifted
from pipeline.models.table import noted, table, variance_rows
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True)
def chamberlain(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    correction: Correction = "hc1",
    confidence: float = 0.95,
    model: str = "chamberlain",
    **options: Unpack[ClusteredRows],
) -> pl.DataFrame:
    """One row per term: y_it = a + b x_it + Σ_s λ_s x_is + c z_it + w_t + v_i + e_it by random effects.

    Chamberlain (1982, 1984): the level of a person is regressed on the exposure in every wave, so that b (component
    ``within``) is the within effect. λ_s is component ``history``, a row per wave. It takes people who are complete in
    every wave; the rows of others are counted as left out. Tests: ``no_history`` (all λ_s = 0: random effects would do)
    and ``same_in_every_wave`` (all λ_s equal: ``mundlak`` would do). Standard errors are clustered by ``cluster``;
    intervals are normal.

    Raises ModelError where nobody is complete, for an exposure that never changes, and as ``random_effects`` does.

    >>> import numpy as np, polars as pl
    >>> from pipeline.models import chamberlain
    >>> rng = np.random.default_rng(1)
    >>> usual, person = rng.normal(size=100), np.repeat(np.arange(100), 3)
    >>> contact = usual[person] + rng.normal(size=300)
    >>> panel = pl.DataFrame({
    ...     "person_id": person, "wave": list(range(3)) * 100, "contact": contact,
    ...     "trust": 0.3 * contact + usual[person] + rng.normal(size=300),
    ... })
    >>> chamberlain(panel, "trust", ["contact"]).filter(component="history")["wave"].to_list()
    ['0', '1', '2']
    """
    given = regression_data(frame, outcome, exposures, covariates, **taken(ClusteredRows, options))
    complete = np.bincount(given.person) == given.n_waves
    if not complete.any():
        raise ModelError(
            "nobody is complete in every wave", where=outcome, count=given.n_persons, todo="Choose fewer waves."
        )
    kept = given.rows(np.flatnonzero(complete[given.person]))
    kept = replace(kept, n_left_out=given.n_left_out + given.n_obs - kept.n_obs)
    wave = options.get("wave", "wave")
    labels = [str(value) for value in frame[wave].drop_nulls().unique().sort()]
    data = with_history(kept, exposures, labels)
    check_rank(data.matrix, data.terms, outcome)
    start = shifted(data)
    fit, variances = random_effects_fit(start.data, correction=correction)
    fit = start.fit(fit)
    basis = data.basis(f"{fit.described}; normal intervals", confidence)
    rows = noted(coefficient_rows(basis, data.terms, fit.estimates, fit.covariance, None), fit.note)
    rows += variance_rows(basis, variances)
    for name, contrast in _hypotheses(data).items():
        difference, spread = contrast @ fit.estimates, contrast @ fit.covariance @ contrast.T
        rows.append(wald_row(basis, name, difference, spread, fit.note))
    return table(rows, data, basis, model=model, family="chamberlain")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return regression(chamberlain, name, spec, panel, rows)


def with_history(data: RegressionData, exposures: Sequence[str], labels: Sequence[str]) -> RegressionData:
    """The rows with each exposure's value in every wave added, of people who have one in each (``labels``)."""
    chosen = np.array([term.component == "coefficient" and term.term in exposures for term in data.terms])
    require_within_variation(data.keep(chosen))
    terms = [replace(term, component="within") if one else term for term, one in zip(data.terms, chosen, strict=True)]
    by_wave = np.zeros((data.n_persons, data.n_waves, int(chosen.sum())))
    by_wave[data.person, data.wave] = data.matrix[:, chosen]
    used = labels if len(labels) == data.n_waves else [f"{place + 1}" for place in range(data.n_waves)]
    added: list[Term] = [
        replace(term, component="history", wave=label, note=None)
        for label in used
        for term in terms
        if term.component == "within"
    ]
    history = by_wave.reshape(data.n_persons, -1)[data.person]
    return replace(data, matrix=np.column_stack([data.matrix, history]), terms=(*terms, *added))


def _hypotheses(data: RegressionData) -> dict[str, np.ndarray]:
    """Contrasts (restrictions × terms) of the history: none, and the same in every wave."""
    places = np.array([place for place, term in enumerate(data.terms) if term.component == "history"])
    every = np.eye(len(data.terms))[places]
    per_wave = len(places) // data.n_waves
    return {
        "no_history": every,
        "same_in_every_wave": every[per_wave:] - np.tile(every[:per_wave], (data.n_waves - 1, 1)),
    }
