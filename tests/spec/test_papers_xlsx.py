"""The workbook of a paper: rules for accessible spreadsheets, read from the file as another program would."""

import io
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from test_papers_document import document

from pipeline.papers import Document, written
from pipeline.papers.content import FigureBlock, TableBlock

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Book:
    """A workbook read back: its parts, and each sheet's cells as (text or number)."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            self.parts = {each.filename: parts.read(each) for each in parts.infolist()}
            self.dates = {each.date_time for each in parts.infolist()}
        strings = ElementTree.fromstring(self.parts["xl/sharedStrings.xml"])
        self.texts = ["".join(each.itertext()) for each in strings]
        book = ElementTree.fromstring(self.parts["xl/workbook.xml"])
        self.names = [each.get("name") or "" for each in book.iter(f"{SHEET}sheet")]

    def xml(self, name: str) -> ElementTree.Element:
        return ElementTree.fromstring(self.parts[f"xl/worksheets/sheet{self.names.index(name) + 1}.xml"])

    def cells(self, name: str) -> dict[str, str | float]:
        found: dict[str, str | float] = {}
        for cell in self.xml(name).iter(f"{SHEET}c"):
            value = cell.find(f"{SHEET}v")
            if value is not None and value.text is not None:
                number = float(value.text)
                found[cell.get("r") or ""] = _unescaped(self.texts[int(number)]) if cell.get("t") == "s" else number
        return found


def _unescaped(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def book(paper: Document) -> Book:
    return Book(written(paper, "xlsx", None))


@pytest.fixture(scope="module")
def made() -> Book:
    return book(document())


def test_it_has_a_cover_contents_notes_and_one_sheet_a_table(made: Book) -> None:
    paper = document()
    tables = [each for part in paper.documents for each in part.blocks if isinstance(each, TableBlock)]
    assert made.names[:3] == ["Cover", "Contents", "Notes"]
    assert len(made.names) == 3 + len(tables)
    assert made.cells("Cover")["A1"] == paper.title
    listed = [value for cell, value in made.cells("Contents").items() if re.fullmatch(r"A\d+", cell)]
    assert listed[3:] == made.names[3:]


def test_no_cell_is_merged_and_no_row_of_a_table_is_empty(made: Book) -> None:
    for name in made.names:
        assert made.xml(name).find(f"{SHEET}mergeCells") is None
        rows = [int(row.get("r") or 0) for row in made.xml(name).iter(f"{SHEET}row")]
        assert rows == list(range(1, len(rows) + 1)), name


def test_every_sheet_but_the_cover_is_one_named_table_that_fills_its_range(made: Book) -> None:
    tables = [ElementTree.fromstring(text) for name, text in made.parts.items() if name.startswith("xl/tables/")]
    assert len(tables) == len(made.names) - 1
    assert len({each.get("name") for each in tables}) == len(tables)
    for number, name in enumerate(made.names[1:], start=1):
        table = ElementTree.fromstring(made.parts[f"xl/tables/table{number}.xml"])
        first, last = re.findall(r"([A-Z]+)(\d+)", table.get("ref") or "")
        cells = made.cells(name)
        width = len(table.findall(f".//{SHEET}tableColumn"))
        assert first[0] == "A"
        inside = [cell for cell in cells if int(re.sub(r"\D", "", cell)) >= int(first[1])]
        assert len(inside) == width * (int(last[1]) - int(first[1]) + 1), name


def test_numbers_are_numbers_with_the_places_of_the_paper(made: Book) -> None:
    paper = document()
    (within,) = (each for each in paper.blocks if isinstance(each, TableBlock) and each.caption.startswith("Assoc"))
    cells = made.cells(f"Table_{within.label}")
    numbers = [value for value in cells.values() if isinstance(value, float)]
    assert numbers
    assert all(re.fullmatch(r"-?\d+(\.\d{1,3})?", f"{value:g}") for value in numbers)


def test_symbols_are_explained(made: Book) -> None:
    shown = set(map(str, made.cells("Notes").values()))
    assert {"[c]", "[low]", "[x]", "[z]"} <= shown


def test_nothing_is_calculated_and_nothing_leads_outside(made: Book) -> None:
    assert not any(b"<f>" in text or b"TargetMode" in text for text in made.parts.values())


def test_the_same_paper_gives_the_same_bytes_without_a_date() -> None:
    content = written(document(), "xlsx", None)
    assert content == written(document(), "xlsx", None)
    assert {each[0] for each in Book(content).dates} == {1980}
    assert b"1980-01-01T00:00:00Z" in Book(content).parts["docProps/core.xml"]


def test_a_paper_without_a_table_has_its_cover() -> None:
    paper = replace(document(), blocks=(), annex=None)
    assert book(paper).names == ["Cover", "Contents", "Notes"]


def test_figures_without_data_are_left_out() -> None:
    figures = [each for each in document().blocks if isinstance(each, FigureBlock)]
    assert figures
    assert not any(name.startswith("Figure") for name in book(document()).names)
