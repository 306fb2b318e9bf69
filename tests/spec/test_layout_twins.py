"""Twins: one panel as one file per wave, long, wide, joined, in two modes and in forty chunks is one panel."""

from pathlib import Path

import polars as pl
import pytest
from layout_study import harmonised
from layout_twins import TWINS, one_a_wave

from assets.engine.store import table_bytes


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: str(twin.__name__))
def test_twins_are_the_same_to_the_byte(tmp_path: Path, twin) -> None:  # type: ignore[no-untyped-def]
    one, other = harmonised(one_a_wave(tmp_path / "one")), harmonised(twin(tmp_path / "other"))
    assert one.answers.equals(other.answers)
    assert table_bytes(one.answers) == table_bytes(other.answers)
    counted = ["wave", "arm", "item", "code", "value", "is_valued", "reason", "count"]
    mine = other.ledger.filter(pl.col("count") > 0).select(counted)
    assert one.ledger.filter(pl.col("count") > 0).select(counted).equals(mine)
