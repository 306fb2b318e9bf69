"""Damaged sample deposits: an altered file whose receipt was confirmed is refused, whatever a reader makes of it."""

from pathlib import Path

import pytest
from test_ingest_mutations import _run

from pipeline.sample import write_sample

FORMATS = ("sav", "zsav", "dta", "csv", "xlsx", "parquet")


@pytest.mark.parametrize("count", [60, pytest.param(10_000, marks=pytest.mark.slow)])
def test_damaged_sample_deposits(count: int, tmp_path: Path) -> None:
    written = [(path, path.suffix[1:]) for path in write_sample(tmp_path / "sample")]
    originals = [(path, format) for path, format in written if format in FORMATS]
    (tmp_path / "damaged").mkdir()
    assert sum(_run(originals, tmp_path / "damaged", range(count)).values()) == count
