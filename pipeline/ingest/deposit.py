"""Reading a deposited file as it is declared: the one entrance for files from outside."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.request import DEFAULT_LIMITS, Layout, Limits, Request
from pipeline.ingest.table import Bounds, Notice

__all__ = ["Deposit", "Limits", "Notice", "Request", "read_deposit", "read_deposits"]


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


def read_deposit(
    path: str | Path,
    format: str,
    *,
    encoding: str | None = None,
    delimiter: str = ",",
    decimal: str = ".",
    sheet: str | None = None,
    header_row: int = 1,
    columns: Sequence[str] | None = None,
    text: Sequence[str] = (),
    user_missing: bool = True,
    layout: Layout = "plain",
    limits: Limits = DEFAULT_LIMITS,
    isolate: bool = True,
) -> Deposit:
    """Read one file in its declared ``format`` (sav, zsav, dta, csv, xlsx, parquet). Nothing is guessed.

    ``encoding`` is that of the text (CSV without one must be UTF-8); ``delimiter``, ``decimal`` are for CSV, ``sheet``
    for xlsx (the only one if left out), ``header_row`` (counted from 1) for both. ``columns`` lets only these pass;
    the columns ``text`` stay text even if all their cells are numbers (ids). ``user_missing=False`` reads declared
    missing codes as empty. The layout ``qualtrics`` has three header rows: columns get their ImportId as name.

    In CSV and xlsx a text column is a number where every answered cell is one (``pipeline.ingest.numbers``).

    The reader runs in a process of its own within ``limits``, unless ``isolate=False``.

    Raises ``DepositError`` with file, place, count and what to do, for whatever is not as declared.
    """
    request = Request(
        path=str(Path(path).absolute()),
        format=format,
        encoding=encoding,
        delimiter=delimiter,
        decimal=decimal,
        sheet=sheet,
        header_row=header_row,
        columns=None if columns is None else tuple(columns),
        text=tuple(text),
        user_missing=user_missing,
        layout=layout,
        limits=limits,
    )
    return answer_to(request, isolate=isolate)


def read_deposits(requests: Sequence[Request]) -> list[Deposit | DepositError]:
    """The deposits of several files, read side by side; in place of a deposit the error of a file that has one."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(_deposit_or_error, requests))


def _deposit_or_error(request: Request) -> Deposit | DepositError:
    try:
        return answer_to(request)
    except DepositError as error:
        return error


def answer_to(request: Request, *, isolate: bool = True) -> Deposit:
    """The deposit that a request asks for."""
    from pipeline.ingest import answer, isolation

    if isolate:
        return answer.from_bytes(isolation.ask(request), request)
    from pipeline.ingest.reading import read

    return answer.attempt(lambda: read(request), request)
