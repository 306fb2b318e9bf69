"""The tables of a paper as a workbook, by the UK Government Analysis Function's rules for accessible spreadsheets.

A cover, contents and notes, then one table a sheet: marked as a table with a name, from column A, no cell merged, no
row or cell empty, units in the headers, symbols explained. Numbers are numbers; texts are never formulas or links.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.papers.content import Document
from pipeline.papers.data_tables.columns import unique
from pipeline.papers.data_tables.content import SHORTHAND, Cell, DataTable, Value
from pipeline.papers.data_tables.tables import data_tables

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONG_AGO = dt.datetime(1980, 1, 1)
"""When every workbook was made: the same paper gives the same bytes."""
LONGEST_CELL, LONGEST_HEADER, LONGEST_SHEET, LONGEST_PROPERTY = 32_000, 250, 31, 255
"""Characters that Excel takes."""
WIDEST, NARROWEST, WIDE_COVER = 60, 10, 100
"""Of columns, in characters."""
LINE, TALLEST, FULL = 16.0, 400.0, 1.0
"""Points of one line of text, the most that a row may have, and how much of a column's width its text fills."""
SYNTHETIC = "Synthetic data: invented to test the method, not findings."
FONT = {"font_name": "Arial", "font_size": 12}
STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16},
    "heading": {"bold": True, "font_size": 14},
    "line": {},
    "text": {"text_wrap": True, "valign": "top"},
    "cover": {"text_wrap": True},
    "cover_title": {"bold": True, "font_size": 16, "text_wrap": True},
    "header": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1},
    "header_right": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "align": "right"},
    "sign": {"align": "right", "valign": "top"},
    "link": {"font_color": "#0000FF", "underline": 1, "valign": "top"},
}


@dataclass(frozen=True)
class Sheet:
    """A table with the name of its sheet and the numbers of its notes."""

    name: str
    table: DataTable
    notes: tuple[int, ...]


def write(document: Document, template: bytes | None) -> bytes:
    """The workbook; needs no ``template``. Same input, same bytes."""
    del template
    import xlsxwriter

    tables = data_tables(document)
    notes = list(dict.fromkeys(note for table in tables for note in table.notes))
    names = unique([_sheet_name(table) for table in tables], "_{}")
    sheets = [
        Sheet(name, table, tuple(notes.index(note) + 1 for note in table.notes))
        for name, table in zip(names, tables, strict=True)
    ]
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, options) as book:
        _Book(book, document).write(sheets, notes)
    return content.getvalue()


class _Book:
    """Writes the sheets of one workbook; formats are made once each."""

    def __init__(self, book: Workbook, document: Document) -> None:
        self.book, self.document = book, document
        self.styles = {name: book.add_format({**FONT, **style}) for name, style in STYLES.items()}
        self.numbers: dict[int, Format] = {}
        book.set_properties(
            {
                "title": _cut(document.title, LONGEST_PROPERTY),
                "author": _cut(", ".join(document.authors), LONGEST_PROPERTY),
                "subject": _cut(document.study, LONGEST_PROPERTY),
                "comments": _cut(document.summary, LONGEST_PROPERTY),
                "keywords": _cut(
                    "; ".join(f"{name}: {text}" for name, text in document.about.items()), LONGEST_PROPERTY
                ),
                "created": LONG_AGO,
            }
        )

    def write(self, sheets: Sequence[Sheet], notes: Sequence[str]) -> None:
        self.cover()
        self.contents(sheets)
        self.notes(sheets, notes)
        for sheet in sheets:
            self.data(sheet)

    def sheet(self, name: str) -> Worksheet:
        made = self.book.add_worksheet(name)
        made.hide_gridlines(2)
        made.set_paper(9)
        made.set_landscape()
        made.fit_to_pages(1, 0)
        return made

    def cover(self) -> None:
        """Title, what the data are, facts and citation, a line each in column A."""
        document, made = self.document, self.sheet("Cover")
        made.set_column(0, 0, WIDE_COVER)
        lines = [(document.title, "cover_title"), *((text, "cover") for text in self._about())]
        lines += [("About these data", "heading"), *((f"{name}: {text}", "cover") for name, text in document.facts)]
        if document.citation:
            lines.append((f"The data, to be cited: {document.citation}", "cover"))
        for row, (text, style) in enumerate(lines):
            self.text(made, row, 0, text, style)
            made.set_row(row, _height([text], [WIDE_COVER], 1.0 if style == "cover" else 1.5))

    def _about(self) -> Iterator[str]:
        document = self.document
        yield document.study
        if document.synthetic:
            yield SYNTHETIC
        yield from filter(None, (document.subtitle, ", ".join(document.authors), document.summary))
        yield "This workbook holds the tables of the paper and of its technical annex, and the data of its figures."
        yield "Numbers are rounded as in the paper. Symbols and notes are explained in the worksheet Notes."

    def contents(self, sheets: Sequence[Sheet]) -> None:
        made = self.sheet("Contents")
        rows: list[list[Cell]] = [[sheet.name, sheet.table.heading] for sheet in sheets]
        head = ["Contents", "This worksheet contains one table, with a link to each worksheet with data."]
        start = self.head(made, head)
        self.table(made, start, "contents", ["Worksheet", "What it holds"], rows or [["None", "No table"]], [18, 100])
        for row, sheet in enumerate(sheets, start=start + 1):
            made.write_url(row, 0, f"internal:'{sheet.name}'!A1", self.styles["link"], string=sheet.name)

    def notes(self, sheets: Sequence[Sheet], notes: Sequence[str]) -> None:
        """Symbols and notes in one table, each with the worksheets in which it occurs."""
        made = self.sheet("Notes")
        used = {number: [sheet.name for sheet in sheets if number in sheet.notes] for number in range(len(notes) + 1)}
        signs = {sign: [sheet.name for sheet in sheets if sign in sheet.table.shorthand] for sign in SHORTHAND}
        rows: list[tuple[Cell, ...]] = [
            *((sign, SHORTHAND[sign].capitalize() + ".", ", ".join(where) or "None") for sign, where in signs.items()),
            *((f"[note {number}]", note, ", ".join(used[number])) for number, note in enumerate(notes, start=1)),
        ]
        start = self.head(made, ["Notes", "This worksheet contains one table, of symbols and notes."])
        self.table(made, start, "notes", ["Symbol or note", "What it means", "Worksheets"], rows, [18, 90, 40])

    def data(self, sheet: Sheet) -> None:
        made, table = self.sheet(sheet.name), sheet.table
        references = " ".join(f"[note {number}]" for number in sheet.notes)
        head = [
            f"{table.heading} {references}".strip(),
            *([table.subtitle] if table.subtitle else []),
            *([SYNTHETIC] if table.synthetic or self.document.synthetic else []),
            "This worksheet contains one table. Symbols and notes are explained in the worksheet Notes.",
            *([f"Source: {table.source}"] if table.source else []),
        ]
        start = self.head(made, head)
        numeric = [place for place, column in enumerate(table.columns) if column.is_number]
        titles = [column.title for column in table.columns]
        self.table(made, start, table.key, titles, table.rows, _widths(table), frozenset(numeric))
        made.freeze_panes(start + 1, 1)

    def head(self, made: Worksheet, lines: Sequence[str]) -> int:
        """The lines above a table; returns the row of its headers."""
        for row, text in enumerate(lines):
            self.text(made, row, 0, text, "line" if row else "title")
        return len(lines)

    def table(
        self,
        made: Worksheet,
        start: int,
        name: str,
        titles: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        widths: Sequence[int],
        numeric: frozenset[int] = frozenset(),
    ) -> None:
        headers = unique([_cut(title, LONGEST_HEADER) or "Column" for title in titles], " ({})")
        styles = [self.styles["header_right" if place in numeric else "header"] for place in range(len(headers))]
        columns = [{"header": text, "header_format": style} for text, style in zip(headers, styles, strict=True)]
        made.add_table(
            start, 0, start + len(rows), len(headers) - 1,
            {"name": f"data_{name}", "columns": columns, "autofilter": False, "style": None},
        )  # fmt: skip
        for place, width in enumerate(widths):
            made.set_column(place, place, width)
        made.set_row(start, _height(headers, widths))
        for row, cells in enumerate(rows, start=start + 1):
            made.set_row(row, _height([cell if isinstance(cell, str) else "" for cell in cells], widths))
            for place, cell in enumerate(cells):
                self.cell(made, row, place, cell, place in numeric)

    def cell(self, made: Worksheet, row: int, place: int, cell: Cell, is_number: bool) -> None:
        if isinstance(cell, Value):
            made.write_number(row, place, cell.number, self.number(cell.places))
        else:
            self.text(made, row, place, cell or "[z]", "sign" if is_number else "text")

    def number(self, places: int) -> Format:
        """The format of numbers with so many decimal places."""
        if places not in self.numbers:
            shown = "#,##0" + (f".{'0' * places}" if places else "")
            style = {**FONT, "num_format": shown, "align": "right", "valign": "top"}
            self.numbers[places] = self.book.add_format(style)
        return self.numbers[places]

    def text(self, made: Worksheet, row: int, place: int, text: str, style: str) -> None:
        """A text as it is: never a formula, a link or a number."""
        made.write_string(row, place, _cut(text, LONGEST_CELL), self.styles[style])


def _sheet_name(table: DataTable) -> str:
    """``Table_A1``, ``Figure_2``, or the table's key: without a sign that Excel refuses."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", table.label or table.key.capitalize()).strip("_")
    return (name or "Table")[: LONGEST_SHEET - 4]


def _widths(table: DataTable) -> list[int]:
    """Wide enough for most cells; longer texts wrap."""
    found = []
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        longest = max((len(cell.printed if isinstance(cell, Value) else cell) for cell in cells), default=0)
        words = max(map(len, column.title.split()), default=0)
        wanted = max(round(longest * 1.15) + 2, round(words * 1.2) + 2, min(len(column.title) + 3, 18))
        found.append(min(max(wanted, NARROWEST), WIDEST))
    return found


def _height(texts: Sequence[str], widths: Sequence[int], times: float = 1.0) -> float:
    """Of a row whose texts wrap: programs other than Excel do not find it themselves."""
    lines = (
        len(textwrap.wrap(text, max(int(width * FULL / times), 1))) for text, width in zip(texts, widths, strict=True)
    )
    return min(LINE * times * max(lines, default=1) or LINE, TALLEST)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
