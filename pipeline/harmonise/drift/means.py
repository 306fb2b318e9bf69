"""Means of a wave's items and scales, as declared, before anything is harmonised."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.harmonise.drift.reading import Reading, readings
from pipeline.harmonise.drift.weights import usable_or_null
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns
from pipeline.specs.study import Scale

ALL_ARMS = "all"
"""The arms of a wave together, where it has several."""
SCHEMA = {"arm": pl.String, "measure": pl.String, "answers": pl.Int64, "mean": pl.Float64, "weighted": pl.Float64}


def wave_means(study: Study, wave: str, deposited: pl.DataFrame) -> pl.DataFrame:
    """One row per arm and item or scale: number of answers, mean, and mean with the weights of the files.

    Items first. Categories have none. Codes that nobody declared count as missing here; the drift report names them.
    ``weighted`` is null where no row has a usable weight.
    """
    arms: dict[str, dict[str, list[pl.DataFrame]]] = {}
    for file in arm_files(study, wave):
        weights = _weights(study, wave, file, deposited)
        for key, values in _measures(study, wave, file, deposited):
            own = pl.DataFrame({"value": values, "weight": weights}).drop_nulls("value")
            for arm in (file.arm, ALL_ARMS):
                arms.setdefault(arm, {}).setdefault(key, []).append(own)
    if len(arms) <= 2:
        arms.pop(ALL_ARMS, None)
    rows = [(arm, key, *_mean(pl.concat(parts))) for arm, found in arms.items() for key, parts in found.items()]
    return pl.DataFrame([row for row in rows if row[2]], schema=SCHEMA, orient="row")


def _mean(values: pl.DataFrame) -> tuple[int, float | None, float | None]:
    weighted = values.drop_nulls("weight").select(mean=(pl.col("value") * pl.col("weight")).sum() / pl.sum("weight"))
    mean = weighted.item()
    return values.height, values["value"].mean(), mean if mean is not None and mean == mean else None  # type: ignore[return-value]


def _weights(study: Study, wave: str, file: WaveFile, deposited: pl.DataFrame) -> pl.Series:
    rows = deposited.filter(pl.col("arm") == file.arm)
    column = role_columns(study, wave, file).get("weight")
    if column is None or column not in rows.columns:
        return pl.Series([None] * rows.height, dtype=pl.Float64)
    return usable_or_null(rows[column])


def _measures(study: Study, wave: str, file: WaveFile, deposited: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    """The values of each item that is no category, then the scores of the scales whose items are all there."""
    read = {key: one for key, one in readings(study, wave, file, deposited).items() if not one.absent}
    for key, one in read.items():
        if study.items[key].kind != "nominal":
            yield key, one.frame["value"].cast(pl.Float64)
    for name, scale in study.scales.items():
        if set(scale.items) <= set(read):
            yield name, _score(study, scale, read).cast(pl.Float64)


def _score(study: Study, scale: Scale, read: dict[str, Reading]) -> pl.Series:
    """The scale by its declared rule: mean or sum of the answered items, enough of them answered."""
    columns = {key: read[key].frame["value"] for key in scale.items}
    for key in scale.reverse:
        values = [float(value) for value, _ in read[key].rule.codes.values() if value is not None]
        low, high = (min(values), max(values)) if values else (study.items[key].range or (0.0, 0.0))
        columns[key] = low + high - columns[key]
    frame = pl.DataFrame(columns)
    needed = len(columns) if scale.minimum_answered is None or scale.score == "sum" else scale.minimum_answered
    answered = pl.sum_horizontal(pl.all().is_not_null().cast(pl.Int32))
    total = pl.sum_horizontal(pl.all())
    value = total if scale.score == "sum" else total / answered
    return frame.select(score=pl.when(answered >= needed).then(value))["score"]
