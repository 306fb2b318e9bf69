"""Imputation estimator: what the treated would have answered without treatment, and how they differ from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import polars as pl

from pipeline.door import public
from pipeline.models.interventions.adoption import Treated
from pipeline.models.interventions.declared import InterventionSpec, treatment
from pipeline.models.interventions.event_study import event_study
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True, infinite=False)
def imputation_effects(
    frame: pl.DataFrame,
    outcome: str,
    covariates: Sequence[str] = (),
    *,
    leads: float | None = None,
    lags: float | None = None,
    confidence: float = 0.95,
    model: str = "imputation_effects",
    **options: Unpack[Treated],
) -> pl.DataFrame:
    """One row ``effect`` for the treated on average, one ``event_time`` per wave before and since the start.

    τ̂_it = y_it − ŷ_it(0), ŷ(0) = a_i + w_t + c z_it fitted to the rows before treatment (Borusyak, Jaravel & Spiess
    2024; Stata's ``did_imputation``). The average weighs treated rows alike, or by ``weights``. Standard errors are the
    authors' conservative ones, clustered. Leads come from a regression of the rows before treatment alone, compared
    with the earliest; so bounds on violated trends, which compare leads with effects, are not made. Treated rows in
    waves in which nobody is untreated are left out, and counted in the note.

    >>> import polars as pl
    >>> from pipeline.models import imputation_effects
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + ["d"] * 3, "wave": ["w01", "w02", "w03"] * 4,
    ...     "first": ["w03"] * 6 + [None] * 6,
    ...     "trust": [2.0, 2.0, 4.0, 3.0, 4.0, 5.0, 2.0, 2.0, 2.0, 3.0, 4.0, 4.0],
    ... })
    >>> imputation_effects(panel, "trust", start="first").filter(component="effect")["estimate"].round(6).to_list()
    [1.5]
    """
    made = event_study(
        frame, outcome, covariates, estimator="imputation", leads=leads, lags=lags, confidence=confidence,
        model=model, **options,
    )  # fmt: skip
    return made.with_columns(family=pl.lit("imputation_effects"))


def fit(name: str, spec: InterventionSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    frame, given = treatment(spec, panel, rows)
    return imputation_effects(
        frame,
        str(spec.outcome),
        spec.covariates,
        leads=spec.most_leads,
        lags=spec.most_lags,
        confidence=spec.confidence,
        model=name,
        **given,
    )
