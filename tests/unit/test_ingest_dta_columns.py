"""Columns of numbers taken from where they lie in a Stata file are those that the reader of the whole file gives."""

import random
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest

from pipeline.ingest.formats.dta_columns import number_columns
from pipeline.ingest.formats.request import Request
from pipeline.ingest.isolation.read import answer_to

WORDS = ("", "a", "ä" * 20, "long " * 30)


def written(path: Path, seed: int) -> list[str]:
    """A file of some columns of each kind, and the names of all."""
    chance = random.Random(seed)
    rows = chance.choice((0, 1, 7, 400))

    def empty(value: object) -> object:
        return None if chance.random() < 0.2 else value

    frame = pl.DataFrame(
        {
            "id": pl.Series([1_000 + row for row in range(rows)], dtype=pl.Int64),
            "small": pl.Series([empty(chance.randint(-127, 100)) for _ in range(rows)], dtype=pl.Int8),
            "middle": pl.Series([empty(chance.randint(-32_767, 32_740)) for _ in range(rows)], dtype=pl.Int16),
            "large": pl.Series(
                [empty(chance.randint(-(2**31) + 1, 2_147_483_620)) for _ in range(rows)], dtype=pl.Int32
            ),
            "text": pl.Series([chance.choice(WORDS) for _ in range(rows)], dtype=pl.String),
            "real32": pl.Series([empty(chance.uniform(-1e30, 1e30)) for _ in range(rows)], dtype=pl.Float32),
            "real64": pl.Series([empty(chance.uniform(-1e300, 1e300)) for _ in range(rows)], dtype=pl.Float64),
        }
    )
    order = chance.sample(frame.columns, k=len(frame.columns))
    pyreadstat.write_dta(frame.select(order), path, version=chance.choice((13, 14, 15)))
    return order


@pytest.mark.parametrize("seed", range(12))
def test_they_are_what_the_whole_file_says(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "panel.dta"
    names = written(path, seed)
    values, _ = pyreadstat.read_dta(path, user_missing=True, output_format="dict")
    found = number_columns(path, names, names)
    assert set(found) == set(names) - {"text"}
    for name, column in found.items():
        assert column.equals(pl.Series(name, values[name], dtype=pl.Float64)), name


@pytest.mark.parametrize("seed", range(3))
def test_a_projected_deposit_is_part_of_the_whole_one(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "panel.dta"
    names = written(path, seed)
    whole = answer_to(Request(str(path), "dta"), isolate=False)
    part = answer_to(Request(str(path), "dta", columns=("id", "real64", "text"), projected=True), isolate=False)
    wanted = [name for name in names if name in ("id", "real64", "text")]
    assert part.frame.equals(whole.frame.select(wanted))
    assert part.receipt == whole.receipt


def test_a_column_with_a_tag_is_left_to_the_reader_of_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "panel.dta"
    frame = pl.DataFrame({"plain": [1.0, 2.0], "tagged": pl.Series([1.0, "a"], dtype=pl.Object)}, strict=False)
    pyreadstat.write_dta(frame, path, missing_user_values={"tagged": ["a"]})
    assert set(number_columns(path, ["plain", "tagged"], ["plain", "tagged"])) == {"plain"}
    deposit = answer_to(Request(str(path), "dta", columns=("plain", "tagged"), projected=True), isolate=False)
    assert deposit.frame.to_dict(as_series=False) == {"plain": [1.0, 2.0], "tagged": ["1", ".a"]}


@pytest.mark.parametrize("version", [8, 10, 12])
def test_a_file_of_an_older_release_is_left_to_the_reader_of_the_whole(tmp_path: Path, version: int) -> None:
    path = tmp_path / "panel.dta"
    pyreadstat.write_dta(pl.DataFrame({"a": [1.0, 2.0]}), path, version=version)
    assert number_columns(path, ["a"], ["a"]) == {}
    deposit = answer_to(Request(str(path), "dta", columns=("a",), projected=True), isolate=False)
    assert deposit.frame["a"].to_list() == [1.0, 2.0]


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_file_gives_nothing_else_than_the_whole_reader(tmp_path: Path, seed: int) -> None:
    """Bytes of the header are changed: the columns are right, or none."""
    path = tmp_path / "panel.dta"
    names = written(path, 3)
    data = bytearray(path.read_bytes())
    chance = random.Random(seed)
    for _ in range(3):
        data[chance.randrange(60, min(len(data), 700))] = chance.randrange(256)
    path.write_bytes(data)
    found = number_columns(path, names, names)
    if not found:
        return
    try:
        values, about = pyreadstat.read_dta(path, user_missing=True, output_format="dict")
    except (pyreadstat.ReadstatError, UnicodeDecodeError):
        return
    for name, place in zip(names, about.column_names, strict=True):
        if name in found and not any(isinstance(value, str) for value in values[place]):
            assert found[name].to_numpy() == pytest.approx(np.array(values[place], float), nan_ok=True)
