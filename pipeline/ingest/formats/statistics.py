"""SPSS and Stata files: every value as deposited, with labels and missing-value declarations; and written again."""

from __future__ import annotations

import codecs
import struct
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat

from pipeline.errors import DepositError
from pipeline.ingest.formats.dates import Kind, as_dates, kind_of_spss_date, kind_of_stata_date
from pipeline.ingest.formats.dta_columns import number_columns
from pipeline.ingest.formats.encodings import clean_encodings, named, wrong_encoding
from pipeline.ingest.formats.numbers import code_text, code_texts
from pipeline.ingest.formats.receipts import ZERO_TAIL, FileFacts, truncated, zero_filled
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Bounds, Notice, Table

Column = list[Any] | pl.Series
Values = dict[str, Column]


@dataclass(frozen=True)
class Program:
    """How the files of one program are read: by which function, how tagged missing values begin, which formats are
    dates."""

    read: Callable[..., Any]
    tag: str
    kind_of_date: Callable[[str], Kind | None]
    numbers: Callable[[Path, Sequence[str], Sequence[str]], dict[str, pl.Series]] = lambda *_: {}
    """Columns of numbers that need no reading of the others."""


SPSS = Program(pyreadstat.read_sav, "", kind_of_spss_date)
STATA = Program(pyreadstat.read_dta, ".", kind_of_stata_date, number_columns)


def read_statistics(path: Path, request: Request, facts: FileFacts, program: Program) -> Table:
    """One row per case of the file. Stata's tagged missing values are the codes ``.a`` … ``.z``, in a text column."""
    names = _names(path, request, program)
    only = None if names is None else [name for name in names if request.wants(name)]
    numbers = program.numbers(path, names or (), only or ())
    values, about = _parsed_or_named(path, request, program, only, numbers)
    _check_encoding(values, about, request, path)
    _check_complete(values, about, path, facts)
    if facts.zero_tail >= ZERO_TAIL and _last_row_is_zeros(_last_row(path, request, program, values, names)):
        raise zero_filled(facts, path.name)
    notices: list[Notice] = []
    # each column is let go as it is made: a large file does not lie in memory twice
    frame = pl.DataFrame([_column(name, values.pop(name), program, about, notices) for name in list(values)])
    return Table(
        frame=frame,
        labels={name: label for name, label in about.column_names_to_labels.items() if label},
        value_labels={name: _labels(codes, program) for name, codes in about.variable_value_labels.items()},
        missing_ranges={name: _bounds(ranges) for name, ranges in about.missing_ranges.items()},
        notices=notices,
        columns=None if names is None else tuple(names),
    )


def _names(path: Path, request: Request, program: Program) -> list[str] | None:
    """The names of all variables, where not all are loaded; None where they are."""
    if request.loads_all:
        return None
    try:
        _, about = program.read(path, encoding=request.encoding, metadataonly=True, output_format="dict")
    except _NOT_READ:
        return None  # read as a whole, it says what is wrong
    return list(about.column_names)


def _last_row(path: Path, request: Request, program: Program, values: Values, names: list[str] | None) -> Values:
    """Every variable of the last row; of all rows where they were loaded anyway."""
    rows = max((len(column) for column in values.values()), default=0)
    if names is None or not rows:
        return values
    last, _ = program.read(
        path, encoding=request.encoding, user_missing=True, disable_datetime_conversion=True, output_format="dict",
        row_offset=rows - 1, row_limit=1,
    )  # fmt: skip
    return dict(last)


def _parse(
    path: Path, request: Request, program: Program, only: list[str] | None, numbers: Mapping[str, pl.Series]
) -> tuple[Values, Any]:
    """The variables and what the file says of them; those of ``numbers`` are not read again."""

    def read(usecols: list[str] | None, **how: bool) -> tuple[Any, Any]:
        return program.read(path, encoding=request.encoding, output_format="dict", usecols=usecols, **how)  # type: ignore[no-any-return]

    whole = {"user_missing": request.user_missing, "disable_datetime_conversion": True}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if only is None or not numbers:
            return read(only, **whole)
        _, about = read(only, metadataonly=True, **whole)
        rest = [name for name in only if name not in numbers]
        others, about_others = read(rest, **whole) if rest else ({}, about)
        about.missing_user_values = about_others.missing_user_values  # tags are found with the cells
    return {name: numbers[name] if name in numbers else others[name] for name in about.column_names}, about


_NOT_READ = (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError)
_BYTE_BY_BYTE = "ISO-8859-1"
"""Every byte is one sign of this encoding: what is read so gives the bytes back."""


def _parsed_or_named(
    path: Path, request: Request, program: Program, only: list[str] | None, numbers: Mapping[str, pl.Series]
) -> tuple[Values, Any]:
    """The file as declared; where its texts cannot be read so, an error that names the encodings in which they can."""
    if request.encoding is not None:
        _check_known(request.encoding, path)
    try:
        return _parse(path, request, program, only, numbers)
    except _NOT_READ:
        try:
            values, about = _parse(path, replace(request, encoding=_BYTE_BY_BYTE), program, only, numbers)
        except _NOT_READ:
            values, about = {}, None
        data = b"\n".join(text.encode("latin-1", "ignore") for text in _foreign_texts(values, about))
        clean = clean_encodings(data)
        if not clean:
            raise
        reads, todo = named(clean)
        declared = (
            f"as `{request.encoding}`, which is declared" if request.encoding else "in the encoding that it states"
        )
        raise DepositError(f"its texts cannot be read {declared}; {reads}", where=path.name, todo=todo) from None


def _check_known(encoding: str, path: Path) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise DepositError(
            f"there is no encoding `{encoding}`", where=path.name, todo="For example `utf-8`, `windows-1252`."
        ) from None


def _check_encoding(values: Values, about: Any, request: Request, path: Path) -> None:
    """Raise ``DepositError`` if the texts were read in one encoding and are clean in another alone."""
    encoding = request.encoding or about.file_encoding or "windows-1252"
    wrong = wrong_encoding(_foreign_texts(values, about), encoding)
    if wrong:
        reads, todo = named(wrong)
        source = "declared" if request.encoding else "what the file states"
        raise DepositError(f"its texts are not {encoding}, which is {source}; {reads}", where=path.name, todo=todo)


def _foreign_texts(values: Values, about: Any) -> list[str]:
    """Texts and labels of a file that hold more than ASCII, each once."""
    if about is None:
        return []
    texts = (
        values[name] for name, kind in about.readstat_variable_types.items() if kind == "string" and name in values
    )
    found = {text for column in texts for text in column if isinstance(text, str) and not text.isascii()}
    labels = [*about.column_names_to_labels.values(), *values]
    labels += [label for codes in about.variable_value_labels.values() for label in codes.values()]
    return sorted(found | {label for label in labels if label and not label.isascii()})


def _check_complete(values: Values, about: Any, path: Path, facts: FileFacts) -> None:
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


def _column(name: str, values: Column, program: Program, about: Any, notices: list[Notice]) -> pl.Series:
    if about.readstat_variable_types[name] == "string":
        texts = pl.Series(name, values, dtype=pl.String)
        return texts.set(texts == "", None)
    kind = program.kind_of_date(about.original_variable_types[name] or "")
    if name in about.missing_user_values:
        return _tagged(name, values, kind)
    numbers = values if isinstance(values, pl.Series) else pl.Series(name, values, dtype=pl.Float64)
    if numbers.is_nan().any():
        count = int(numbers.is_nan().sum())
        notices.append(Notice("not_a_number", f"{name}: {count:,} values are no number; read as empty", name, count))
        numbers = numbers.fill_nan(None)
    return as_dates(numbers, kind, _marked(numbers, about.missing_ranges.get(name, []))) if kind else numbers


def _marked(numbers: pl.Series, ranges: list[dict[str, Any]]) -> pl.Series | None:
    """Which numbers the file marks as missing; None if it marks none."""
    within = [numbers.is_between(*bounds).fill_null(False) for bounds in _bounds(ranges)]
    return reduce(or_, within) if within else None


def _tagged(name: str, values: Column, kind: Kind | None) -> pl.Series:
    """Numbers among which Stata's tagged missing values stand: all as codes."""
    tags = pl.Series(name, [f".{value}" if isinstance(value, str) else None for value in values], dtype=pl.String)
    numbers = pl.Series(name, [None if isinstance(value, str) else value for value in values], dtype=pl.Float64)
    if kind:
        return tags.fill_null(as_dates(numbers, kind).cast(pl.String))
    return tags.fill_null(code_texts(numbers))


def _labels(codes: dict[Any, str], program: Program) -> dict[str, str]:
    return {(program.tag + code if isinstance(code, str) else code_text(code)): label for code, label in codes.items()}


def _bounds(ranges: list[dict[str, Any]]) -> list[Bounds]:
    return [(bounds["lo"], bounds["hi"]) for bounds in ranges]


def _last_row_is_zeros(values: Values) -> bool:
    """Whether the last row is what bytes that were never written are read as."""
    return all(len(column) and (column[-1] == 0 or str(column[-1]).strip("\x00 ") == "") for column in values.values())


def write_spss(path: Path, draft: Path, kept: pl.Series, encoding: str | None, *, is_compressed: bool) -> None:
    """Write the cases of an SPSS file that are kept."""
    frame, about = _kept_rows(path, kept, encoding, pyreadstat.read_sav)
    _refuse_what_is_not_written(path, {"multiple response sets": about.mr_sets})
    pyreadstat.write_sav(
        frame,
        draft,
        missing_ranges={name: _written_bounds(ranges) for name, ranges in about.missing_ranges.items()},
        variable_measure=dict(about.variable_measure),
        variable_display_width=about.variable_display_width,
        compress=is_compressed,
        note=about.notes or None,
        **_labels_written(about),
    )


def write_stata(path: Path, draft: Path, kept: pl.Series, encoding: str | None) -> None:
    """Write the observations of a Stata file that are kept."""
    frame, about = _kept_rows(path, kept, encoding, pyreadstat.read_dta)
    _refuse_what_is_not_written(path, {"notes": about.notes})
    letters = {name: [str(tag) for tag in tags] for name, tags in about.missing_user_values.items()}
    pyreadstat.write_dta(frame, draft, missing_user_values=letters or None, **_labels_written(about))


def _refuse_what_is_not_written(path: Path, parts: dict[str, Any]) -> None:
    """Raise ``DepositError`` for what a file says of itself and no library here writes again."""
    lost = [name for name, part in parts.items() if part]
    if lost:
        raise DepositError(
            f"holds {' and '.join(lost)}, which would be lost in writing it again",
            where=path.name,
            todo="Nothing was changed. Save it without these, or ask for the file without the person, and start again.",
        )


def _kept_rows(path: Path, kept: pl.Series, encoding: str | None, read: Callable[..., Any]) -> tuple[pl.DataFrame, Any]:
    values, about = read(
        path, encoding=encoding, user_missing=True, disable_datetime_conversion=True, output_format="dict"
    )
    rows = kept.arg_true().to_list()
    columns = {name: _written(about, name, [column[row] for row in rows]) for name, column in values.items()}
    return pl.DataFrame(columns), about


def _labels_written(about: Any) -> dict[str, Any]:
    return {
        "file_label": about.file_label or "",
        "column_labels": about.column_names_to_labels,
        "variable_value_labels": about.variable_value_labels,
        "variable_format": about.original_variable_types,
    }


def _written(about: Any, name: str, values: list[Any]) -> pl.Series:
    if about.readstat_variable_types[name] == "string":
        return pl.Series(name, values, dtype=pl.String)
    if any(isinstance(value, str) for value in values):  # Stata's tagged missing values, as letters among the numbers
        return pl.Series(name, values, dtype=pl.Object)
    return pl.Series(name, values, dtype=pl.Float64)


def _written_bounds(ranges: Any) -> list[Any]:
    return [bounds["lo"] if bounds["lo"] == bounds["hi"] else bounds for bounds in ranges]
