"""The record of each printed number as a table, so that any of them can be traced to its question."""

from __future__ import annotations

import polars as pl

from pipeline.papers.content import Document


def paper_numbers(document: Document, paper: str) -> pl.DataFrame:
    """One row per number printed in a paper: the result it is bound to, and the question asked."""
    rows = [
        {
            "paper": paper,
            "number": record.id,
            "printed": record.printed,
            "source": f"{record.source}: {record.what}",
            "question": record.question or None,
        }
        for record in document.numbers
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("paper", "number", "printed", "source", "question"), pl.String))
