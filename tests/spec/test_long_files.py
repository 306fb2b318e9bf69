"""A file with a row for each wave of a person, whatever the column of the wave is called, in draft and build."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from layout_study import STUDY, as_the_template, declare_waves, ingested, make_root, run

from pipeline.errors import DepositError
from pipeline.ingest.arrival.layout import long_layout

MONTHS = (201803, 201903, 202003)
SAID = "each id occurs at most once per value of `{column}` ({first} to {last}): this is a long file"


def long(column: str = "WAVE", values: Sequence[object] = (1, 2, 3), people: int = 60) -> pl.DataFrame:
    """People of whom some miss a wave; an arm column beside the wave, and answers."""
    rows = [
        (
            1000 + who,
            value,
            1 + who % 2,
            f"{2018 + place}-03-{1 + who % 28:02}",
            *((who * k + place // 2) % 5 + 1 for k in (1, 2, 3)),
        )
        for who in range(people)
        for place, value in enumerate(values)
        if (who + place) % 4
    ]
    return pl.DataFrame(rows, schema=["RESPID", column, "SAMPLE", "INTDATE", "TRUST", "Q2", "Q3"], orient="row")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("WAVE", (1, 2, 3)),
        ("Sweep", ("Wave 1", "Wave 2", "Wave 3")),
        ("ERHEBUNG", (2018, 2019, 2020)),
        ("x7", MONTHS),
    ],
)
def test_a_column_tells_the_rows_of_each_id_whatever_it_is_called(column: str, values: Sequence[object]) -> None:
    found = long_layout(long(column, values), "RESPID")
    assert found is not None
    assert (found.column, found.values) == (column, tuple(map(str, values)))


def test_a_name_decides_between_columns_that_do() -> None:
    frame = long("x7").with_columns(pl.col("x7").alias("Round"))
    found = long_layout(frame, "RESPID")
    assert found is not None
    assert found.column == "Round"


def test_identical_rows_count_once() -> None:
    frame = long()
    found = long_layout(pl.concat([frame, frame.head(3)]), "RESPID")
    assert found is not None
    assert found.column == "WAVE"


def test_a_wave_in_which_a_few_ids_come_twice_is_not_long() -> None:
    one = long().filter(pl.col("WAVE") == 2)
    again = one.head(3).with_columns(pl.lit(9).alias("Q2"))
    assert long_layout(pl.concat([one, again], how="vertical_relaxed"), "RESPID") is None
    assert long_layout(one, "RESPID") is None


def test_answers_that_differ_by_chance_are_no_wave() -> None:
    frame = pl.DataFrame({"id": [1, 1, 2, 2, 3, 3] * 2, "trust": [1, 2, 1, 3, 2, 3, 4, 5, 4, 5, 4, 5]})
    assert long_layout(frame, "id") is None


@pytest.mark.parametrize("person", ["id", "RESPID"])
@pytest.mark.parametrize(("column", "values"), [("WAVE", (1, 2, 3)), ("x7", MONTHS), ("Sweep", ("W1", "W2", "W3"))])
def test_the_draft_declares_all_its_waves(tmp_path: Path, person: str, column: str, values: Sequence[object]) -> None:
    root = make_root(tmp_path, {"all.csv": long(column, values).write_csv()})
    as_the_template(root)
    about = root / "data/studies/lay/study.yaml"
    about.write_text(about.read_text().replace("person_id: id", f"person_id: {person}"))
    said = run(root, "wave", "draft", STUDY, str(root / "data/raw/lay/all.csv"))
    assert "all.csv holds 3 waves" in said
    assert SAID.format(column=column, first=values[0], last=values[-1]) in " ".join(said.split())
    assert "# `SAMPLE` may say the arm of each row: " in about.read_text()
    assert f"{column}:" not in (root / "data/studies/lay/items.yaml").read_text()
    run(root, "check")
    assert {wave: made.frame.height for wave, made in ingested(root).items()} == {"w01": 45, "w02": 45, "w03": 45}


def test_a_draft_beside_items_declares_all_waves_as_well(tmp_path: Path) -> None:
    root = make_root(tmp_path, {"all.csv": long().write_csv()}, person_id="RESPID")
    said = run(root, "wave", "draft", STUDY, str(root / "data/raw/lay/all.csv"))
    assert SAID.format(column="WAVE", first=1, last=3) in " ".join(said.split())
    for wave in (1, 2, 3):
        drafted = (root / f"data/studies/lay/waves/w0{wave}.yaml").read_text()
        assert f'rows: {{"WAVE": "{wave}"}}' in drafted
    assert {wave: made.frame.height for wave, made in ingested(root).items()} == {"w01": 45, "w02": 45, "w03": 45}


@pytest.mark.parametrize(("column", "values", "rows"), [("WAVE", (1, 2, 3), "3"), ("x7", MONTHS, "202003")])
def test_the_build_says_that_the_file_is_long(tmp_path: Path, column: str, values: Sequence[object], rows: str) -> None:
    root = make_root(tmp_path, {"all.csv": long(column, values).write_csv()}, person_id="RESPID", waves=1)
    declare_waves(root, {1: "files: [{arm: main, file: all.csv, format: csv, variables: {trust: TRUST}}]\n"})
    with pytest.raises(DepositError) as caught:
        ingested(root)
    said = str(caught.value)
    assert SAID.format(column=column, first=values[0], last=values[-1]) in said
    assert f"`rows: {{{column}: {rows}}}`" in said
    assert "135" in said


def test_ids_that_a_wave_has_twice_are_refused_as_before(tmp_path: Path) -> None:
    frame = long().filter(pl.col("WAVE") == 2)
    root = make_root(tmp_path, {"all.csv": pl.concat([frame, frame.head(2)]).write_csv()}, person_id="RESPID", waves=1)
    declare_waves(root, {1: "files: [{arm: main, file: all.csv, format: csv, variables: {trust: TRUST}}]\n"})
    with pytest.raises(DepositError, match="Ask which row is right"):
        ingested(root)
