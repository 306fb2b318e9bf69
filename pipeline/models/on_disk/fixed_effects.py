"""Fixed effects of a panel on disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.covariance import Correction, require_freedom
from pipeline.models.on_disk.moments import absorbed_fit, require_independent, require_variation, within
from pipeline.models.on_disk.rows import regression_rows
from pipeline.models.options import WeightedRows, taken
from pipeline.models.table import coefficient_table
from pipeline.on_disk import OnDisk, database


def fixed_effects(
    table: OnDisk,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    effects: str = "person",
    correction: Correction = "hc1",
    standard_errors: object = None,
    diagnostics: bool = False,
    repeated: bool = False,
    confidence: float = 0.95,
    model: str = "fixed_effects",
    **options: Any,
) -> pl.DataFrame:
    """One row per term, as ``pipeline.models.fixed_effects`` of the same rows in memory, to 1e-10.

    Raises ModelError as it does, and for a term of which less than a millionth is left by the others.
    """
    if standard_errors is not None or diagnostics:
        where = "diagnostics" if standard_errors is None else "standard_errors"
        raise ModelError("these standard errors, and diagnostics, need the panel in memory", where=where)
    chosen = taken(WeightedRows, options)
    both = effects == "person_and_wave"
    if both:
        chosen["wave_effects"] = False
    with database() as connection:
        rows = regression_rows(connection, table, outcome, exposures, covariates, **chosen)
        absorbed = rows.n_persons + (rows.n_waves - 1 if both else 0)
        waves = [f"(wave = {place})::DOUBLE" for place in range(1, rows.n_waves)] if both else []
        require_freedom(rows, absorbed)
        if not rows.columns:
            raise ModelError("there are no terms to estimate", where=outcome, todo="Name an exposure.")
        found = within(rows, [*rows.columns, *waves])
        require_variation(found, rows.terms, outcome)
        require_independent(found.products[:-1, :-1], rows.terms, outcome, len(waves))
        fit = absorbed_fit(rows, found, absorbed, correction, len(waves))
        return coefficient_table(
            rows, fit, confidence=confidence, model=model, family="fixed_effects", checked=not repeated
        )
