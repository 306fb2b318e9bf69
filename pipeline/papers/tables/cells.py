"""How a table prints a result: one text per cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.papers.content import Column, Row, TableBlock, Text
from pipeline.papers.paper_context import PaperContext
from pipeline.specs.components import COMPONENTS
from pipeline.specs.rounding import p_value as printed_p
from pipeline.specs.rounding import percent, places_of, rounded, to_places


def cell_row(*cells: str) -> Row:
    return Row(tuple((Text(cell),) if cell else () for cell in cells))


def count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def share(part: int, whole: int) -> str:
    return percent(part / whole, 1)


def decimal_share(value: float | None, places: int = 1) -> str:
    """A share from 0 to 1, as a percentage."""
    return "–" if value is None else percent(value, places)


def number(value: float | None, places: int = 2) -> str:
    return "–" if value is None else rounded(value, places)


def places(row: Mapping[str, Any]) -> int:
    """Decimal places of a result and its interval: those that the text prints it with, and none that hides an end."""
    component = COMPONENTS.get(str(row.get("component")))
    ratio = row.get("is_ratio") or (component is not None and component.log_scale)
    ends, least = (row.get("conf_low"), row.get("conf_high")), max(row.get("places") or 2, 2)
    return places_of(ends, least, 1.0 if ratio else 0.0, row.get("estimate"))


def p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return printed_p(value)


def ends(row: Mapping[str, Any]) -> str:
    low, high, fine = row["conf_low"], row["conf_high"], places(row)
    return "–" if low is None or high is None else f"{rounded(low, fine)} to {rounded(high, fine)}"


def with_interval(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    if row["estimate"] is None:
        return "withheld"
    return f"{to_places(row['estimate'], places(row))} ({ends(row)})"


def with_error(row: Mapping[str, Any] | None, times: float, least: int, unit: str) -> str:
    if row is None or row["estimate"] is None:
        return "–"
    error = None if row["std_error"] is None else row["std_error"] * times
    fine = places_of((error,), least, value=row["estimate"] * times)
    brackets = "" if error is None else f" ({rounded(error, fine)})"
    return f"{to_places(row['estimate'] * times, fine)}{unit}{brackets}"


def plain_table(
    paper: PaperContext, caption: str, first: Sequence[str], right: Sequence[str], body: list[Row], notes: Sequence[str]
) -> TableBlock:
    """A table of ``body`` whose ``first`` columns hold words and whose other columns hold numbers."""
    columns = (*(Column(header) for header in first), *(Column(header, "right") for header in right))
    return TableBlock(None, "", caption, columns, tuple(body), source=paper.study.source, notes=tuple(notes))
