"""Every table of a paper and its annex, and what every figure shows, as tables of data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from pipeline.papers.content import Column, Document, FigureBlock, Row, TableBlock, plain
from pipeline.papers.data_tables.columns import Filled, column_name, filled, unique
from pipeline.papers.data_tables.content import DataTable
from pipeline.papers.data_tables.printed import MISSING

PART = "Part of the table"
"""The column of what heads the rows of a printed table."""


def data_tables(document: Document) -> tuple[DataTable, ...]:
    """The tables of a paper with its annex, those of figures as well, in the order of the paper.

    Once each: the summary and the slides repeat figures of the paper.
    """
    found = list(dict.fromkeys(table for part in document.documents for table in _tables(part)))
    keys = unique([table.key for table in found])
    return tuple(replace(table, key=key) for table, key in zip(found, keys, strict=True))


def _tables(document: Document) -> Iterator[DataTable]:
    for block in document.blocks:
        if isinstance(block, TableBlock) and any(len(row.cells) > 1 for row in block.rows):
            yield _of_table(block)
        elif isinstance(block, FigureBlock) and block.file.data is not None and block.file.data.rows:
            yield _of_figure(block)


def _of_table(block: TableBlock) -> DataTable:
    part, body = _under_headings(block)
    columns = (*((Column(PART),) if any(part) else ()), *block.columns)
    rows = [(*((name,) if any(part) else ()), *cells) for name, cells in zip(part, body, strict=True)]
    label = f"Table {block.label}" if block.label else ""
    key = column_name(label or block.anchor or block.caption)
    made = _made(key, label, block.caption, columns, rows, block.notes)
    return replace(made, source=block.source, synthetic=block.synthetic)


def _of_figure(block: FigureBlock) -> DataTable:
    file, data, label = block.file, block.file.data, f"Figure {block.label}"
    assert data is not None
    notes = tuple(text for text in (file.note,) if text)
    rows = [tuple(cell or _why_empty(row) for cell in row) for row in data.rows]
    made = _made(column_name(label), label, file.title, data.columns, rows, notes)
    return replace(made, subtitle=file.subtitle, source=file.source, synthetic=block.synthetic)


def _why_empty(row: Sequence[str]) -> str:
    """The symbol of an empty cell, from what the row says of itself."""
    said = {sign for text, sign in MISSING.items() for cell in row if text and cell.startswith(text)}
    return next((sign for sign in ("[c]", "[x]") if sign in said), "")


def _under_headings(block: TableBlock) -> tuple[list[str], list[tuple[str, ...]]]:
    """Each row of cells with what stands above it; a heading over rows becomes a column of its own."""
    part, parts, body = "", [], []
    for row in block.rows:
        if len(row.cells) == 1 < len(block.columns):
            part = plain(row.cells[0])
        else:
            parts.append(part)
            body.append(_padded(row, len(block.columns)))
    return parts, body


def _padded(row: Row, width: int) -> tuple[str, ...]:
    texts = [plain(cell) for cell in row.cells]
    return (*texts, *("" for _ in range(width - len(texts))))


def _made(
    key: str, label: str, title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], notes: Sequence[str]
) -> DataTable:
    each = list(chain.from_iterable(_filled(columns, rows)))
    titles = unique([one.column.title for one in each], " ({})")
    names = unique([one.column.name for one in each])
    named = (replace(one.column, title=words, name=name) for one, words, name in zip(each, titles, names, strict=True))
    bounds = dict.fromkeys(bound for one in each for bound in one.bounds)
    low = (f"[low] stands for: {', '.join(bounds)}.",) if bounds else ()
    cells = zip(*(one.cells for one in each), strict=True)
    return DataTable(key, label, title, tuple(named), tuple(cells), notes=(*notes, *low))


def _filled(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Iterator[Iterator[Filled]]:
    for place, column in enumerate(columns):
        yield filled(column, [row[place] for row in rows])
