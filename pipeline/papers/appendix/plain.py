"""Tables of the appendix: plain texts in columns, and what a wave is called."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.papers.content import Column, TableBlock
from pipeline.papers.study_context import StudyContext
from pipeline.papers.tables.cells import cell_row


def plain_rows(
    anchor: str, caption: str, headers: Sequence[str], rows: Sequence[Sequence[str]], right: int = 0
) -> TableBlock:
    """A table whose last ``right`` columns hold numbers."""
    first_number = len(headers) - right
    columns = tuple(Column(header, "right" if n >= first_number else "left") for n, header in enumerate(headers))
    body = tuple(cell_row(*row) for row in rows)
    return TableBlock(None, anchor, caption, columns, body, wordy=not right)


def wave_of(wave: str, arm: str, study: StudyContext) -> str:
    """A wave's title, with that of its arm where the study has several."""
    arms = {of for of, _ in study.fieldwork}
    return f"{study.label(wave)}, {study.label(arm)}" if len(arms) > 1 else study.label(wave)
