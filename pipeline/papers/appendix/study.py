"""What the study declares of itself: assumptions, caveats, and the questions behind the results."""

from __future__ import annotations

from dataclasses import replace

from pipeline.papers.content import Block, Column, Heading, Paragraph, Row, TableBlock, words
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import sentence
from pipeline.papers.prose.markdown import blocks_of
from pipeline.papers.study_context import StudyContext
from pipeline.papers.tables.questions import items

MOST_PLACES = 8
"""Of places with one reason for an assumption, so many are named."""

ASSUMED, RATED = "What was assumed, and where", "Assumptions, rated by quality and impact"
"""Captions of the tables of assumptions and of caveats: other words than the headings above them."""


def assumptions(study: StudyContext) -> list[Block]:
    """What the declarations of the study had to assume; equal reasons are listed once."""
    if not study.assumptions:
        return []
    by_reason: dict[str, list[str]] = {}
    for what, reason in study.assumptions:
        by_reason.setdefault(reason, []).append(what)
    rows = tuple(Row((words(sentence(reason)), words(_places(whats)))) for reason, whats in by_reason.items())
    columns = (Column("Assumption and reason"), Column("Where"))
    lead = "What follows is not in a public source, or was a choice. Each entry gives the reason."
    return [
        Heading(2, words("Assumptions"), "assumptions"),
        Paragraph(words(lead)),
        TableBlock(None, "assumptions-table", ASSUMED, columns, rows, wordy=True),
    ]


def _places(whats: list[str]) -> str:
    shown = ", ".join(whats[:MOST_PLACES])
    return shown if len(whats) <= MOST_PLACES else f"{shown} and {len(whats) - MOST_PLACES} more"


def caveats(study: StudyContext) -> list[Block]:
    """The study's own caveats, as written."""
    if not study.caveats.strip():
        return []
    found = blocks_of(study.caveats, lambda _place: None, lambda _line, _message: None)
    blocks: list[Block] = [Heading(2, words("Caveats"), "caveats")]
    for number, block in enumerate(found):
        if isinstance(block, TableBlock):
            block = TableBlock(None, f"caveats-{number}", RATED, block.columns, block.rows, wordy=True)
        if isinstance(block, Heading):
            block = Heading(max(block.level, 3), block.runs, f"caveats-{block.anchor}")
        blocks.append(block)
    return blocks


def questions(paper: PaperContext) -> list[Block]:
    """The wording behind each concept that the paper's results measure, with the variables it was read from."""
    block = items(paper, [], {})
    if not block.rows:
        return []
    return [
        Heading(2, words("The questions behind the numbers"), "questions"),
        replace(block, anchor="questions-table"),
    ]
