"""How every paper ends: methods, assumptions, caveats, questions, and where each number comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipeline.papers.content import (
    Block,
    Column,
    Heading,
    Link,
    NumberRecord,
    Paragraph,
    Row,
    Runs,
    Strong,
    TableBlock,
    Text,
    words,
)
from pipeline.papers.study_context import StudyContext, ranged
from pipeline.papers.prose.markdown import blocks_of
from pipeline.papers.tables.study import items
from pipeline.papers.paper_context import PaperContext


def _people(estimates: pl.DataFrame) -> str:
    """How many people a model rests on; where each estimate has people of its own, from the fewest to the most."""
    counted = estimates.filter(pl.col("estimate").is_not_null())["n_persons"].drop_nulls()
    if not counted.len():
        return "–"
    fewest, most = min(counted), max(counted)
    return f"{most:,}" if fewest == most else f"{fewest:,} to {most:,} in each estimate"


def methods(study: StudyContext, estimates: pl.DataFrame) -> list[Block]:
    """Each model of the paper: what it asked, how it was answered, of how many, and how errors were made."""
    rows = []
    for model, note in study.models.items():
        own = estimates.filter(pl.col("model") == model)
        made = ranged(own["covariance"].drop_nulls())
        many = _people(own)
        withheld = ranged(own.filter(pl.col("estimate").is_null())["note"].drop_nulls())
        rows.append(_row(note.question, note.method, many, made or "–", withheld))
    if not rows:
        return []
    notes = any(row.cells[-1] for row in rows)
    headers = ("Question", "Method", "People", "Standard errors", "Withheld, and why")
    columns = tuple(Column(header) for header in headers[: 5 if notes else 4])
    body = tuple(Row(row.cells[: len(columns)]) for row in rows)
    return [
        Heading(2, words("How the estimates were made"), "methods"),
        TableBlock(None, "methods-table", "The models of this paper", columns, body, wordy=True),
    ]


def assumptions(study: StudyContext) -> list[Block]:
    """What the declarations of the study had to assume; equal reasons are told once."""
    if not study.assumptions:
        return []
    by_reason: dict[str, list[str]] = {}
    for what, reason in study.assumptions:
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


def caveats(study: StudyContext) -> list[Block]:
    """The study's own caveats, as written."""
    if not study.caveats.strip():
        return []
    found = blocks_of(study.caveats, lambda place: None, lambda line, message: None)
    blocks: list[Block] = [Heading(2, words("Caveats"), "caveats")]
    for number, block in enumerate(found):
        if isinstance(block, TableBlock):
            block = TableBlock(None, f"caveats-{number}", "Caveats, rated", block.columns, block.rows, wordy=True)
        if isinstance(block, Heading):
            block = Heading(max(block.level, 3), block.runs, f"caveats-{block.anchor}")
        blocks.append(block)
    return blocks


def questions(paper: PaperContext) -> list[Block]:
    """The wording behind each concept that the paper's results measure, with the variables it was read from."""
    block = items(paper, [], {})
    if not block.rows:
        return []
    heading = Heading(2, words("The questions behind the numbers"), "questions")
    return [heading, replace(block, anchor="questions-table")]


def provenance(records: Sequence[NumberRecord], study: StudyContext) -> list[Block]:
    """One row per number printed in the text, under the model that gave it: what it is, of whom, and what was asked."""
    rows: list[Row] = []
    for source in dict.fromkeys(record.source for record in records):
        own = [record for record in records if record.source == source]
        rows.append(Row((_over(source, own, study),)))
        rows += [_number(record, study) for record in own]
    if not rows:
        return []
    columns = tuple(Column(header) for header in ("Number", "What it is", "Of", "Question asked"))
    told = "Every number in the text is bound to a result and was put there by the build; none was typed."
    return [
        Heading(2, words("Where each number comes from"), "numbers"),
        Paragraph(words(told)),
        TableBlock(
            None, "numbers-table", "Numbers in the text, by the model they come from", columns, tuple(rows), wordy=True
        ),
    ]


def _over(source: str, records: Sequence[NumberRecord], study: StudyContext) -> Runs:
    """The heading over one model's numbers: its key, its question, and how its standard errors were made."""
    note = study.models.get(source)
    made = ranged(record.uncertainty for record in records if record.uncertainty)
    parts = [f" · {note.question}"] if note else []
    parts += [f" · Standard errors: {made}."] if made else []
    return (Strong(words(source)), *(Text(part) for part in parts))


def _number(record: NumberRecord, study: StudyContext) -> Row:
    back = (Link((Text(record.printed),), f"#{record.id}-use"),)
    asked = " / ".join(filter(None, (_asked(concept, study) for concept in record.concepts)))
    return Row((back, words(f"{record.what}{record.mark}"), words(record.people), words(asked)), anchor=record.id)


def _asked(concept: str, study: StudyContext) -> str:
    """The first wording of a concept, and how many there are; “What was asked” has them all."""
    questions = study.questions.get(concept, ())
    if not questions:
        return ""
    more = f" and {len(questions) - 1} more like it" if len(questions) > 1 else ""
    return f"“{questions[0].wording}”{more}"


def _row(*cells: str) -> Row:
    return Row(tuple(words(cell) for cell in cells))


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"


def _list(whats: list[str], most: int = 8) -> str:
    shown = whats[:most]
    return ", ".join(shown) if len(whats) <= most else f"{', '.join(shown)} and {len(whats) - most} more"
