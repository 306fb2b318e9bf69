"""Text that came through a wrong door: double-encoded letters, and strings that would act if a program obeyed them."""

from __future__ import annotations

import polars as pl

from pipeline.ingest.formats.table import Notice

PATTERNS: dict[str, tuple[str, str]] = {
    "mojibake": (
        "[ÃÅÂ][\u0080-¿]|â€|â‚¬|\ufffd",
        "texts were encoded twice (such as Ã© for é); ask for the file in its original encoding",
    ),
    "formula": (r"^\s*[=+@\t\r]\s*\S|^\s*-[A-Za-z(@]\S*[(|!]", "texts begin like a spreadsheet formula"),
    "markup": (
        r"(?i)<\s*(?:script|img|iframe|svg|object|link|style|a)\b|javascript:|\bon\w+\s*=",
        "texts hold HTML or script",
    ),
    "control": (
        "[\u202a-\u202e\u2066-\u2069\u0001-\u0008\u000b\u000e-\u001f]",
        "texts hold control characters, such as those that turn the direction of writing",
    ),
    "template": (r"\{\{.*\}\}|\{%.*%\}|\$\{.*\}|<%.*%>", "texts hold template commands"),
}
"""Kind → pattern and what it means. Only counted: escaping is for whoever writes a text out."""


def check_text(frame: pl.DataFrame) -> list[Notice]:
    """A notice per text column and kind of suspicious text, with the number of cells; no text is shown."""
    notices = []
    for column in frame.iter_columns():
        if column.dtype != pl.String:
            continue
        distinct = column.rename("value").drop_nulls().value_counts()
        found = distinct.select(
            pl.col("count").filter(pl.col("value").str.contains(pattern)).sum().alias(kind)
            for kind, (pattern, _) in PATTERNS.items()
        )
        for kind, count in found.row(0, named=True).items():
            if count:
                notices.append(Notice(kind, f"{column.name}: {count:,} {PATTERNS[kind][1]}", column.name, count))
    return notices
