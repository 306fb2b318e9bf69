"""Whatever a document prints, as the long frame that is judged: its tables, figures, sentences and lists.

A number that nobody can say anything about is in the frame as ``unknown``, so that the gate refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    Cell,
    Document,
    FigureBlock,
    Heading,
    Number,
    NumberRecord,
    Paragraph,
    Row,
    Runs,
    TableBlock,
    Text,
    plain,
)
from pipeline.papers.disclosure.frame import ALONE, COLUMNS
from pipeline.papers.disclosure.points import of_points
from pipeline.papers.disclosure.prose import has_numbers, number_of_people, unbound_numbers

WRITTEN = ("paper, ", "summary, ")
"""Where authors write; an annex is made from results and declarations, and its sentences state what they count."""
QUESTIONS = "What was asked"
DIGIT = re.compile(r"\d")
Found = dict[str, Any]


def cleared(document: Document, names: Iterable[str] = ()) -> pl.DataFrame:
    """One row per number that a paper and its annex print (``frame.COLUMNS``), in their order.

    ``names``: declared names, such as those of areas; a numeral in one ("Ward 7") is no number of a sentence.
    """
    return numbers_of_texts(document, names).drop("together", "fixed")


def numbers_of_texts(document: Document, names: Iterable[str] = ()) -> pl.DataFrame:
    """The same, with which text of a table each number stands in (``together``), so that it can be suppressed there."""
    named = tuple(names)
    rows = [row for part in document.documents for row in _of_document(part, named)]
    names = dict.fromkeys([*COLUMNS, *(name for row in rows for name in row)])
    kinds = {name: COLUMNS[name][0] if name in COLUMNS else pl.String() for name in names}
    return pl.DataFrame(rows, schema=kinds, infer_schema_length=None)


def _of_document(document: Document, names: tuple[str, ...]) -> Iterator[Found]:
    records = {record.id: record for record in document.numbers}
    said = [("title", document.title), ("subtitle", document.subtitle), ("summary", document.summary), *document.facts]
    for name, text in said:
        yield from _prose(text, f"{document.part}, {name}")
    heading = document.title
    for block in document.blocks:
        heading = block.plain if isinstance(block, Heading) else heading
        yield from _of_block(block, f"{document.part}, “{heading}”", records, names)


def _of_block(block: Block, place: str, records: dict[str, NumberRecord], names: tuple[str, ...]) -> Iterator[Found]:
    if isinstance(block, TableBlock):
        yield from _of_table(block, place)
    elif isinstance(block, FigureBlock):
        yield from _of_figure(block, place)
    elif isinstance(block, Callout):
        yield from _prose(block.title, place)
        for part in block.blocks:
            yield from _of_block(part, place, records, names)
    elif isinstance(block, BulletList):
        for runs in block.items:
            yield from _of_runs(runs, place, records, names)
    elif isinstance(block, Heading | Paragraph):
        yield from _of_runs(block.runs, place, records, names)


def _of_runs(runs: Runs, place: str, records: dict[str, NumberRecord], names: tuple[str, ...]) -> Iterator[Found]:
    """A sentence: its bound numbers by their records, whatever else it says of numbers of people word by word."""
    for run in _flat(runs):
        if isinstance(run, Number):
            yield from _bound(run, records.get(run.record), place)
    text = "".join("…" if isinstance(run, Number) else run.text for run in _flat(runs))
    yield from _prose(text, place)
    if place.startswith(WRITTEN):
        for said in unbound_numbers(text, names):
            yield {"statistic": "unknown", "value": 0.0, "place": f"{place}: “{said}”"}


def _flat(runs: Runs) -> Iterator[Text | Number]:
    for run in runs:
        if isinstance(run, Text | Number):
            yield run
        else:
            yield from _flat(run.runs)


def _bound(run: Number, record: NumberRecord | None, place: str) -> Iterator[Found]:
    where = f"{place}: {run.text}"
    if record is None or record.judged is None:
        yield {"statistic": "unknown", "value": 0.0, "place": where}
    else:
        yield _cell(record.judged, where)


def _cell(cell: Cell, place: str, table: str = "") -> Found:
    """One judged number as a row of the frame. What has no dimensions of its own is related to nothing."""
    named = ("statistic", "value", "n", "outcome", "category", "unit", "sample", "rounding", "n_rounding", "df")
    found: Found = {name: getattr(cell, name) for name in (*named, "weighted", "structural")}
    found |= dict(cell.where)
    if not cell.where and cell.statistic != "mean":
        found |= {"sample": f"{ALONE}{place}: {cell.sample}", "outcome": cell.outcome or place}
    return found | {"place": place, "table": table or place, "fixed": True}


def text_of(run: Text) -> str:
    """What names one text of a table among all of a document."""
    return str(id(run))


def _prose(text: str, place: str) -> Iterator[Found]:
    """Numbers of people that a text states in so many words, bound to nothing."""
    for said, number in number_of_people(text):
        yield {"statistic": "count", "value": float(number), "place": f"{place}: “{said}”", "sample": ALONE + said}


def _of_table(block: TableBlock, place: str) -> Iterator[Found]:
    name = f"Table {block.label}" if block.label else f"table “{block.caption}”"
    for text in (block.caption, *block.notes):
        yield from _prose(text, f"{place}, {name}")
    if block.caption == QUESTIONS:
        return
    over = ""
    for row in block.rows:
        label = plain(row.cells[0])
        over = label if len(row.cells) == 1 else over
        where = f"{name}, {over + ', ' if over and over != label else ''}{label}"
        yield from _of_row(row, block, where, over)


def _of_row(row: Row, block: TableBlock, place: str, over: str) -> Iterator[Found]:
    """One row: cells that say what they are; other numbers in columns of numbers are unknown, in words are read."""
    for column, runs in zip(block.columns, row.cells, strict=False):
        where = f"{place}, {column.header}" if len(row.cells) > 1 else place
        text = plain(runs)
        judged = [(cell, text_of(run)) for run in _flat(runs) if isinstance(run, Text) for cell in run.judged]
        for cell, one in judged:
            yield _cell(cell, where, block.anchor or over) | {"together": one, "fixed": False}
        if judged or not DIGIT.search(text):
            continue
        if column.align == "right" and has_numbers(text):
            yield {"statistic": "unknown", "value": 0.0, "place": f"{where}: {text}"}
        else:
            yield from _prose(text, where)


def _of_figure(block: FigureBlock, place: str) -> Iterator[Found]:
    name, file = f"Figure {block.label}", block.file
    for text in (file.title, file.subtitle, file.note, file.alt):
        yield from _prose(text, f"{place}, {name}")
    if file.data is not None:
        yield from of_points(file.data, name, block.key, file.people)
