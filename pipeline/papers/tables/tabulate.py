"""The table that a ``:::table kind name option=value`` line of a paper asks for."""

from __future__ import annotations

from pipeline.errors import PaperError
from pipeline.papers.content import TableBlock, numbered
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.prose.source import Directive
from pipeline.papers.results import nearest
from pipeline.specs.family import load
from pipeline.specs.paper_parts import PAPER_TABLES, TABLE_OPTIONS


def table_block(directive: Directive, paper: PaperContext, number: int, prefix: str = "") -> TableBlock:
    """The table with its number, in an annex with the ``prefix``.

    Raises ``PaperError`` if it cannot be made, or takes no such option.
    """
    kind, *names = directive.arguments or ("",)
    if kind not in PAPER_TABLES:
        raise PaperError(f"`{kind}` is not a kind of table{nearest(kind, PAPER_TABLES)}")
    record = PAPER_TABLES[kind]
    takes = sorted(record.takes | TABLE_OPTIONS)
    for option in directive.options:
        if option not in takes:
            raise PaperError(f"a table of the kind `{kind}` takes no `{option}`{nearest(option, takes)}")
    block: TableBlock = load(record.function)(paper, names, directive.options)
    caption = directive.options.get("caption", block.caption)
    return numbered(block, number, prefix, caption, paper.study.synthetic)
