"""Workbooks that show a person something else than they hold: formulas, and what is hidden."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from small_study import build, declare, make_root, rows

from pipeline.errors import DepositError
from pipeline.ingest import read_deposit
from pipeline.ingest.arrival.draft import draft
from pipeline.paths import Paths
from pipeline.specs import load_project

ROWS = 12


def book(path: Path, *, result: object = 0, hide: str = "", below: bool = True) -> Path:
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("Data")
        sheet.write_row(0, 0, ["pid", "a", "b", "sum"])
        for number in range(1, ROWS + 1):
            sheet.write_row(number, 0, [f"P{number:02}", number % 5, number % 3])
            if below:
                sheet.write_formula(number, 3, f"=B{number + 1}+C{number + 1}", value=result)
            else:
                sheet.write(number, 3, 1)
        HIDE.get(hide, lambda *_: None)(made, sheet)
    return path


def hide_rows(sheet: Any, *numbers: int) -> None:
    for number in numbers:
        sheet.set_row(number, None, None, {"hidden": True})


def hide_by_filter(_: Any, sheet: Any) -> None:
    sheet.autofilter(0, 0, ROWS, 3)
    sheet.filter_column("B", "x > 1")
    hide_rows(sheet, 1, 2, 3, 4)


HIDE: dict[str, Callable[[Any, Any], None]] = {
    "rows": lambda _, sheet: hide_rows(sheet, 3, 5),
    "flat rows": lambda _, sheet: sheet.set_row(3, 0),
    "filter": hide_by_filter,
    "columns": lambda _, sheet: sheet.set_column(1, 2, None, None, {"hidden": True}),
    "narrow columns": lambda _, sheet: sheet.set_column(1, 1, 0),
    "sheet": lambda made, _: made.add_worksheet("Secret").hide(),
    "very": lambda made, _: made.add_worksheet("Secret").very_hidden(),
}


def without(path: Path, pattern: bytes, instead: bytes) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, re.sub(pattern, instead, data) if "sheet1" in name or "workbook" in name else data)
    return path


def read(path: Path) -> object:
    return read_deposit(path, "xlsx", sheet="Data", text=["pid"], isolate=False)


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [(rb"never", b""), (rb"<v>0</v>", b""), (rb"<v>0</v>", b"<v></v>"), (rb"<v>0</v>", b"<v/>")],
    ids=["zero, to be computed", "no result", "an empty result", "an empty element"],
)
def test_formulas_that_nobody_computed_are_refused(tmp_path: Path, pattern: bytes, instead: bytes) -> None:
    """They were read as 0."""
    path = without(book(tmp_path / "x.xlsx"), pattern, instead)
    with pytest.raises(DepositError, match=r"never computed.*\(12\).*save it"):
        read(path)


def test_shared_formulas_are_formulas(tmp_path: Path) -> None:
    path = without(book(tmp_path / "x.xlsx"), rb"<f>[^<]*</f><v>0</v>", b'<f t="shared" si="0"/>')
    with pytest.raises(DepositError, match=r"never computed.*\(12\)"):
        read(path)


@pytest.mark.parametrize("result", [3, "yes", 0.5])
def test_results_that_were_computed_are_read_and_counted(tmp_path: Path, result: object) -> None:
    found = read(book(tmp_path / "x.xlsx", result=result))
    assert found.frame["sum"].to_list() == [result] * ROWS
    assert [(one.kind, one.count) for one in found.notices] == [("formula_cells", ROWS)]


def test_a_zero_that_excel_computed_is_a_zero(tmp_path: Path) -> None:
    found = read(without(book(tmp_path / "x.xlsx"), rb' fullCalcOnLoad="1"', b""))
    assert found.frame["sum"].to_list() == [0.0] * ROWS


@pytest.mark.parametrize(
    ("hide", "kind", "count"),
    [
        ("rows", "hidden_rows", 2),
        ("flat rows", "hidden_rows", 1),
        ("filter", "hidden_rows", 4),
        ("columns", "hidden_columns", 2),
        ("narrow columns", "hidden_columns", 1),
        ("sheet", "hidden_sheets", 1),
        ("very", "hidden_sheets", 1),
    ],
)
def test_what_is_hidden_is_said_with_its_count(tmp_path: Path, hide: str, kind: str, count: int) -> None:
    found = read(book(tmp_path / "x.xlsx", hide=hide, below=False))
    assert [(one.kind, one.count) for one in found.notices] == [(kind, count)]
    assert found.notices[0].message.startswith(f"{count} ")
    assert found.frame.shape == (ROWS, 4)


def test_a_draft_and_a_build_say_what_is_hidden(tmp_path: Path) -> None:
    root = make_root(tmp_path / "root")
    path = root / "data" / "raw" / "first" / "study_wave_1.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("Data")
        sheet.write_row(0, 0, rows().columns)
        for number, row in enumerate(rows().iter_rows(), start=1):
            sheet.write_row(number, 0, row)
        hide_rows(sheet, 7, 8, 9)
    declare(root, "first", "waves/w01.yaml", "study_wave_1.csv ", "study_wave_1.xlsx ")
    declare(root, "first", "waves/w01.yaml", "format: csv", "format: xlsx")
    wave = root / "data" / "studies" / "first" / "waves" / "w01.yaml"
    lines = wave.read_text().splitlines(keepends=True)
    wave.write_text("".join(line for line in lines if not line.strip().startswith(("encoding:", "delimiter:"))))
    said = "3 rows of the sheet are hidden"
    study = load_project(Paths(root)).studies["first"]
    assert said in draft(study, "w02", "main", path).wave
    report = build(root)["wave/first/w01"]
    assert any(said in words for check in report.checks if check.name == "rows" for words in check.found)
