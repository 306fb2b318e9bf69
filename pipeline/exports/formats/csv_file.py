"""CSV: names and values as they are, a column beside each answer that says why it is missing; flags are 0 and 1."""

from __future__ import annotations

from pathlib import Path

from pipeline.exports.dataset import DataSet


def write(data: DataSet, path: Path) -> None:
    """Write the data set in UTF-8, nothing between two commas where there is no value."""
    path.write_text(data.frame.write_csv(), encoding="utf-8", newline="")
