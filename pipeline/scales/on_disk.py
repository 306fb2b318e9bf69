"""The panel of answers on disk, made batch by batch: a score needs the answers of its row alone."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.errors import ModelError
from pipeline.on_disk import OnDisk, database, mapped, person_waves_twice
from pipeline.scales.panel import panel as panel_of
from pipeline.specs.project import Study


def panel(
    study: Study,
    answers: OnDisk,
    areas: Mapping[str, pl.DataFrame] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> OnDisk:
    """One row per person and wave, as ``panel`` of the same answers in memory. Raises CohesionError as it does."""
    with database() as connection:
        if twice := person_waves_twice(connection, answers):
            raise ModelError("a person more than once in a wave", count=twice, todo="Give one row per person and wave.")
    return mapped(answers, lambda batch: panel_of(study, batch, areas, ranges), answers.columns)
