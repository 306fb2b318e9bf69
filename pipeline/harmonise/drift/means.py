"""Means of a wave's items and scales, as declared, before anything is harmonised."""

from __future__ import annotations

import polars as pl

from pipeline.harmonise.drift.reading import Reading, readings
from pipeline.specs.project import Study
from pipeline.specs.study import Scale


def wave_means(study: Study, wave: str, deposited: pl.DataFrame) -> dict[str, tuple[float, int]]:
    """Item or scale → its unweighted mean and how many have one; items first. Categories have the share of no code.

    Codes that nobody declared count as missing here; the drift report names them.
    """
    found: dict[str, list[pl.Series]] = {}
    for file in study.waves[wave].files:
        read = {key: one for key, one in readings(study, wave, file, deposited).items() if not one.absent}
        for key, one in read.items():
            if study.items[key].kind != "nominal":
                found.setdefault(key, []).append(one.frame["value"])
        for name, scale in study.scales.items():
            if set(scale.items) <= set(read):
                found.setdefault(name, []).append(_score(study, scale, read))
    means = {
        key: pl.concat([one.rename(key).cast(pl.Float64) for one in parts]).drop_nulls() for key, parts in found.items()
    }
    return {key: (float(values.mean() or 0.0), values.len()) for key, values in means.items() if values.len()}  # type: ignore[arg-type]


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
