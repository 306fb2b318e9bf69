"""How often each pattern of answered and missed waves occurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.papers.content import Row, TableBlock
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.tables.arms import by_arm
from pipeline.papers.tables.cells import cell_row, count, plain_table, share
from pipeline.specs.disclosure import SMALLEST

FEWEST = SMALLEST
"""Patterns of fewer people than this are counted together."""


def patterns(paper: PaperContext, _names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """How often each pattern of answered and missed waves occurs; rare ones together."""
    people = paper.table("participation").unique("person_id", keep="first", maintain_order=True)
    people = people.filter(pl.col("pattern").str.contains("1"))
    counted = people.group_by("arm", "pattern", maintain_order=True).len()
    body: list[Row] = []
    for arm, own in by_arm(counted, paper.study, body):
        ordered = own.sort(["len", "pattern"], descending=[True, True])
        body += _pattern_rows(ordered, int(options.get("top", "12")), arm, paper.study.rules.counts)
    top = int(options.get("top", "12"))
    note = (
        f"One mark per wave: ● answered, ○ did not. The most common patterns are shown, at most {top}"
        f"{' in each part' if counted['arm'].n_unique() > 1 else ''}; the others, and patterns of fewer than {FEWEST} "
        "people, are counted together."
    )
    return plain_table(paper, "Patterns of participation", ("Pattern",), ("People", "Share"), body, [note])


def _pattern_rows(counted: pl.DataFrame, top: int, arm: str, base: int) -> list[Row]:
    total = int(counted["len"].sum())
    shown = counted.filter(pl.col("len") >= FEWEST).head(top)
    while shown.height and 0 < total - int(shown["len"].sum()) < FEWEST:
        shown = shown.head(-1)  # those who are left would be few
    rest = total - int(shown["len"].sum())
    rows = [
        _row(pattern.replace("1", "●").replace("0", "○"), many, total, {"arm": arm, "pattern": pattern}, base)
        for pattern, many in shown.select("pattern", "len").iter_rows()
    ]
    others = counted.height - shown.height
    if others:
        label = f"{others} other {'pattern' if others == 1 else 'patterns'}"
        rows.append(_row(label, rest, total, {"arm": arm, "pattern": "other"}, base))
    return rows


def _row(label: str, many: int, total: int, of: dict[str, str], base: int) -> Row:
    return cell_row(label, count(many, of, base=base), share(many, total, of, structural=many == total, base=base))
