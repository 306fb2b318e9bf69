"""A wave's deposit through its declaration: only declared columns, answers as codes, people as pseudonyms."""

from pathlib import Path

import polars as pl
import pytest
from confirmed import confirm_all
from small_study import build, declare, deposit, make_root, rows

from pipeline.ingest.wave import wave_table
from pipeline.ingest.wave_table import WaveTable
from pipeline.paths import Paths
from pipeline.specs import load_project

BELONG = "belong1"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path)


def load(root: Path) -> WaveTable:
    confirm_all(root)
    study = load_project(Paths(root)).studies["first"]
    return wave_table(study, "w01", root / "data" / "raw" / "first", bytes(32))


def test_ids_become_pseudonyms_and_undeclared_columns_stay_out(root: Path) -> None:
    deposit(root, "first", rows().with_columns(RecipientEmail=pl.col("id") + "@example.org"))
    table = load(root)
    assert "RecipientEmail" not in table.frame.columns
    assert "RecipientEmail: 40 cells, e-mail address" in table.notices
    assert table.frame["person_id"].str.contains("^p[0-9a-f]{32}$").all()
    assert not any("P001" in text for text in (str(table.frame.to_dicts()), str(table.notices)))


def test_blank_rows_keep_the_numbers_of_the_others(root: Path) -> None:
    file = deposit(root, "first", rows())
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:2], "," * lines[0].count(","), *lines[2:]]) + "\n")
    table = load(root)
    assert table.frame["row"].to_list()[:3] == [1, 3, 4]
    assert table.notices == ("1 rows set aside: blank",)
    assert table.receipts["rows"].to_list() == [41]


def labelled(root: Path) -> dict[str, str]:
    """The declared answer texts of one item."""
    return dict(load_project(Paths(root)).studies["first"].items[_item(root)].codes)


def _item(root: Path) -> str:
    items = load_project(Paths(root)).studies["first"].items
    return next(key for key, item in items.items() if (item.variable or key) == BELONG)


@pytest.mark.parametrize("how", ["labels", "code_and_label"])
def test_answers_in_words_become_the_codes_they_stand_for(root: Path, how: str) -> None:
    plain = load(root).frame
    declare(root, "first", "waves/w01.yaml", "    format: csv", f"    answers: {how}\n    format: csv")
    study = load_project(Paths(root)).studies["first"]
    words = rows().with_columns(
        _in_words(rows()[item.variable or key], item.codes, how) for key, item in study.items.items() if item.codes
    )
    deposit(root, "first", words)
    assert load(root).frame.equals(plain)


def _in_words(column: pl.Series, labels: dict[str, str], how: str) -> pl.Series:
    text = "{label}" if how == "labels" else "{code} - {label}"
    return pl.Series(
        column.name,
        [text.format(code=code, label=labels[code]) if code in labels else code for code in column.cast(pl.String)],
    )


def test_a_text_that_is_no_answer_is_counted_not_shown(root: Path) -> None:
    declare(root, "first", "waves/w01.yaml", "    format: csv", "    answers: code_and_label\n    format: csv")
    codes = rows()[BELONG].cast(pl.String)
    deposit(root, "first", rows().with_columns(codes.set(codes == "2", "my own words")))
    reports = build(root)
    assert f"`{BELONG}`: codes that are not declared: text (10)" in reports["findings/first"].message
    assert not any("my own words" in report.to_json() for report in reports.values())
