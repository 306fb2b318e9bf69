"""What one deposited file holds, in the same shape for every format."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from pipeline.ingest.formats.table import Bounds, Notice


@dataclass(frozen=True)
class Deposit:
    """One deposited file, every value as deposited.

    ``frame`` has one row per deposited row. Numbers are Float64, whatever the format (Int64 in Parquet if too large to
    be exact); text is String; dates are Date
    or Datetime. User-missing codes are kept as the codes they are; Stata's tagged missing values are the codes ``.a``
    … ``.z``, in a text column; an empty cell is null.
    """

    frame: pl.DataFrame
    labels: dict[str, str] = field(default_factory=dict)
    """Column → its label in the file."""
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    """Column → code as text (``"1"``, ``"-99"``, ``".a"``) → label."""
    missing_ranges: dict[str, list[Bounds]] = field(default_factory=dict)
    """Column → lowest and highest code of each range the file declares missing."""
    receipt: dict[str, str | int] = field(default_factory=dict)
    """``file``, ``format``, ``sha256``, ``bytes``, ``rows`` and ``columns`` of the whole file."""
    notices: tuple[Notice, ...] = ()
    undeclared: tuple[str, ...] = ()
    """Columns of the file that were not asked for, and so did not pass."""
    absent: dict[str, str | None] = field(default_factory=dict)
    """Columns asked for that the file does not have → the most similar name it has, if any."""
    set_aside: dict[str, int] = field(default_factory=dict)
    """Rule → rows of the file that it kept out of ``frame``."""
    row_numbers: tuple[int, ...] | None = None
    """The number in the file of each row of ``frame``, from 1 below the header; None if that is 1, 2, 3, …"""
    findings: tuple[dict[str, str | int], ...] = ()
    """Personal data found: column, kind and count, of all columns of the file. See ``pipeline.ingest.privacy``."""
