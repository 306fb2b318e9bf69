"""What a paper says, sentence by sentence, so that two builds of it can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    Document,
    FigureBlock,
    Heading,
    Number,
    Paragraph,
    Row,
    Runs,
    TableBlock,
    numbers_of,
    plain,
)

ENDS = re.compile(r"(?<=[.!?])[”\")*]*\s+(?=[“\"(A-ZÀ-Þ0-9])")
"""Between two sentences."""
PRINTED = ("paper", "annex")
"""The documents of a paper; summary and slides say the same again."""
MADE = "made"
"""The anchor of the section that names the build: it is another one in each, and says nothing about the study."""
SCHEMA = (
    dict.fromkeys(("paper", "part"), pl.String)
    | {"position": pl.Int64}
    | dict.fromkeys(("section", "kind", "text", "numbers", "sources"), pl.String)
)


@dataclass(frozen=True)
class Passage:
    """One sentence, heading, title or row of a table, and the records of the numbers in it."""

    kind: str
    text: str
    numbers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def paper_passages(document: Document, paper: str) -> pl.DataFrame:
    """One row per sentence, title and row of a table that a paper and its annex print, in their order."""
    sources = {record.id: record.source for record in document.numbers}
    own = [part for part in document.documents if part.part in PRINTED]
    rows = [row for part in own for row in _rows(part, paper, sources)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _rows(document: Document, paper: str, sources: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    section, anchor, position = "", "", 0
    for block in document.blocks:
        if isinstance(block, Heading):
            section, anchor = block.plain, block.anchor
        if anchor == MADE:
            continue
        for passage in _passages(block):
            if passage.text.strip():
                models = (f"estimates/{sources[number]}" for number in passage.numbers if number in sources)
                made = " ".join(dict.fromkeys((*models, *passage.sources)))
                numbers = " ".join(passage.numbers)
                yield paper, document.part, position, section, passage.kind, passage.text, numbers, made
                position += 1


def _passages(block: Block) -> Iterator[Passage]:
    if isinstance(block, Heading):
        yield Passage("heading", block.plain, _records(block.runs))
    elif isinstance(block, FigureBlock):
        yield from _of_figure(block)
    elif isinstance(block, TableBlock):
        yield from _of_table(block)
    else:
        yield from _of_prose(block)


def _of_prose(block: Paragraph | BulletList | Callout) -> Iterator[Passage]:
    if isinstance(block, Callout):
        yield Passage("heading", block.title)
        for inner in block.blocks:
            yield from _of_prose(inner)
    else:
        for runs in (block.runs,) if isinstance(block, Paragraph) else block.items:
            yield from _sentences(runs)


def _of_figure(block: FigureBlock) -> Iterator[Passage]:
    file, of = block.file, (f"figure/{block.key}",)
    yield Passage("title", f"Figure {block.label}: {file.title}", sources=of)
    yield from (Passage("note", text, sources=of) for text in (file.subtitle, file.note, file.alt))


def _of_table(block: TableBlock) -> Iterator[Passage]:
    of = block.sources
    yield Passage("title", f"Table {block.label}: {block.caption}" if block.label else block.caption, sources=of)
    yield from (Passage("row", _cells(row), _records(row.cells), of) for row in block.rows)
    yield from (Passage("note", note, sources=of) for note in block.notes)


def _cells(row: Row) -> str:
    return " | ".join(plain(cell) for cell in row.cells)


def _records(part: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number.record for number in numbers_of(part)))


def _sentences(runs: Runs) -> Iterator[Passage]:
    """The sentences of a paragraph, each with the numbers that stand in it."""
    placed: list[tuple[int, str]] = []
    text = ""
    for run in _flat(runs):
        if isinstance(run, Number):
            placed.append((len(text), run.record))
        text += run if isinstance(run, str) else f"{run.text}{run.mark}"
    start = 0
    for end in [match.start() for match in ENDS.finditer(text)] + [len(text)]:
        inside = dict.fromkeys(record for place, record in placed if start <= place < end)
        yield Passage("sentence", text[start:end].strip(), tuple(inside))
        start = end


def _flat(runs: Runs) -> Iterator[str | Number]:
    for run in runs:
        if isinstance(run, Number):
            yield run
        elif hasattr(run, "runs"):
            yield from _flat(run.runs)
        else:
            yield run.text
