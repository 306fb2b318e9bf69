"""Reading a deposited file as it is declared: the one entrance for files from outside."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.known import known_formats
from pipeline.ingest.formats.reading import attempt
from pipeline.ingest.formats.request import DEFAULT_LIMITS, Layout, Limits, Request
from pipeline.ingest.isolation import answer, process
from pipeline.options import known_options


@known_options
def read_deposit(
    path: str | Path,
    format: str,
    *,
    encoding: str | None = None,
    delimiter: str = ",",
    decimal: str = ".",
    thousands: str | None = None,
    sheet: str | None = None,
    header_row: int = 1,
    footer_rows: int = 0,
    columns: Sequence[str] | None = None,
    text: Sequence[str] = (),
    user_missing: bool = True,
    layout: Layout = "plain",
    limits: Limits = DEFAULT_LIMITS,
    isolate: bool = True,
) -> Deposit:
    """Read one file in its declared ``format`` (sav, zsav, dta, csv, xlsx, parquet). Nothing is guessed.

    ``encoding`` is that of the text (CSV without one must be UTF-8). ``delimiter``, ``decimal`` and ``thousands`` (the
    mark between thousands, if any) are for CSV, ``sheet`` for xlsx (the only one if left out), ``header_row`` (counted
    from 1) and ``footer_rows`` (how many last rows are notes below the table) for both. ``columns`` lets only these
    pass; the columns ``text`` stay text even if all their cells are numbers (ids). ``user_missing=False`` reads
    declared missing codes as empty. The layout ``qualtrics`` has three header rows: columns get their ImportId as name.

    In CSV and xlsx a text column is a number where every answered cell is one (``pipeline.ingest.formats.numbers``).

    The reader runs in a process of its own within ``limits``, unless ``isolate=False``.

    Raises ``DepositError`` with file, place, count and what to do, for whatever is not as declared.
    """
    request = Request(
        path=str(Path(path).absolute()),
        format=format,
        encoding=encoding,
        delimiter=delimiter,
        decimal=decimal,
        thousands=thousands,
        sheet=sheet,
        header_row=header_row,
        footer_rows=footer_rows,
        columns=None if columns is None else tuple(columns),
        text=tuple(text),
        user_missing=user_missing,
        layout=layout,
        limits=limits,
    )
    return answer_to(request, isolate=isolate)


@known_options
def read_deposits(requests: Sequence[Request]) -> list[Deposit | DepositError]:
    """The deposits of several files, read in parallel; in place of a deposit the error of a file that has one."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(_deposit_or_error, requests))


def _deposit_or_error(request: Request) -> Deposit | DepositError:
    try:
        return answer_to(request)
    except DepositError as error:
        return error


def answer_to(request: Request, *, isolate: bool = True) -> Deposit:
    """The deposit that a request asks for."""
    asked = replace(request, known=known_formats())
    if isolate:
        return answer.from_bytes(process.ask(asked), asked)
    return attempt(asked)
