"""How a table prints a result: one text per cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.papers.content import Column, Row, TableBlock, Text
from pipeline.papers.paper_context import PaperContext
from pipeline.specs.components import COMPONENTS
from pipeline.specs.rounding import decimal, places_of


def cell_row(*cells: str) -> Row:
    return Row(tuple((Text(cell),) if cell else () for cell in cells))


def count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def share(part: int, whole: int) -> str:
    return f"{decimal(100 * part / whole, 1)}%"


def decimal_share(value: float | None, places: int = 1) -> str:
    """A share from 0 to 1, as a percentage."""
    return "–" if value is None else f"{decimal(100 * value, places)}%"


def number(value: float | None, places: int = 2) -> str:
    return "–" if value is None else decimal(value, places)


def places(row: Mapping[str, Any]) -> int:
    """Decimal places of a result and its interval: those that the text prints it with, and none that hides an end."""
    component = COMPONENTS.get(str(row.get("component")))
    ratio = row.get("is_ratio") or (component is not None and component.log_scale)
    return places_of((row.get("conf_low"), row.get("conf_high")), max(row.get("places") or 2, 2), 1.0 if ratio else 0.0)


def p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else decimal(value, 3)


def ends(row: Mapping[str, Any]) -> str:
    low, high, shown = row["conf_low"], row["conf_high"], places(row)
    return "–" if low is None or high is None else f"{decimal(low, shown)} to {decimal(high, shown)}"


def with_interval(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    if row["estimate"] is None:
        return "withheld"
    return f"{number(row['estimate'], places(row))} ({ends(row)})"


def with_error(row: Mapping[str, Any] | None, times: float, least: int, unit: str) -> str:
    if row is None or row["estimate"] is None:
        return "–"
    error = None if row["std_error"] is None else row["std_error"] * times
    shown = places_of((error,), least)
    brackets = "" if error is None else f" ({decimal(error, shown)})"
    return f"{decimal(row['estimate'] * times, shown)}{unit}{brackets}"


def plain_table(
    paper: PaperContext, caption: str, first: Sequence[str], right: Sequence[str], body: list[Row], notes: Sequence[str]
) -> TableBlock:
    """A table of ``body`` whose ``first`` columns hold words and whose other columns hold numbers."""
    columns = (*(Column(header) for header in first), *(Column(header, "right") for header in right))
    return TableBlock(None, "", caption, columns, tuple(body), source=paper.study.source, notes=tuple(notes))
