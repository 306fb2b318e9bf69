"""A document without the numbers that would give a suppressed one away; a note below each table says so.

What is about few people is withheld as tables are made (``tables/cells.py``); which other numbers have to go can only
be seen when all tables, sentences and figures are there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import polars as pl

from pipeline.papers.content import Block, Document, Runs, TableBlock, Text, plain
from pipeline.papers.disclosure.collect import numbers_of_texts, text_of
from pipeline.papers.disclosure.suppress import suppressed
from pipeline.specs.disclosure import MARK, NOTE, Disclosure


def protected(document: Document, rules: Disclosure) -> Document:
    """The paper and its annex with secondary suppression, and a note below each table that suppresses something."""
    hidden = _secondary(numbers_of_texts(document), rules)
    note = NOTE.format(smallest=rules.smallest)
    annex = None if document.annex is None else _hiding(document.annex, hidden, note)
    return replace(_hiding(document, hidden, note), annex=annex)


def _secondary(cells: pl.DataFrame, rules: Disclosure) -> set[str]:
    """The texts that have to go: of the counts whose people are known, which are all that others follow from."""
    counts = cells.filter((pl.col("statistic") == "count") & (pl.col("sample") == ""))
    if not counts["value"].null_count() and rules.smallest == Disclosure().smallest:
        return set()
    found = suppressed(counts, rules.smallest)
    return set(found.filter(pl.col("mark") != "")["together"].drop_nulls())


def _hiding(document: Document, hidden: Collection[str], note: str) -> Document:
    return replace(document, blocks=tuple(_block(block, hidden, note) for block in document.blocks))


def _block(block: Block, hidden: Collection[str], note: str) -> Block:
    if not isinstance(block, TableBlock):
        return block
    rows = tuple(replace(row, cells=tuple(_runs(runs, hidden) for runs in row.cells)) for row in block.rows)
    marks = any(MARK in plain(cell) for row in rows for cell in row.cells)
    notes = (*block.notes, note) if marks and note not in block.notes else block.notes
    return replace(block, rows=rows, notes=notes)


def _runs(runs: Runs, hidden: Collection[str]) -> Runs:
    return tuple(_withheld(run) if isinstance(run, Text) and text_of(run) in hidden else run for run in runs)


def _withheld(run: Text) -> Text:
    """The mark in place of a text, whose numbers are gone."""
    return Text(MARK, tuple(replace(cell, value=None, n=None) for cell in run.judged))
