"""Rows below a table that are notes and totals, as declared: counted, not loaded, and never a participant's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Table

FOOTER = "footer"
"""The rule by which such rows are set aside."""
WORD = "A"
"""The form of an id of letters alone; notes begin with such words, too."""


def without_footers(
    table: Table, names: Sequence[str], footers: Sequence[Sequence[object]], request: Request, where: str
) -> Table:
    """The table of the rows above ``footers``, which are counted. Raises ``DepositError`` if one has somebody's id."""
    if not footers:
        return table
    for column in request.text[:1]:  # the ids come first
        if column in names and column in table.frame.columns:
            place = list(names).index(column)
            cells = pl.Series([row[place] if place < len(row) else None for row in footers], dtype=pl.String)
            _refuse_ids(cells, table.frame[column], column, where)
    blank = sum(not any(row) for row in footers)
    rules = {FOOTER: len(footers) - blank, **({"blank": blank} if blank else {})}
    return replace(table, set_aside={**table.set_aside, **rules})


def _refuse_ids(footers: pl.Series, ids: pl.Series, column: str, where: str) -> None:
    found, texts = forms(footers), answer_codes(ids)
    alike = found.is_in(_usual(forms(texts)).implode()) & (found != WORD)
    people = int((alike | footers.is_in(texts.implode())).fill_null(False).sum())
    if people:
        raise DepositError(
            f"rows at the end that are declared to be notes have an id in `{column}` like those above",
            where=where,
            count=people,
            todo="Correct `footer_rows`: the rows it counts are not loaded.",
        )


def _usual(found: pl.Series) -> pl.Series:
    """The forms that at least one id in twenty has."""
    counted = found.drop_nulls().value_counts()
    return counted.filter(pl.col("count") * 20 >= counted["count"].sum())[found.name]


def forms(ids: pl.Series) -> pl.Series:
    """How ids are built: ``P012`` and ``Q7`` are ``A9``, ``12-1`` is ``9-9``."""
    texts = ids.str.strip_chars().str.replace_all(r"\p{N}+", "9").str.replace_all(r"\p{L}+", "A")
    return texts.set(texts == "", None).rename("form")
