"""Stata: reasons for missing values are its tagged missing values, .a to .z, each labelled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import CohesionError
from pipeline.exports.dataset import DataSet
from pipeline.exports.naming import cut, legal_names
from pipeline.specs.exports import STATA

TITLE_SIGNS = 80
_NAMES, _FIELD = b"<varnames>", 129
_STANDS_FOR = "labels"
_INTEGERS = 2_147_483_620
"""Stata labels whole numbers of this size alone."""


def write(data: DataSet, path: Path) -> None:
    """Write the data set in the format of Stata 14 to 18 (118)."""
    import pyreadstat

    names = legal_names(data.shown, STATA)
    standing = {name: f"{_STANDS_FOR}{place:05}" for place, name in enumerate(names)}
    letters = [one.letter for one in data.missing.values()]
    values: dict[str, Any] = {new: found for name, new in standing.items() if (found := _labels(data, name))}
    pyreadstat.write_dta(
        pl.DataFrame([_column(data, name, new) for name, new in standing.items()]),
        str(path),
        file_label=cut(data.title, STATA.label, TITLE_SIGNS),
        column_labels={
            new: cut(data.variables[name].label, STATA.label, STATA.label_signs) for name, new in standing.items()
        },
        variable_value_labels=values,
        missing_user_values={standing[name]: letters for name in data.reasons} or None,
    )
    path.write_bytes(_stamped(_named(path.read_bytes(), {standing[name]: new for name, new in names.items()})))


def _named(content: bytes, names: Mapping[str, str]) -> bytes:
    """The file with its variables called by their names.

    The library calls the labels of a variable by the variable's name and a running number: 32 letters are too long for
    it then, and ``x1`` with 2 is ``x`` with 12, so that one variable would have the labels of another. Written under
    names of one length that cannot be, and the real names are put where the header has them (help dta, 118).
    """
    start = content.index(_NAMES) + len(_NAMES)
    end = content.index(_NAMES.replace(b"<", b"</"), start)
    fields = [content[at : at + _FIELD].rstrip(b"\x00").decode() for at in range(start, end, _FIELD)]
    if fields != list(names):
        raise CohesionError("the library wrote its names where they were not expected", where="panel.dta")
    named = b"".join(names[field].encode().ljust(_FIELD, b"\x00") for field in fields)
    return content[:start] + named + content[end:]


def _stamped(content: bytes) -> bytes:
    """The same data are to give the same bytes, so that the time in the header is fixed."""
    return re.sub(rb"(<timestamp>.)[^<]{17}", rb"\g<1>01 Jan 2000 00:00", content, count=1, flags=re.DOTALL)


def _column(data: DataSet, name: str, new: str) -> pl.Series:
    values, reason = data.frame[name], data.reasons.get(name)
    if data.kind(name) == "text":
        return values.fill_null("").alias(new)
    if data.kind(name) == "number":
        values = values.cast(pl.Float64)
    if not reason:
        return values.alias(new)
    letters = {one.reason: one.letter for one in data.missing.values()}
    tags = data.frame[reason].replace_strict(letters, return_dtype=pl.String).to_list()
    cells = [tag if value is None else value for value, tag in zip(values.to_list(), tags, strict=True)]
    return pl.Series(new, cells, dtype=pl.Object)


def _labels(data: DataSet, name: str) -> dict[float | str, str]:
    """Labels of whole values and of the letters; what is no whole number stands in labels.csv alone."""
    whole = {value: label for value, label in data.variables[name].values.items() if can_be_labelled(value)}
    found: dict[float | str, str] = {float(value): cut(label, STATA.value_label) for value, label in whole.items()}
    if name in data.reasons:
        found |= {one.letter: cut(one.label, STATA.value_label) for one in data.missing.values()}
    return {value: label for value, label in found.items() if label}


def can_be_labelled(value: float) -> bool:
    """Whether Stata has labels for this value."""
    return float(value).is_integer() and abs(value) <= _INTEGERS
