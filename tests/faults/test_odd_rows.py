"""Rows that are no participants: notes and totals, comments above the table, test records, no rows at all."""

import zipfile
from pathlib import Path

import engine_runs
import polars as pl
import pytest
import xlsxwriter
from confirmed import confirm_all
from erasing import take_out
from small_study import ROWS, declare, deposit, make_root, rows

from assets.engine import store
from pipeline.errors import CohesionError, DepositError
from pipeline.ingest import read_deposit
from pipeline.ingest.arrival.draft import draft
from pipeline.ingest.arrival.opened import open_undeclared
from pipeline.ingest.declared import received_files
from pipeline.ingest.people.strays import refuse_no_people
from pipeline.paths import Paths
from pipeline.specs import Study, load_project

FOOTERS = {
    "a count": ["N = 40,,,,,"],
    "a total": ["Total,52.5,200,100,80,60"],
    "a mean": ["Mean,1.2,5,2.5,2,1.5", "SD,0.4,3,1,1,0.5"],
    "notes": ["Note: weights are made up,,,,,", "Source: the agency,,,,,"],
    "a sentence": ["Respondents aged sixteen and over,,,,,"],
    "a footnote": ["* weighted to the census,,,,,"],
    "of a database": ["(40 rows affected),,,,,"],
    "the end": ["Ende,,,,,"],
}
RAGGED = {"one line": "N = 40\n", "below a blank line": "\nN = 40\nNote: weighted\n", "with fewer fields": "Total,40\n"}


def root_with(tmp_path: Path, above: str = "", below: str = "", **said: object) -> Path:
    root = make_root(tmp_path / "root")
    path = deposit(root, "first", rows())
    path.write_text(above + path.read_text() + below)
    for key, value in said.items():
        declare(root, "first", "waves/w01.yaml", "    format: csv", f"    format: csv\n    {key}: {value}")
    return root


def wave(root: Path) -> engine_runs.Report:
    confirm_all(root)
    return engine_runs.build(root, lambda node: node.name == "wave/first/w01")["wave/first/w01"]


def study_of(root: Path) -> Study:
    return load_project(Paths(root)).studies["first"]


def loaded(root: Path) -> int:
    return store.load(Paths(root), ("wave", "first", "w01")).height


def remarks(report: engine_runs.Report, name: str = "rows") -> list[str]:
    return [words for check in report.checks if check.name == name for words in check.found]


@pytest.mark.parametrize("lines", FOOTERS.values(), ids=FOOTERS)
def test_notes_below_a_table_are_no_people(tmp_path: Path, lines: list[str]) -> None:
    """They loaded as people, with a note that ids are new."""
    root = root_with(tmp_path, below="".join(f"{line}\n" for line in lines))
    said = wave(root).message
    numbers = ", ".join(str(ROWS + place) for place in range(1, len(lines) + 1))
    assert f"row{'s' if len(lines) > 1 else ''} {numbers} below the header" in said
    assert f"declare `footer_rows: {len(lines)}`" in said
    with pytest.raises(DepositError, match="notes or totals"):
        received_files(study_of(root), "w01", Paths(root).raw("first"))
    declare(root, "first", "waves/w01.yaml", "    format: csv", f"    format: csv\n    footer_rows: {len(lines)}")
    assert not wave(root).message
    assert loaded(root) == ROWS
    receipt = store.load(Paths(root), ("receipt", "first", "w01")).row(0, named=True)
    assert (receipt["rows"], receipt["set_aside"], receipt["apart"]) == (
        ROWS + len(lines),
        len(lines),
        f"footer: {len(lines)}",
    )


@pytest.mark.parametrize("below", RAGGED.values(), ids=RAGGED)
def test_notes_with_fewer_fields_name_the_key(tmp_path: Path, below: str) -> None:
    root = root_with(tmp_path, below=below)
    count = len(below.strip().splitlines())
    assert f"If these are notes below the table, declare `footer_rows: {count}`" in str(wave(root).message)
    path = Paths(root).raw("first") / "study_wave_1.csv"
    assert f"footer_rows: {count}" in draft(study_of(root), "w02", "main", path).wave
    declare(root, "first", "waves/w01.yaml", "    format: csv", f"    format: csv\n    footer_rows: {count}")
    assert not wave(root).message
    assert loaded(root) == ROWS


@pytest.mark.parametrize("rows_of_notes", [2, 5])
def test_no_participant_is_taken_for_a_note(tmp_path: Path, rows_of_notes: int) -> None:
    root = root_with(tmp_path, below="N = 40,,,,,\n", footer_rows=rows_of_notes)
    said = str(wave(root).message)
    assert "have an id in `id` like those above" in said
    assert f"({rows_of_notes - 1})" in said
    assert "P0" not in said


def sheet(path: Path, footers: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Data")
        page.write_row(0, 0, ["pid", "a", "b"])
        for number in range(1, 31):
            page.write_row(number, 0, [1000 + number, number % 5 + 1, number % 3])
        for number, row in enumerate(footers, start=32):
            page.write_row(number, 0, row)
    return path


@pytest.mark.parametrize("footers", [[["N = 30"]], [["Total", 30, 30], ["Note: unweighted"]]], ids=["count", "total"])
def test_notes_below_a_sheet(tmp_path: Path, footers: list[list[object]]) -> None:
    path = sheet(tmp_path / "x.xlsx", footers)
    with pytest.raises(DepositError, match=f"footer_rows: {len(footers)}"):
        refuse_no_people(read_deposit(path, "xlsx", text=["pid"], isolate=False), "pid", None)
    read = read_deposit(path, "xlsx", text=["pid"], footer_rows=len(footers), isolate=False)
    assert read.frame["pid"].to_list() == [1000.0 + number for number in range(1, 31)]
    assert read.frame.schema == {"pid": pl.Float64, "a": pl.Float64, "b": pl.Float64}
    assert read.set_aside["footer"] == len(footers)


@pytest.mark.parametrize(
    "ids",
    [
        [f"P{k:03}" for k in range(40)],
        ["Max", "Tom", "Mean", "Total", "Ada", "Ben", "Eva", "Lea"],
        [f"N = {k}" for k in range(30)],
        [f"note {k}" for k in range(30)],
        [f"{k}-{k % 3}" for k in range(30)],
        [f"ab{k}CD" for k in range(20)] + ["x1"],
        [str(k) for k in range(1, 31)] + ["1000001"],
    ],
    ids=["usual", "first names", "all alike", "words and numbers", "parts", "one other", "a long number"],
)
def test_ids_of_people_are_no_notes(ids: list[str]) -> None:
    refuse_no_people(made_of(ids), "id", None)


def test_a_declared_pattern_says_who_is_a_person() -> None:
    refuse_no_people(made_of([f"P{k:03}" for k in range(40)] + ["N = 3"]), "id", r"P\d{3}|N = \d")


def made_of(ids: list[str]) -> object:
    from pipeline.ingest.formats.deposit import Deposit

    frame = pl.DataFrame({"id": ids, "q": [1.0] * len(ids)})
    return Deposit(frame, receipt={"file": "x.csv", "format": "csv", "rows": len(ids)})


@pytest.mark.parametrize("above", ["# exported 1 May 2020\n", "# exported, 1 May 2020\n\n", "Panel\nWave 1, of 3\n"])
def test_a_line_above_the_header_is_named_with_what_to_declare(tmp_path: Path, above: str) -> None:
    root, row = root_with(tmp_path, above=above), above.count("\n") + 1
    said = str(wave(root).message)
    assert "line 1 is taken for the header" in said
    assert f"Declare `header_row: {row}`" in said
    path = Paths(root).raw("first") / "study_wave_1.csv"
    assert f"header_row: {row}" in draft(study_of(root), "w02", "main", path).wave
    declare(root, "first", "waves/w01.yaml", "    format: csv", f"    format: csv\n    header_row: {row}")
    assert not wave(root).message
    assert loaded(root) == ROWS


def test_another_delimiter_is_no_line_above_the_header(tmp_path: Path) -> None:
    root = make_root(tmp_path / "root")
    deposit(root, "first", rows()).write_text(rows().write_csv(separator=";").replace(".", ","))
    assert "separated by semicolons" in str(wave(root).message)


@pytest.mark.parametrize(
    "ids", [["TEST", "test01"], ["dummy-1"], ["Tester 3", "xxxx"]], ids=["test", "dummy", "tester"]
)
def test_ids_of_test_records_are_named_with_what_to_declare(tmp_path: Path, ids: list[str]) -> None:
    below = "".join(f"{identity},1,1,1,1,1\n" for identity in ids)
    root = root_with(tmp_path, below=below)
    (said,) = remarks(wave(root))
    assert f"{len(ids):,} ids look like those of test records" in said
    assert "columns: {test: id}" in said
    assert "paradata: {test: [...]}" in said
    assert loaded(root) == ROWS + len(ids)
    marks = ", ".join(f'"{identity}"' for identity in ids)
    declare(root, "first", "waves/w01.yaml", "    format: csv", "    format: csv\n    columns: {test: id}")
    declare(root, "first", "waves/w01.yaml", "mode: online", f"mode: online\nparadata: {{test: [{marks}]}}")
    assert remarks(wave(root)) == []
    assert loaded(root) == ROWS


def test_a_mark_with_a_star_is_whatever_begins_so(tmp_path: Path) -> None:
    root = root_with(tmp_path, below="".join(f"test{k},1,1,1,1,1\n" for k in range(5)))
    declare(root, "first", "waves/w01.yaml", "    format: csv", "    format: csv\n    columns: {test: id}")
    with pytest.raises(CohesionError, match="test records are marked by their ids"):
        study_of(root)
    declare(root, "first", "waves/w01.yaml", "mode: online", 'mode: online\nparadata: {test: ["test*"]}')
    assert not wave(root).message
    assert loaded(root) == ROWS


@pytest.mark.parametrize("ids", [[f"test{k}" for k in range(40)], [f"contest{k}" for k in range(40)]])
def test_ids_that_all_say_test_are_how_a_study_writes_them(tmp_path: Path, ids: list[str]) -> None:
    root = make_root(tmp_path / "root")
    deposit(root, "first", rows().with_columns(id=pl.Series(ids)))
    assert remarks(wave(root)) == []


@pytest.mark.parametrize("content", ["header", "blank rows"])
def test_a_file_without_rows_is_refused_with_one_message_everywhere(tmp_path: Path, content: str) -> None:
    """It was accepted with 0 rows, and then called a defect of the pipeline."""
    root = make_root(tmp_path / "root")
    path = deposit(root, "first", rows().clear())
    path.write_text(path.read_text() + (",,,,,\n" * 3 if content == "blank rows" else ""))
    study, said = study_of(root), "6 columns and no row of a participant"
    with pytest.raises(DepositError, match=said):
        draft(study, "w02", "main", path)
    with pytest.raises(DepositError, match=said):
        received_files(study, "w01", Paths(root).raw("first"))
    assert said in str(wave(root).message)


@pytest.mark.parametrize("written", ["1.27E+05", "1,2345E+11", "4e+05"])
def test_ids_in_exponential_notation_are_refused(tmp_path: Path, written: str) -> None:
    ids = [f'"{written}"' if "," in written else written] + [str(123456 + k) for k in range(ROWS - 1)]
    root = make_root(tmp_path / "root")
    lines = rows().write_csv().splitlines()
    path = deposit(root, "first", rows())
    path.write_text(
        "\n".join([lines[0], *(f"{i},{line.split(',', 1)[1]}" for i, line in zip(ids, lines[1:], strict=True))]) + "\n"
    )
    said = str(wave(root).message)
    assert "exponential notation" in said
    assert "(1)" in said
    assert written not in said


def test_ids_of_sixteen_digits_that_a_spreadsheet_rounded_are_refused(tmp_path: Path) -> None:
    root = make_root(tmp_path / "root")
    deposit(root, "first", rows().with_columns(id=pl.Series([f"{1234567890123450 + 10 * k}" for k in range(ROWS)])))
    assert "16 digits or more that end in 0" in str(wave(root).message)
    deposit(root, "first", rows().with_columns(id=pl.Series([f"{1234567890123450 + k}" for k in range(ROWS)])))
    assert not wave(root).message


def test_ids_that_only_look_like_numbers_stay(tmp_path: Path) -> None:
    root = make_root(tmp_path / "root")
    deposit(root, "first", rows().with_columns(id=pl.Series([f"{k}E{k % 7}" for k in range(10, 10 + ROWS)])))
    assert not wave(root).message
    assert loaded(root) == ROWS


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_erasure_leaves_the_notes_below_a_table_as_they_are(tmp_path: Path, form: str) -> None:
    if form == "xlsx":
        path = sheet(tmp_path / "x.xlsx", [["Total", 30, 30], ["Note: unweighted"]])
    else:
        path = tmp_path / "x.csv"
        path.write_text("pid,a\n" + "".join(f"{1000 + k},{k % 5}\n" for k in range(1, 31)) + "\nTotal,30\nNote\n")
    removed = take_out(path, lambda cells: cells.cast(pl.Float64) == 1007.0, "pid", format=form, footer_rows=2)
    assert removed == 1
    read = read_deposit(path, form, text=["pid"], footer_rows=2, isolate=False)
    assert read.frame.height == 29
    assert read.set_aside["footer"] == 2
    if form == "csv":
        assert path.read_text().endswith("1030,0\n\nTotal,30\nNote\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"0" * 400, "SAS transport"),
        (b"RDX3\n" + bytes(range(200)) * 3, "R workspace"),
        (b"SQLite format 3\x00" + bytes(200), "SQLite"),
        (b'[{"id": 1, "q": 2}]', "JSON"),
        (b'<?xml version="1.0"?><data/>', "XML"),
        (b"\x1f\x8b\x08" + bytes(range(99)), "gzip"),
    ],
    ids=["xpt", "rdata", "sqlite", "json", "xml", "gzip"],
)
@pytest.mark.parametrize("form", ["sav", "csv", "xlsx", "dta"])
def test_a_file_of_another_format_is_named_for_what_it_is(tmp_path: Path, form: str, content: bytes, said: str) -> None:
    path = tmp_path / f"wave1.{form}"
    path.write_bytes(content)
    with pytest.raises(DepositError, match=said):
        read_deposit(path, form, isolate=False)
    with pytest.raises(DepositError, match=f"cannot be read: its first bytes look like.*{said}"):
        open_undeclared(path)


@pytest.mark.parametrize(
    ("part", "said"),
    [("content.xml", "OpenDocument"), ("xl/workbook.bin", "binary workbook"), ("wave1.sav", r"packs \.sav files")],
)
def test_an_archive_that_is_no_workbook_is_named(tmp_path: Path, part: str, said: str) -> None:
    path = tmp_path / "wave1.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(DepositError, match=said):
        read_deposit(path, "xlsx", isolate=False)
