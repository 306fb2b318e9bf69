"""SPSS: reasons for missing values are user-missing codes of the variable, in one range for the whole file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pipeline.exports.dataset import DataSet
from pipeline.exports.naming import cut, legal_names
from pipeline.specs.exports import SPSS

_DATE, _TIME = slice(92, 101), slice(101, 109)
"""Of the header record: when the file was made. The same data are to give the same bytes, so that this is fixed."""
TITLE_BYTES, NOTE_BYTES = 64, 80


def write(data: DataSet, path: Path) -> None:
    """Write the data set as a compressed system file in UTF-8."""
    import pyreadstat

    names = legal_names(data.shown, SPSS)
    codes = [one.code for one in data.missing.values()]
    ranges: list[Any] = [{"lo": codes[0], "hi": codes[-1]}] if codes else []
    pyreadstat.write_sav(
        pl.DataFrame([_column(data, name).alias(new) for name, new in names.items()]),
        str(path),
        file_label=cut(data.title, TITLE_BYTES),
        note=[cut(note, NOTE_BYTES) for note in data.notes] or None,
        column_labels={new: cut(data.variables[name].label, SPSS.label) for name, new in names.items()},
        variable_value_labels={new: found for name, new in names.items() if (found := _labels(data, name))},
        missing_ranges={names[name]: ranges for name in data.reasons} if ranges else None,
        variable_measure={new: _measure(data, name) for name, new in names.items()},
        variable_format={new: _format(data, name) for name, new in names.items() if data.kind(name) == "number"},
        row_compress=True,
    )
    content = bytearray(path.read_bytes())
    content[_DATE], content[_TIME] = b"01 Jan 00", b"00:00:00"
    path.write_bytes(content)


def _column(data: DataSet, name: str) -> pl.Series:
    values, reason = data.frame[name], data.reasons.get(name)
    if data.kind(name) == "number":
        values = values.cast(pl.Float64)
    if not reason:
        return values
    codes = {one.reason: one.code for one in data.missing.values()}
    return values.fill_null(data.frame[reason].replace_strict(codes, return_dtype=pl.Float64))


def _labels(data: DataSet, name: str) -> dict[float, str]:
    """Labels of values, and of the codes that stand for a reason."""
    found = {float(value): cut(label, SPSS.value_label) for value, label in data.variables[name].values.items()}
    if name in data.reasons:
        found |= {one.code: cut(one.label, SPSS.value_label) for one in data.missing.values()}
    return {value: label for value, label in found.items() if label}


def _measure(data: DataSet, name: str) -> str:
    kind = data.kind(name)
    return data.variables[name].measure or ("nominal" if kind == "text" else "scale")


def _format(data: DataSet, name: str) -> str:
    """How a number is shown: whole ones without decimals."""
    column = data.frame[name].drop_nulls()
    largest = float(column.abs().max() or 0)  # type: ignore[arg-type]
    if (column == column.round()).all() and largest < 1e12:
        return "F14.0" if largest >= 1e7 else "F8.0"
    return "F16.6" if largest < 1e8 else "E20.10"
