"""How a table prints a result: one text per cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.papers.content import Column, Row, TableBlock, Text
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.prose.quantity import decimal


def cell_row(*cells: str) -> Row:
    return Row(tuple((Text(cell),) if cell else () for cell in cells))


def count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def share(part: int, whole: int) -> str:
    return f"{decimal(100 * part / whole, 1)}%"


def decimal_share(value: float | None, places: int = 1) -> str:
    """A share from 0 to 1, as a percentage."""
    return "–" if value is None else f"{decimal(100 * value, places)}%"


def number(value: float | None) -> str:
    return "–" if value is None else decimal(value, 2)


def p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else decimal(value, 3)


def ends(row: Mapping[str, float | None]) -> str:
    low, high = row["conf_low"], row["conf_high"]
    return "–" if low is None or high is None else f"{decimal(low, 2)} to {decimal(high, 2)}"


def with_interval(row: Mapping[str, float | None] | None) -> str:
    if row is None:
        return "–"
    if row["estimate"] is None:
        return "withheld"
    return f"{number(row['estimate'])} ({ends(row)})"


def with_error(row: Mapping[str, float | None] | None, times: float, places: int, unit: str) -> str:
    if row is None or row["estimate"] is None:
        return "–"
    error = f" ({decimal(row['std_error'] * times, places)})" if row["std_error"] is not None else ""
    return f"{decimal(row['estimate'] * times, places)}{unit}{error}"


def plain_table(
    paper: PaperContext, caption: str, first: Sequence[str], right: Sequence[str], body: list[Row], notes: Sequence[str]
) -> TableBlock:
    """A table of ``body`` whose ``first`` columns hold words and whose other columns hold numbers."""
    columns = (*(Column(header) for header in first), *(Column(header, "right") for header in right))
    return TableBlock(None, "", caption, columns, tuple(body), source=paper.study.source, notes=tuple(notes))
