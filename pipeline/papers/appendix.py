"""How every paper ends: methods, assumptions, caveats, questions, and where each number comes from."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.papers.content import (
    Block,
    Column,
    Heading,
    Link,
    NumberRecord,
    Paragraph,
    Row,
    TableBlock,
    Text,
    words,
)
from pipeline.papers.context import Context, joined
from pipeline.papers.prose import blocks_of


def methods(context: Context, estimates: pl.DataFrame) -> list[Block]:
    """Each model of the paper: what it asked, how it was answered, of how many, and how errors were made."""
    rows = []
    for model, note in context.models.items():
        own = estimates.filter(pl.col("model") == model)
        made = joined(own["covariance"].drop_nulls().unique(maintain_order=True).to_list())
        people = own["n_persons"].max() if own.height else None
        many = f"{people:,}" if isinstance(people, int) else "–"
        withheld = joined(own["note"].drop_nulls().unique(maintain_order=True).to_list())
        rows.append(_row(note.question, note.method, many, made or "–", withheld))
    if not rows:
        return []
    notes = any(row.cells[-1] for row in rows)
    headers = ("Question", "Method", "People", "Standard errors", "Remarks")
    columns = tuple(Column(header) for header in headers[: 5 if notes else 4])
    body = tuple(Row(row.cells[: len(columns)]) for row in rows)
    return [
        Heading(2, words("How the estimates were made"), "methods"),
        TableBlock(None, "methods-table", "The models of this paper", columns, body, wordy=True),
    ]


def assumptions(context: Context) -> list[Block]:
    """What the declarations of the study had to assume; equal reasons are told once."""
    if not context.assumptions:
        return []
    by_reason: dict[str, list[str]] = {}
    for what, reason in context.assumptions:
        by_reason.setdefault(reason, []).append(what)
    rows = tuple(_row(_sentence(reason), _list(whats)) for reason, whats in by_reason.items())
    told = "What follows could not be read in a public source, or was a choice. Each entry says why it was made."
    return [
        Heading(2, words("What was assumed"), "assumptions"),
        Paragraph(words(told)),
        TableBlock(
            None,
            "assumptions-table",
            "Assumptions",
            (Column("Assumption and reason"), Column("Where")),
            rows,
            wordy=True,
        ),
    ]


def caveats(context: Context) -> list[Block]:
    """The study's own caveats, as written."""
    if not context.caveats.strip():
        return []
    found = blocks_of(context.caveats, lambda place: None, lambda line, message: None)
    blocks: list[Block] = [Heading(2, words("Caveats"), "caveats")]
    for number, block in enumerate(found):
        if isinstance(block, TableBlock):
            block = TableBlock(None, f"caveats-{number}", "Caveats, rated", block.columns, block.rows, wordy=True)
        if isinstance(block, Heading):
            block = Heading(max(block.level, 3), block.runs, f"caveats-{block.anchor}")
        blocks.append(block)
    return blocks


def questions(context: Context, concepts: Iterable[str]) -> list[Block]:
    """The wording behind each concept that the paper's results measure, with the variables it was read from."""
    rows = []
    for concept in concepts:
        for question in context.questions.get(concept, ()):
            asked = joined([context.label(wave) for wave in question.waves])
            wording = f"{question.wording}{' (our rendering)' if question.assumed else ''}"
            wording += f" {question.remark}" if question.remark else ""
            variables = ", ".join(question.variables)
            rows.append(_row(context.label(concept), wording, variables, asked))
    if not rows:
        return []
    columns = tuple(Column(header) for header in ("Measure", "Question asked", "Variable", "Asked in"))
    return [
        Heading(2, words("The questions behind the numbers"), "questions"),
        TableBlock(None, "questions-table", "Questions, by what they measure", columns, tuple(rows), wordy=True),
    ]


def provenance(records: Iterable[NumberRecord]) -> list[Block]:
    """One row per number printed in the text: what it is, which model gave it, of whom, and how sure it is."""
    rows = []
    for record in records:
        uncertainty = record.uncertainty
        back = (Link((Text(record.printed),), f"#{record.id}-use"),)
        cells = (back, *(words(text) for text in (record.what, record.source, record.people, uncertainty)))
        rows.append(Row((*cells, words(record.question)), anchor=record.id))
    if not rows:
        return []
    headers = ("Number", "What it is", "From", "Of", "Standard error", "Question asked")
    told = "Every number in the text is bound to a result and was put there by the build; none was typed."
    return [
        Heading(2, words("Where each number comes from"), "numbers"),
        Paragraph(words(told)),
        TableBlock(
            None,
            "numbers-table",
            "Numbers in the order of the text",
            tuple(Column(header) for header in headers),
            tuple(rows),
            wordy=True,
        ),
    ]


def _row(*cells: str) -> Row:
    return Row(tuple(words(cell) for cell in cells))


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"


def _list(whats: list[str], most: int = 8) -> str:
    shown = whats[:most]
    return ", ".join(shown) if len(whats) <= most else f"{', '.join(shown)} and {len(whats) - most} more"
