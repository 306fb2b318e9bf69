"""A workbook of which only declared columns are read gives what the whole one gives: rows, types, counts, receipt."""

from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter

from pipeline.ingest.formats.known import known_formats
from pipeline.ingest.formats.reading import read
from pipeline.ingest.formats.request import Request

NAMES = ("id", "a", "words", "amount", "d")
ROWS = (
    (1, 2, "x", None, 5),
    (2, None, "y", 3.5, 6),
    (None, None, None, None, None),
    ("A7", 1, None, 2, None),
    (None, None, "a remark below", None, None),
)


def workbook(path: Path, above: int) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("data")
        for number in range(above):
            sheet.write(number, 0, "a title")
        for place, row in enumerate((NAMES, *ROWS), start=above):
            sheet.write_row(place, 0, ["" if cell is None else cell for cell in row])
    return path


@pytest.mark.parametrize("above", [0, 2], ids=["header first", "below a title"])
@pytest.mark.parametrize("columns", [("id", "a", "d"), ("ID", "amount"), ("id", "absent"), NAMES], ids=" ".join)
@pytest.mark.parametrize("how", [{"projected": True}, {"projected": True, "partial": True}], ids=["checked", "again"])
def test_a_part_of_the_columns_is_that_part_of_the_whole(
    columns: tuple[str, ...], above: int, how: dict[str, bool], tmp_path: Path
) -> None:
    path = workbook(tmp_path / "wave.xlsx", above)
    asked = Request(
        str(path), "xlsx", header_row=above + 1, columns=columns, text=("id",), known=known_formats(), sheet="data"
    )
    whole, part = read(asked), read(replace(asked, **how))
    assert part.frame.equals(whole.frame)
    assert part.frame.schema == whole.frame.schema
    assert (part.row_numbers, part.set_aside, part.receipt) == (whole.row_numbers, whole.set_aside, whole.receipt)
    assert (part.absent, part.undeclared) == (whole.absent, whole.undeclared)
