"""The door of drift: the same findings however the wave tables are held."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from test_drift_numbers import amounts, declare, tables

from pipeline.harmonise.drift import compare_all

Hold = Callable[[pl.DataFrame], pl.DataFrame]
HELD: dict[str, Hold] = {
    "rows reversed": lambda wave: wave.reverse(),
    "rows shuffled": lambda wave: wave.sample(fraction=1.0, shuffle=True, seed=4),
    "ids as numbers": lambda wave: wave.with_columns(pl.col("person_id").str.slice(1).cast(pl.Int64)),
    "ids as Categorical": lambda wave: wave.with_columns(pl.col("person_id").cast(pl.Categorical)),
    "waves as Enum": lambda wave: wave.with_columns(pl.col("wave").cast(pl.Enum(["w01", "w02", "w03"]))),
    "answers as numbers": lambda wave: wave.with_columns(pl.col("q").cast(pl.Float64)),
    "answers as numbers, NaN": lambda wave: wave.with_columns(pl.col("q").cast(pl.Float64).fill_null(float("nan"))),
}


def none(waves: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    names = ("study", "wave", "arm", "variable", "label", "code", "code_label", "missing", "is_in_file", "nearest")
    types = {name: pl.Boolean if name == "is_in_file" else pl.String for name in names}
    return {wave: pl.DataFrame([], schema=types) for wave in waves}


def answered(change: Callable[[Any], Any]) -> dict[str, pl.DataFrame]:
    was, now = amounts("thermometer")
    made = tables(was, change(now), now)
    return {wave: frame.with_columns(q=pl.when(pl.col("row") % 7 == 0).then(None).otherwise("q"))
            for wave, frame in made.items()}  # fmt: skip


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize(
    "change",
    [lambda now: now, lambda now: now / 10, lambda now: np.where(now > 50, now + 200, now)],
    ids=["as ever", "in tenths", "out of range"],
)
def test_the_same_findings_however_waves_are_held(tmp_path: Path, held: str, change: Callable[[Any], Any]) -> None:
    study, waves = declare(tmp_path, (0, 100)), answered(change)
    plain = compare_all(study, waves, none(waves), ("income",))
    found = compare_all(study, {wave: HELD[held](frame) for wave, frame in waves.items()}, none(waves), ("income",))
    assert found.equals(plain)
