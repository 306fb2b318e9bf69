"""The first rows of a result as a Markdown table, for the UI; and which rows of areas come first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.texts import visible

if TYPE_CHECKING:
    import polars as pl


FIRST_ROWS = "first rows"
"""The name under which a node shows its preview."""
SHOWN = 8
"""So many rows fit where a preview stands; what is longer hides behind a link."""


def first_rows(frame: pl.DataFrame, *columns: str) -> dict[str, str]:
    """The metadata of a table with its first rows; nothing of a table without any."""
    return {FIRST_ROWS: markdown_table(frame.select(columns).head(SHOWN), digits=3)} if frame.height else {}


def newest_round(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of the last round that there is: of areas that are compared with each other."""
    return frame.filter(round=frame["round"].max()) if frame.height else frame


def markdown_table(frame: pl.DataFrame, digits: int = 4) -> str:
    """A small frame of results about groups, never about one person, as a Markdown table."""
    lines = [" | ".join(map(as_text, frame.columns)), " | ".join("---" for _ in frame.columns)]
    for row in frame.rows():
        cells = (f"{cell:.{digits}g}" if isinstance(cell, float) else as_text(str(cell or "")) for cell in row)
        lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)


def as_text(text: str) -> str:
    """A name or label as one line of Markdown: no sign in it makes a cell, a link, a picture, a tag or a list."""
    line = re.sub(r"([\\`*_{}\[\]<>|#~!&$=])", r"\\\1", " ".join(visible(text).split()))
    line = re.sub(r"^([-+]|\d+(?=[.)]))", _first, line)
    return re.sub(r"(?i)\b(https?|ftp|mailto|xmpp)(:)|\b(www)(\.)", r"\1\3\\\2\4", line)


def _first(found: re.Match[str]) -> str:
    """What would begin a list: the dash itself is escaped, or the sign behind a number."""
    return f"\\{found[1]}" if found[1] in "-+" else f"{found[1]}\u2060"


def fenced(text: str, language: str) -> str:
    """Text as a block of code, whatever it holds: the fence is longer than any in it."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", text))])
    return f"{fence}{language}\n{text}\n{fence}"
