"""What a file marks as missing is no answer, whatever the item's range or codes allow, until somebody decides so."""

import datetime as dt
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from shared import shared
from test_values_texts import ABOUT, AGREE, ITEMS, Study, truth

from pipeline.ingest.formats.dates import as_dates

PEOPLE = [f"P{number}" for number in range(6)]
ACCEPT = "decisions: [{finding: marked_missing, item: %s, decision: accept, reason: these are answers}]\n"


def sav(path: Path, ranges: dict[str, list], **columns: list[float | str | None]) -> Path:
    frame = pl.DataFrame({"pid": PEOPLE, "q1": [1.0, 2, 3, 4, 5, 1], "q2": [1.0] * 6, "income": [10.0] * 6, **columns})
    pyreadstat.write_sav(frame, path, missing_ranges=ranges)
    return path


INCOMES = [10.0, 99998.0, 30.0, 99990.0, 50.0, None]
MARKED = {
    "a range": ({"income": [{"lo": 99990, "hi": 99999}]}, INCOMES, "99990 (1), 99998 (1)"),
    "upwards": ({"income": [{"lo": 99990, "hi": float("inf")}]}, INCOMES, "99990 (1), 99998 (1)"),
    "single codes": ({"income": [99998, 99990]}, INCOMES, "99990 (1), 99998 (1)"),
    "zero": ({"income": [0]}, [10.0, 0.0, 30.0, 0.0, 50.0, None], "0 (2)"),
    "fractions": ({"income": [{"lo": 0.5, "hi": 0.6}]}, [10.0, 0.5, 30.0, 0.55, 50.0, None], "0.5 (1), 0.55 (1)"),
}


@pytest.mark.parametrize("case", MARKED)
def test_a_number_that_the_file_marks_is_no_amount(tmp_path, case):
    ranges, values, listed = MARKED[case]
    file = sav(tmp_path / "marks.sav", ranges, income=values)
    study = Study(tmp_path / "root", file)
    message = study.message()
    assert "marks.sav, `income`: the file itself marks as missing what the item would take for answers:" in message
    assert all(part in message for part in listed.split(", "))
    (line,) = [part for part in message.split("`") if part.startswith("missing: {")]
    study.declare(ABOUT + line.replace("no_answer", "refused") + "\n", file)
    assert not study.message()
    assert study.answers()["income"].to_list() == [10, None, 30, None, 50, None]
    assert study.answers()["income_reason"].to_list() == [None, "refused", None, "refused", None, "blank"]


def test_set_aside_they_are_missing_and_a_decision_makes_answers_of_them(tmp_path):
    file = sav(tmp_path / "marks.sav", MARKED["a range"][0], income=INCOMES)
    study = Study(tmp_path / "root", file, about=ABOUT + "doubtful: set_aside\n")
    assert not study.message()
    assert study.answers()["income"].to_list() == [10, None, 30, None, 50, None]
    study.declare(ABOUT, file, wave=ACCEPT % "income")
    assert not study.message()
    assert study.answers()["income"].to_list() == INCOMES


def test_a_code_that_the_file_marks_is_no_answer(tmp_path):
    file = sav(tmp_path / "codes.sav", {"q1": [5]})
    study = Study(tmp_path / "root", file)
    assert "`q1`: the file itself marks as missing what the item would take for answers: 5 (1)" in study.message()
    study.declare(ABOUT, file, wave=ACCEPT % "q1")
    assert not study.message()
    assert study.answers()["q1"].to_list() == [1, 2, 3, 4, 5, 1]


def test_what_the_item_recodes_to_a_reason_is_declared(tmp_path):
    items = ITEMS.replace(f"codes: {AGREE}}}", f"codes: {AGREE}, recode: {{1: 1, 2: 2, 3: 3, 4: 4, 5: dont_know}}}}", 1)
    study = Study(tmp_path / "root", sav(tmp_path / "codes.sav", {"q1": [5]}), items=items)
    assert not study.message()
    assert study.answers()["q1"].to_list() == [1, 2, 3, 4, None, 1]


def test_text_codes_that_the_file_marks(tmp_path):
    file = sav(tmp_path / "text.sav", {"q1": ["4"]}, q1=["1", "2", "4", "4", "5", "1"])
    assert "would take for answers: 4 (2)" in Study(tmp_path / "root", file).message()


def test_a_weight_that_the_file_marks_is_none(tmp_path):
    file = sav(tmp_path / "weights.sav", {"w": [{"lo": 999, "hi": 9999}]}, w=[1.0, 0.5, 999.0, 1.0, 1.0, 9999.0])
    study = Study(tmp_path / "root", file, about=ABOUT.replace("person_id: pid", "person_id: pid, weight: w"))
    assert not study.message()
    assert study.answers()["design_weight"].to_list() == [1, 0.5, None, 1, 1, None]


def test_a_date_that_the_file_marks_is_none():
    day = (dt.date(1900, 1, 1) - dt.date(1582, 10, 14)).days * 86_400.0
    numbers = pl.Series("d", [day, day + 121 * 366 * 86_400.0])
    made = as_dates(numbers, "spss", numbers == day)
    assert made.to_list() == [str(int(day)), "2021-04-02"]


def test_c01_missing_range(tmp_path):
    file = shared("faults", "waves", "c01_missing_range_lo.sav")
    study = Study(tmp_path / "root", file)
    message = study.message()
    assert "`income`: the file itself marks as missing what the item would take for answers: 99998 (" in message
    assert "`q1`: the file itself marks as missing" in message
    study.declare(ABOUT + "missing: {99998: no_answer, -1: dont_know, -2: refused}\n", file)
    assert not study.message()
    made, right = study.answers(), truth()
    for name in ("q1", "q2", "income"):
        pairs = zip(made[name].to_list(), right[name].to_list(), strict=True)
        assert all(value is None or value == expected for value, expected in pairs)
    assert made["income_reason"].count() >= 1
