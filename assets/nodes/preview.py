"""The first rows of a result as a Markdown table, for the UI."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def markdown_table(frame: pl.DataFrame, digits: int = 4) -> str:
    """A small frame of results about groups, never about one person, as a Markdown table."""
    lines = [" | ".join(frame.columns), " | ".join("---" for _ in frame.columns)]
    for row in frame.rows():
        cells = (f"{cell:.{digits}g}" if isinstance(cell, float) else str(cell or "") for cell in row)
        lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)
