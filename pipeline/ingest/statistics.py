"""SPSS (.sav, .zsav) and Stata (.dta) files: every value as deposited, with labels and missing-value declarations."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.dates import as_dates, kind_of_date
from pipeline.ingest.numbers import code_text
from pipeline.ingest.receipts import ZERO_TAIL, FileFacts, zero_filled
from pipeline.ingest.request import Request
from pipeline.ingest.table import Bounds, Notice, Table

_DTA_END = b"</stata_dta>"


def read_statistics(path: Path, request: Request, facts: FileFacts) -> Table:
    """One row per case of the file. Stata's tagged missing values are the codes ``.a`` … ``.z``, in a text column."""
    _check_end(path, facts)
    values, about = _parse(path, request)
    _check_complete(values, about, path, facts)
    if facts.zero_tail >= ZERO_TAIL and _last_row_is_zeros(values):
        raise zero_filled(facts, path.name)
    notices: list[Notice] = []
    frame = pl.DataFrame([_column(name, values[name], request.format, about, notices) for name in values])
    return Table(
        frame=frame,
        labels={name: label for name, label in about.column_names_to_labels.items() if label},
        value_labels={name: _labels(codes, request.format) for name, codes in about.variable_value_labels.items()},
        missing_ranges={name: _bounds(ranges) for name, ranges in about.missing_ranges.items()},
        notices=notices,
    )


def _parse(path: Path, request: Request) -> tuple[dict[str, list[Any]], Any]:
    import pyreadstat

    read = pyreadstat.read_dta if request.format == "dta" else pyreadstat.read_sav
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values, about = read(
            path,
            encoding=request.encoding,
            user_missing=request.user_missing,
            disable_datetime_conversion=True,
            output_format="dict",
        )
    return values, about


def _check_end(path: Path, facts: FileFacts) -> None:
    """A .dta file of the last twelve years says where it ends; without that it may still read, but for its labels."""
    if not facts.head.startswith(b"<stata_dta>"):
        return
    with path.open("rb") as file:
        file.seek(max(0, facts.size - len(_DTA_END)))
        if file.read() != _DTA_END:
            raise truncated(facts, path.name)


def truncated(facts: FileFacts, where: str, reader_says: str = "") -> DepositError:
    said = f"; the reader says: {reader_says}" if reader_says else ""
    return DepositError(
        f"the file is not complete ({facts.proof()}{said})",
        where=where,
        todo="It was cut off in copying; copy it again and compare the SHA-256 with the sender's.",
    )


def _check_complete(values: dict[str, list[Any]], about: Any, path: Path, facts: FileFacts) -> None:
    if len(values) != about.number_columns:
        raise DepositError(
            f"the file has {about.number_columns} variables of only {len(values)} different names",
            where=path.name,
            todo="Ask for the file with one name per variable.",
        )
    lengths = {len(column) for column in values.values()} or {0}
    expected = _cases_in_header(facts.head)
    if len(lengths) > 1 or (expected is not None and lengths != {expected}):
        raise truncated(facts, path.name, f"the header promises {expected:,} cases, {max(lengths):,} were found")
    unlabelled = set(about.variable_to_label.values()) - set(about.value_labels)
    if unlabelled and path.suffix == ".dta" and not about.value_labels:
        raise truncated(facts, path.name, f"{len(unlabelled)} sets of value labels are named, but not there")


def _cases_in_header(head: bytes) -> int | None:
    """The number of cases that an SPSS header promises, if it does."""
    if not head.startswith((b"$FL2", b"$FL3")) or len(head) < 84:
        return None
    order = "<" if head[64:68] in (b"\x02\x00\x00\x00", b"\x03\x00\x00\x00") else ">"
    (cases,) = struct.unpack_from(f"{order}i", head, 80)
    return cases if cases >= 0 else None


def _column(name: str, values: list[Any], file_format: str, about: Any, notices: list[Notice]) -> pl.Series:
    if about.readstat_variable_types[name] == "string":
        texts = pl.Series(name, values, dtype=pl.String)
        return texts.set(texts == "", None)
    kind = kind_of_date(file_format, about.original_variable_types[name] or "")
    if name in about.missing_user_values:
        return _tagged(name, values, kind)
    numbers = pl.Series(name, values, dtype=pl.Float64)
    if numbers.is_nan().any():
        count = int(numbers.is_nan().sum())
        notices.append(Notice("not_a_number", f"{name}: {count:,} values are no number; read as empty", name, count))
        numbers = numbers.fill_nan(None)
    return as_dates(numbers, kind) if kind else numbers


def _tagged(name: str, values: list[Any], kind: Any) -> pl.Series:
    """Numbers among which Stata's tagged missing values stand: all as codes."""
    tags = pl.Series(name, [f".{value}" if isinstance(value, str) else None for value in values], dtype=pl.String)
    numbers = pl.Series(name, [None if isinstance(value, str) else value for value in values], dtype=pl.Float64)
    if kind:
        return tags.fill_null(as_dates(numbers, kind).cast(pl.String))
    codes = [None if value is None else code_text(value) for value in numbers]
    return tags.fill_null(pl.Series(codes, dtype=pl.String))


def _labels(codes: dict[Any, str], file_format: str) -> dict[str, str]:
    tag = "." if file_format == "dta" else ""
    return {(tag + code if isinstance(code, str) else code_text(code)): label for code, label in codes.items()}


def _bounds(ranges: list[dict[str, Any]]) -> list[Bounds]:
    return [(bounds["lo"], bounds["hi"]) for bounds in ranges]


def _last_row_is_zeros(values: dict[str, list[Any]]) -> bool:
    """Whether the last row is what bytes that were never written are read as."""
    return all(column and (column[-1] == 0 or str(column[-1]).strip("\x00 ") == "") for column in values.values())
