"""What every annex has: methods, data, assumptions, caveats, questions, and the origin of each number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.papers.appendix.data import data
from pipeline.papers.appendix.methods import methods
from pipeline.papers.appendix.numbers import numbers
from pipeline.papers.appendix.study import assumptions, caveats, questions
from pipeline.papers.appendix.transparency import transparency
from pipeline.papers.cautions import explained
from pipeline.papers.content import Block, NumberRecord, TableBlock
from pipeline.papers.paper_context import PaperContext

__all__ = ["appendix", "assumptions", "caveats", "data", "methods", "numbers", "questions", "transparency"]


def appendix(
    paper: PaperContext, records: Sequence[NumberRecord], *, asks: bool, before: Sequence[Block] = ()
) -> list[Block]:
    """The end of an annex. ``asks``: whether paper or annex have printed the questions already.

    ``before``: all that stands before it, to whose tables the methods of the study lead.
    """
    rows = (row for own in paper.results.models.values() for row in own)
    blocks = [
        *explained(paper.results.cautions.marked(rows), paper.study),
        *methods(paper),
        *data(paper),
        *assumptions(paper.study),
        *caveats(paper.study),
        *(() if asks else questions(paper)),
        *numbers(records, paper.study),
    ]
    tables = (block for block in (*before, *blocks) if isinstance(block, TableBlock) and block.anchor)
    blocks = [*transparency(paper, {table.caption: table.anchor for table in tables}), *blocks]
    if not paper.study.synthetic:
        return blocks
    return [replace(block, synthetic=True) if isinstance(block, TableBlock) else block for block in blocks]
