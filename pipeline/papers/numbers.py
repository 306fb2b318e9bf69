"""The record of each printed number as a table, so that any of them can be traced to its question."""

from __future__ import annotations

import json
import math

import polars as pl

from pipeline.papers.content import Document

SCHEMA = {
    **dict.fromkeys(("paper", "number", "printed"), pl.String),
    "value": pl.Float64,
    **dict.fromkeys(("source", "question", "rows", "column"), pl.String),
}


def paper_numbers(document: Document, paper: str) -> pl.DataFrame:
    """One row per number printed in a paper: the result it is bound to, and the question asked.

    ``rows``: the estimates that it is made of, as JSON; none for counts of the study.
    """
    rows = [
        {
            "paper": paper,
            "number": record.id,
            "printed": record.printed,
            "value": None if math.isnan(record.value) else record.value,
            "source": f"{record.source}: {record.what}",
            "question": record.question or None,
            "rows": json.dumps(record.rows),
            "column": record.column,
        }
        for record in document.numbers
    ]
    return pl.DataFrame(rows, schema=SCHEMA)
