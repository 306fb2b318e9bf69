"""One file of a twin in its declared format: SPSS, Stata, CSV, Excel, Parquet, Qualtrics."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.errors import CohesionError
from pipeline.sample.deposit_files import MADE_UP, write_file
from pipeline.sample.layout import Layout
from pipeline.twin.layout import TwinFile

PSEUDO = 900_000_001.0
"""Numbers from here downwards, below zero, stand for Stata's letters until they are written."""


def write_twin_file(file: TwinFile, path: Path) -> Path:
    """Write one file. Raises ``CohesionError`` for a form that is not written."""
    declared = file.declared
    if declared.format == "csv":
        path.parent.mkdir(parents=True, exist_ok=True)
        text = _csv(file)
        try:
            path.write_bytes(text.encode(declared.encoding or "utf-8"))
        except LookupError:
            raise CohesionError(f"cannot be written as `{declared.encoding}`", where=declared.file) from None
        return path
    if declared.footer_rows or declared.layout != "plain":
        raise CohesionError(
            "a twin writes notes below a table, and Qualtrics exports, as CSV only", where=declared.file
        )
    try:
        return write_file(_layout(file), path, declared)  # type: ignore[arg-type]
    except KeyError:
        raise CohesionError(
            f"a twin cannot be written as `{declared.format}`", where=declared.file,
            todo="Declare it as one of sav, zsav, dta, csv, xlsx, parquet.",
        ) from None  # fmt: skip


def _csv(file: TwinFile) -> str:
    """Names, below them what the layout has there, the rows, and as many notes as are declared."""
    declared = file.declared
    out = io.StringIO()
    writer = csv.writer(out, delimiter=declared.delimiter, lineterminator="\n")
    for _ in range(declared.header_row - 1):
        writer.writerow([MADE_UP])
    names = file.frame.columns
    writer.writerow(names)
    if declared.layout == "qualtrics":
        writer.writerow([file.variable_labels.get(name, name) for name in names])
        writer.writerow([json.dumps({"ImportId": name}) for name in names])
    frame = file.frame.with_columns(pl.all().cast(pl.String))
    if declared.decimal == ",":
        frame = frame.with_columns(
            pl.col(name).str.replace(".", ",", literal=True) for name in names if _numbers(frame[name], {}) is not None
        )
    writer.writerows([cell or "" for cell in row] for row in frame.iter_rows())
    for _ in range(declared.footer_rows):
        writer.writerow([MADE_UP])
    return out.getvalue()


def _layout(file: TwinFile) -> Layout:
    """Columns of numbers as numbers, others as texts; Stata's letters by a number that stands for each."""
    letters = sorted(
        {code for name in file.frame.columns if file.frame.schema[name] == pl.String
         for code in file.frame[name].drop_nulls().unique() if len(code) == 2 and code[0] == "."}
    )  # fmt: skip
    marks = {letter: -(PSEUDO + place) for place, letter in enumerate(letters)}
    columns = {name: _numbers(file.frame[name], marks) for name in file.frame.columns}
    frame = file.frame.with_columns(values.alias(name) for name, values in columns.items() if values is not None)
    labels: dict[str, dict[float, str]] = {
        name: {float(code): label for code, label in file.value_labels.get(name, {}).items()}
        for name, values in columns.items()
        if values is not None and (name in file.value_labels or marks)
    }
    if file.declared.format != "dta":
        labels = {name: own for name, own in labels.items() if own}
    known = {name: label for name, label in file.variable_labels.items() if name in frame.columns}
    missing = {number: f"Missing {letter}" for letter, number in marks.items()}
    tags = {number: letter[1] for letter, number in marks.items()}
    return Layout(frame, known, labels, missing, tags)


def _numbers(column: pl.Series, marks: Mapping[str, float]) -> pl.Series | None:
    """A column as numbers, if all its cells are; ids stay texts where a zero leads."""
    if column.dtype != pl.String or not column.len():
        return None
    cells = column.replace({letter: repr(number) for letter, number in marks.items()})
    if cells.str.contains(r"^-?0\d").any():
        return None
    numbers = cells.cast(pl.Float64, strict=False)
    return numbers if numbers.null_count() == column.null_count() else None
