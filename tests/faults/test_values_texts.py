"""Text where numbers or codes are expected: one message for each file, with the texts, counts, and what to declare."""

from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from confirmed import confirm_all
from engine_runs import build, is_early
from shared import shared
from small_study import make_root

from assets.engine import store
from pipeline.errors import DepositError
from pipeline.harmonise import harmonise_frame
from pipeline.harmonise.texts import Texts, texts_of, together
from pipeline.ingest import read_deposit
from pipeline.ingest.arrival.draft import draft_wave
from pipeline.ingest.arrival.opened import open_undeclared
from pipeline.paths import Paths
from pipeline.specs import load_project

AGREE = "{1: Never, 2: Rarely, 3: Sometimes, 4: Often, 5: Always}"
ABOUT = """
title: A study for tests
short_title: Tests
population: People who do not exist
citation: None
licence: None
arms: {main: {title: Main, waves: [w01]}}
columns: {person_id: pid}
"""
Q = "{key}: {{label: '{key}', wording: '{key}', codes: {codes}}}\n"
NUMBER = "{key}: {{label: '{key}', wording: '{key}', kind: number, range: [0, 1000000]}}\n"
ITEMS = "".join(Q.format(key=key, codes=AGREE) for key in ("q1", "q2")) + NUMBER.format(key="income")


class Study:
    """A study of one wave, whose one file is as a test has it."""

    def __init__(self, root: Path, file: Path, *, about: str = ABOUT, items: str = ITEMS, keys: str = "") -> None:
        self.root = make_root(root, ())
        folder = root / "data" / "studies" / "odd"
        (folder / "waves").mkdir(parents=True)
        (folder / "items.yaml").write_text(items)
        self.declare(about, file, keys)
        deposits = root / "data" / "raw" / "odd"
        deposits.mkdir(parents=True)
        (deposits / file.name).write_bytes(file.read_bytes())

    def declare(self, about: str, file: Path, keys: str = "", wave: str = "") -> None:
        folder = self.root / "data" / "studies" / "odd"
        (folder / "study.yaml").write_text(about)
        (folder / "waves" / "w01.yaml").write_text(
            "title: One\nfieldwork: {start: 2021-01-01, end: 2021-02-28}\n"
            f"files: [{{arm: main, file: '{file.name}', format: {file.suffix[1:]}{keys}}}]\n{wave}"
        )

    def message(self) -> str:
        """What is said of a build that stops; empty for one that does not."""
        confirm_all(self.root)
        reports = build(self.root, is_early)
        return "\n".join(report.message for name, report in reports.items() if report.message and "odd" in name)

    def answers(self) -> pl.DataFrame:
        return store.load(Paths(self.root), ("answers", "odd"))


def truth() -> pl.DataFrame:
    return pl.read_csv(shared("faults", "waves", "truth.csv"))


def written(path: Path, frame: pl.DataFrame, **options: str) -> Path:
    frame.write_csv(path, **options)
    return path


def people(**columns: list[object]) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    texts = {name: [None if cell is None else str(cell) for cell in cells] for name, cells in columns.items()}
    return pl.DataFrame({"pid": [f"P{number}" for number in range(rows)], **texts})


def test_a_mark_in_many_columns_is_one_message_and_the_line_it_names_resolves_it(tmp_path):
    names = [f"n{number}" for number in range(84)]
    frame = people(**{name: [str(number % 5), "NA", "3", None] for number, name in enumerate(names)})
    items = "".join(NUMBER.format(key=name) for name in names)
    file = written(tmp_path / "many.csv", frame)
    study = Study(tmp_path / "root", file, items=items)
    message = study.message()
    assert message.count("many.csv") == 1
    assert "many.csv: text that is no number or code: “NA” (84), in 84 cells of 84 variables (`n0`, `n1`" in message
    assert "and 72 more)" in message
    assert "Declare in study.yaml `missing: {NA: no_answer}`" in message
    study.declare(ABOUT + "missing: {NA: no_answer}\n", file)
    assert not study.message()
    assert study.answers()["n0_reason"].to_list() == [None, "no_answer", None, "blank"]


MARKS = ["NA", "N/A", "#N/A", "NaN", "NULL", ".", "-", ".a", ".Z", "n/a", "#NULL!"]


@pytest.mark.thorough
@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_is_named_in_numbers_and_in_codes(tmp_path, mark):
    frame = people(q1=["1", mark, "5"], q2=["1", "2", "3"], income=["10", mark, mark])
    file = written(tmp_path / "marks.csv", frame)
    study = Study(tmp_path / "root", file)
    message = study.message()
    assert f"“{mark}” (3), in 3 cells of 2 variables (`income`, `q1`)" in message
    (line,) = [part for part in message.split("`") if part.startswith("missing: {")]
    study.declare(ABOUT + line.replace("no_answer", "dont_know") + "\n", file)
    assert not study.message()
    assert study.answers()["income_reason"].to_list() == [None, "dont_know", "dont_know"]
    assert study.answers()["q1"].to_list() == [1, None, 5]


def test_marks_among_decimal_commas_and_thousands_are_resolved_by_the_same_line(tmp_path):
    frame = people(q1=["1", "2", "3"], q2=["1", "2", "3"], income=["1.234,5", "NA", "0,5"])
    file = written(tmp_path / "both.csv", frame, separator=";")
    keys = ", delimiter: ';', decimal: ',', thousands: '.'"
    study = Study(tmp_path / "root", file, keys=keys)
    assert "“NA” (1)" in study.message()
    study.declare(ABOUT + "missing: {NA: no_answer}\n", file, keys)
    assert not study.message()
    assert study.answers()["income"].to_list() == [1234.5, None, 0.5]


SEPARATED = {
    "3,724": ("1,234", 'thousands: ","', ", thousands: ','", 3724),
    "3 724": ("1 234", 'thousands: " "', ", thousands: ' '", 3724),
    "3'724": ("1'234", 'thousands: "\'"', ', thousands: "\'"', 3724),
    "3,724,105.5": ("1,234,567.8", 'thousands: ","', ", thousands: ','", None),
    "17,25": ("17,25", 'decimal: ","', ", decimal: ',', delimiter: ';'", 17.25),
}


@pytest.mark.parametrize("text", SEPARATED)
def test_what_marks_thousands_or_decimals_is_named_and_declared(tmp_path, text):
    form, says, keys, value = SEPARATED[text]
    frame = people(q1=["1", "2", "3"], q2=["1", "2", "3"], income=[text, text, "999"])
    file = written(tmp_path / "numbers.csv", frame)
    study = Study(tmp_path / "root", file)
    message = study.message()
    assert f"text that is no number: “{form}” (2)" in message
    assert says in message
    assert form == text or text not in message, "an amount could point at a person"
    if "delimiter" in keys:
        written(tmp_path / "root" / "data" / "raw" / "odd" / "numbers.csv", frame, separator=";")
    study.declare(ABOUT, file, keys)
    if value is None:
        assert "2 rows" in study.message() or "outside the declared range" in study.message()
        return
    assert not study.message()
    assert study.answers()["income"].to_list() == [value, value, 999]


@pytest.mark.parametrize(
    "cells", [["1,2", "2", "4"], ["1,3", "2,5", "4,5"], ["1;2", "3", "2"], ["1, 2", "3", "2"], ["1,2,3", "2", "2"]]
)
def test_several_answers_in_one_cell_stop_and_are_never_one_number(tmp_path, cells):
    separator = "|"
    for key in ("q1", "income"):
        other = "income" if key == "q1" else "q1"
        frame = people(**{key: cells, other: ["1", "2", "3"], "q2": ["1", "2", "3"]})
        file = written(tmp_path / f"several_{key}.csv", frame, separator=separator)
        study = Study(tmp_path / key, file, keys=f", delimiter: '{separator}'")
        message = study.message()
        assert f"“{cells[0]}” (1)" in message
        assert "several answers in one cell, ask for a column for each answer" in message


def test_c09_multiselect(tmp_path):
    file = shared("faults", "waves", "c09_multiselect.csv")
    study = Study(tmp_path / "root", file, keys=", delimiter: ';'")
    message = study.message()
    assert "`q1`: text that is no code: “1,2” (6)" in message
    assert "several answers in one cell" in message
    study.declare(ABOUT, file, ", delimiter: ';', decimal: ','")
    assert "codes that are not declared: 1.2 (6)" in study.message()
    draft = draft_wave(load_project(Paths(study.root)).studies["odd"], "w02", "main", file)
    assert "decimal" not in draft


def test_decimal_commas_are_still_told_from_several_answers(tmp_path):
    frame = people(w=["0,5", "1,25", "2"])
    file = written(tmp_path / "w.csv", frame, separator=";")
    with pytest.raises(DepositError, match=r"numbers are written with `,` in w .*Declare `decimal"):
        read_deposit(file, "csv", delimiter=";")
    ratings = written(tmp_path / "r.csv", people(w=["3,5", "4,2", "5"]), separator=";")
    with pytest.raises(DepositError, match="numbers are written with `,` in w"):
        read_deposit(ratings, "csv", delimiter=";")


@pytest.mark.parametrize("weights", [["0,756", "1,25", "1,5"], ["0,756", "1,25", "2"], ["1", "2", "0,5"]])
def test_decimal_commas_do_not_part_the_columns_of_an_undeclared_file(tmp_path, weights):
    """Below a header without commas, rows with one each look like a table of two columns with a title above it."""
    file = written(tmp_path / "w.csv", people(w=weights), separator=";")
    opened = open_undeclared(file)
    assert dict(opened.way.keys) == {"encoding": "utf-8", "delimiter": ";", "decimal": ","}
    assert opened.deposit.frame["w"].to_list()[:3] == [float(one.replace(",", ".")) for one in weights]


def test_c11_thousands_comma(tmp_path):
    file = shared("faults", "waves", "c11_thousands_comma.csv")
    study = Study(tmp_path / "root", file)
    message = study.message()
    assert "`income`: text that is no number: “1,234” (40)" in message
    assert 'declare for the file `thousands: ","`' in message
    study.declare(ABOUT, file, ", thousands: ','")
    assert not study.message()
    assert study.answers()["income"].to_list() == truth()["income"].to_list()


def test_03_na_in_number(tmp_path):
    file = tmp_path / "na.csv"
    file.write_text(shared("faults", "drift", "03_na_in_number.csv").read_text().replace("id,q", "pid,q"))
    study = Study(tmp_path / "root", file, items=NUMBER.format(key="q"))
    assert "`q`: text that is no number: “NA” (2). Declare in study.yaml `missing: {NA: no_answer}`" in study.message()


def tagged(path: Path) -> Path:
    values = [1.0, "a", 3.0, "b", "a"]
    frame = pl.DataFrame(
        {"pid": [f"P{n}" for n in range(5)], "q1": pl.Series(values, dtype=pl.Object), "q2": [1.0] * 5,
         "income": pl.Series([10.0, 20.0, "z", 40.0, 50.0], dtype=pl.Object)}
    )  # fmt: skip
    pyreadstat.write_dta(frame, path, missing_user_values={"q1": ["a", "b"], "income": ["z"]})
    return path


def test_tagged_missing_values_are_named_with_their_counts_and_resolved(tmp_path):
    file = tagged(tmp_path / "tags.dta")
    study = Study(tmp_path / "root", file)
    message = study.message()
    assert "tagged missing values that are not declared: “.a” (2), “.b” (1), “.z” (1), in 4 cells of 2" in message
    assert "`missing: {.a: no_answer, .b: no_answer, .z: no_answer}`" in message
    study.declare(ABOUT + "missing: {.a: dont_know, .b: refused, .z: no_answer}\n", file)
    assert not study.message()
    assert study.answers()["q1_reason"].to_list() == [None, "dont_know", None, "refused", "dont_know"]
    assert study.answers()["income"].to_list() == [10, 20, None, 40, 50]


def test_c07_tagged_missing(tmp_path):
    study = Study(tmp_path / "root", shared("faults", "waves", "c07_tagged_missing.dta"))
    assert "`q1`: tagged missing values that are not declared: “.a” (2), “.b” (1)" in study.message()


@pytest.mark.parametrize("text", ["I moved to Kent", "Ann", "07700 900123 call me", "12/13b", "x@y.z"])
def test_what_somebody_may_have_written_is_counted_and_never_shown(text):
    frame = pl.DataFrame({"person_id": ["a", "b"], "n": [text, "5"]})
    with pytest.raises(DepositError, match=r"text that is no number \(1\)") as error:
        harmonise_frame(frame, {"n": {"range": (0, 10)}})
    assert text not in str(error.value)


def test_the_same_is_said_without_a_study():
    frame = pl.DataFrame({"person_id": ["a", "b"], "x": ["NA", "5"], "y": ["3", "NA"], "z": ["99", "NA"]})
    number = {"range": (0, 10)}
    with pytest.raises(DepositError) as error:
        harmonise_frame(frame, {"x": number, "y": number, "z": number})
    assert "text that is no number: “NA” (3), in 3 cells of 3 variables (`x`, `y`, `z`)" in str(error.value)
    assert "variable `z` (item `z`) has 1 value outside the declared range 0 to 10" in str(error.value)


@pytest.mark.parametrize("text", ["“5” (7)", "a” (3), “b", "1,234", ".a"])
def test_texts_come_back_from_a_table_as_they_were(text):
    found = Texts({text: 2, "NA": 1}, 4)
    assert Texts.from_json(found.to_json()) == found
    assert together([found, found]) == Texts({text: 4, "NA": 2}, 8)


def test_texts_beyond_those_listed_are_counted_when_put_together():
    many = Texts({f"{k},{k + 1}": 1 for k in range(1, 12)})
    assert together([many, many]).shown == {f"{k},{k + 1}": 2 for k in range(1, 12)}


def test_words_that_were_put_together_say_what_each_said():
    one, other = texts_of({"NA": 3, "1,234": 2, "somebody": 1}), texts_of({"NA": 1, "4,567": 5})
    assert together([one, other]) == Texts({"NA": 4, "1,234": 7}, 1)
