"""Scores of answers on disk, made batch by batch: a score needs the answers of its row alone; reliability by wave."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.errors import ModelError
from pipeline.on_disk import OnDisk, database, mapped, person_waves_twice
from pipeline.scales.panel import panel as panel_of
from pipeline.scales.reliability import reliability_of
from pipeline.specs.project import Study


def panel(
    study: Study,
    answers: OnDisk,
    areas: Mapping[str, pl.DataFrame] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> OnDisk:
    """One row per person and wave, as ``panel`` of the same answers in memory. Raises CohesionError as it does."""
    _refuse_twice(answers)
    return mapped(answers, lambda batch: panel_of(study, batch, areas, ranges), answers.columns)


def reliability(answers: OnDisk, study: Study) -> pl.DataFrame:
    """One row per scale, wave and arm, as ``reliability`` of the same answers in memory."""
    _refuse_twice(answers)
    return reliability_of(answers, study)


def _refuse_twice(answers: OnDisk) -> None:
    with database() as connection:
        if twice := person_waves_twice(connection, answers):
            raise ModelError("a person more than once in a wave", count=twice, todo="Give one row per person and wave.")
