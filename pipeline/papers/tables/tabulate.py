"""The table that a ``:::table kind name option=value`` line of a paper asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

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
    read: dict[str, None] = {}
    noting = replace(paper, tables=_Noting(paper.tables, read))
    block: TableBlock = load(record.function)(noting, names, directive.options)
    models = tuple(f"estimates/{name}" for name in names if name in paper.results.models)
    caption = directive.options.get("caption", block.caption)
    block = replace(block, sources=(*models, *read), key="-".join(directive.arguments))
    return numbered(block, number, prefix, caption, paper.study.synthetic)


class _Noting(Mapping[str, pl.DataFrame]):
    """Tables that note which of them were read: a printed table says what it is made from."""

    def __init__(self, tables: Mapping[str, pl.DataFrame], read: dict[str, None]) -> None:
        self._tables, self._read = tables, read

    def __getitem__(self, name: str) -> pl.DataFrame:
        found = self._tables[name]
        self._read[name] = None
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __contains__(self, name: object) -> bool:
        return name in self._tables
