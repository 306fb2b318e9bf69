"""Difference in differences: how the treated changed, less how the others did, with unit and wave effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.covariance import FEW_CLUSTERS
from pipeline.models.inference import Basis, Term, coefficient_rows, joined
from pipeline.models.interventions.absorbed import absorb
from pipeline.models.interventions.adoption import Adoption, Treated
from pipeline.models.interventions.adoption_rows import adoption
from pipeline.models.interventions.comparison_groups import fewest_clusters, require_clusters, require_controls
from pipeline.models.interventions.declared import InterventionSpec, treatment
from pipeline.models.interventions.decomposition import decomposed, negative_weight
from pipeline.models.interventions.event_rows import TERM, Row
from pipeline.models.interventions.randomisation import FEWEST, randomised
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted

MANY = 30
"""With as many clusters or more, clustered errors serve."""
FEWEST_SIGNS = 12
"""With fewer clusters there are too few combinations of signs: six-point weights are drawn instead (Webb 2023)."""


@public(once=True, ordered=True, infinite=False)
def difference_in_differences(
    frame: pl.DataFrame,
    outcome: str,
    covariates: Sequence[str] = (),
    *,
    randomisation: bool | None = None,
    draws: int = 9_999,
    seed: int = 1,
    confidence: float = 0.95,
    model: str = "difference_in_differences",
    **options: Unpack[Treated],
) -> pl.DataFrame:
    """One row for the effect of being treated, one per covariate, and tests.

    y_it = a_i + w_t + b d_it + c z_it + e_it, d_it one from the start of the treatment on, i persons (``unit`` an area
    where waves are different people: ``design="cross_sections"``). Two groups and two waves give the difference of
    the two changes. ``options`` are those of ``Treated``: ``start``, ``treated``, ``by``, ``unit``, ``cluster``,
    ``weights`` … Units treated from the first wave on are left out and counted.

    Where starts differ, b is a mean of comparisons, some with units treated already: rows ``comparison`` and
    ``comparison_weight`` show them (Goodman-Bacon 2021), and the note says which estimators avoid it. With fewer than
    ten treated or comparison areas (or ``randomisation=True``) a row ``test`` has the randomisation p-value over all
    ways to choose the treated areas, or ``draws`` of them (``seed``); then, and with fewer than thirty
    clusters, another has that of the wild cluster bootstrap, with its interval.

    Errors are clustered as fixest's ``feols`` does, by ``by``, the level at which the treatment was given. Raises
    ModelError if nobody or everybody is treated, nobody is seen before the start, a start is in no wave, the treatment
    switches off, or there is one treated cluster and clustered errors.

    >>> import polars as pl
    >>> from pipeline.models import difference_in_differences
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d"], "wave": ["w01", "w02"] * 4,
    ...     "invested": [1, 1, 1, 1, 0, 0, 0, 0], "trust": [2.0, 4.0, 3.0, 4.0, 2.0, 2.0, 3.0, 4.0],
    ... })
    >>> table = difference_in_differences(panel, "trust", start="w02", treated="invested")
    >>> table.filter(component="effect")["estimate"].round(6).to_list()
    [1.0]
    """
    data = adoption(frame, outcome, covariates, **options)
    require_controls(data)
    few = None if randomisation and data.cluster is None else require_clusters(data)
    fit = absorb(data, data.is_treated[:, None].astype(float), (Term("effect", TERM), *data.terms)[:1])
    basis = data.basis(fit.described, confidence)
    rows = coefficient_rows(basis, (Term("effect", TERM), *data.terms), fit.estimates, fit.covariance, fit.df)
    staggered, parts = _staggered(basis, data)
    notes = joined(data.note, few, staggered)
    rows = noted(rows[:1], notes) + rows[1:] + parts + _randomised(basis, data, randomisation, draws, seed)
    rows += _wild(basis, data, draws, seed)
    return table(rows, data, basis, model=model, family="difference_in_differences")


def _staggered(basis: Basis, data: Adoption) -> tuple[str | None, list[Row]]:
    """The warning where starts differ, with the comparisons that the estimate is made of."""
    if len(data.cohorts) < 2:
        return None, []
    parts = decomposed(data) or ()
    negative = negative_weight(data)
    note = (
        f"starts differ ({len(data.cohorts)}): this is a weighted mean of comparisons, in part with units treated "
        f"already ({negative:.0%} of treated rows count negatively), and biased where effects change with time; "
        "see `group_time_effects`, `event_study` or `imputation_effects`"
    )
    rows = [
        basis.row(Term(component, part.kind), estimate=value, covariance=None)
        for part in parts
        for component, value in (("comparison", part.estimate), ("comparison_weight", part.weight))
    ]
    return note, rows


def _randomised(basis: Basis, data: Adoption, wanted: bool | None, draws: int, seed: int) -> list[Row]:
    """The randomisation p-value: if it is wanted, or by itself where areas are few."""
    areas = int(data.by.max()) + 1
    treated = np.unique(data.by[~data.is_never]).size
    few = min(treated, areas - treated) < FEW_CLUSTERS and areas < data.n_units
    if wanted is False or (wanted is None and not few):
        return []
    try:
        found = randomised(data, draws, seed)
    except ModelError as error:
        if wanted:
            raise
        return [basis.row(Term("test", "randomisation", note=f"withheld: {error.what}"), covariance=None)]
    if found.is_exact and found.assignments < FEWEST:
        why = f"{found.words}: too few for a p-value below 0.05"
        return [basis.row(Term("test", "randomisation", note=why), p_value=found.p_value, covariance=None)]
    return [basis.row(Term("test", "randomisation", note=found.words), p_value=found.p_value, covariance=None)]


def _wild(basis: Basis, data: Adoption, draws: int, seed: int) -> list[Row]:
    """The wild cluster bootstrap of the effect, where clusters are few."""
    if data.cluster is None or (data.n_clusters >= MANY and fewest_clusters(data) >= FEW_CLUSTERS):
        return []
    from pipeline.models.covariances import wild_cluster_bootstrap

    matrix = np.column_stack([data.is_treated.astype(float), data.covariates])
    try:
        found = wild_cluster_bootstrap(
            data.outcome, matrix, 0, data.cluster, weights=data.weights, absorb=np.column_stack([data.unit, data.wave]),
            draws=draws, distribution="webb" if data.n_clusters < FEWEST_SIGNS else "rademacher",
            confidence=basis.confidence, seed=seed,
        )  # fmt: skip
    except ModelError as error:
        return [basis.row(Term("test", "wild_bootstrap", note=f"withheld: {error.what}"), covariance=None)]
    both = found.conf_low is not None and found.conf_high is not None
    return [
        basis.row(
            Term("test", "wild_bootstrap", note=found.note),
            estimate=found.estimate,
            statistic=found.statistic,
            p_value=found.p_value,
            conf_low=found.conf_low if both else None,
            conf_high=found.conf_high if both else None,
            covariance=found.described,
        )
    ]


def fit(name: str, spec: InterventionSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    frame, given = treatment(spec, panel, rows)
    return difference_in_differences(
        frame,
        str(spec.outcome),
        spec.covariates,
        randomisation=spec.randomisation,
        draws=spec.draws,
        seed=spec.seed,
        confidence=spec.confidence,
        model=name,
        **given,
    )
