"""How the estimates were made: each model's question, method, people and standard errors."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.papers.content import Block, Column, Heading, Row, TableBlock, words
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import ranged
from pipeline.papers.results import Row as ResultRow

HEADERS = ("Question", "Method", "People", "Standard errors", "Withheld, and why")


def methods(paper: PaperContext) -> list[Block]:
    """One row per model of the paper; no column for what is withheld where nothing is."""
    rows = []
    for model, declared in paper.study.models.items():
        own = paper.results.of(model)
        made = ranged(row["covariance"] for row in own if _has_error(row))
        withheld = ranged(str(row["note"]) for row in own if _is_withheld(row))
        rows.append((declared.question, declared.method, _people(own), made or "–", withheld))
    if not rows:
        return []
    shown = len(HEADERS) if any(row[-1] for row in rows) else len(HEADERS) - 1
    columns = tuple(Column(header) for header in HEADERS[:shown])
    body = tuple(Row(tuple(words(cell) for cell in row[:shown])) for row in rows)
    return [
        Heading(2, words("How the estimates were made"), "methods"),
        TableBlock(None, "methods-table", "The models of this paper", columns, body, wordy=True),
    ]


def _is_withheld(row: ResultRow) -> bool:
    """Whether the row has no number for the reason in its note: a test has a statistic, and its hypothesis there."""
    if row["note"] is None or row["statistic"] is not None:
        return False
    return row["estimate"] is None or "withheld: " in row["note"]


def _has_error(row: ResultRow) -> bool:
    """Whether the row says how its standard error, interval or test was made."""
    return row["covariance"] is not None and any(
        row[name] is not None for name in ("std_error", "statistic", "conf_low")
    )


def _people(rows: Iterable[ResultRow]) -> str:
    """How many people a model rests on; where each estimate has people of its own, from the fewest to the most."""
    counted = [row["n_persons"] for row in rows if row["estimate"] is not None and row["n_persons"] is not None]
    if not counted:
        return "–"
    fewest, most = min(counted), max(counted)
    return f"{most:,}" if fewest == most else f"{fewest:,} to {most:,} per estimate"
