"""Layouts as genuine files: SPSS, Stata, CSV and Excel. The same layout always gives the same bytes."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.sample.layout import Layout
from pipeline.specs.deposits import Joined, WaveFile

MADE = dt.datetime(2026, 1, 1, 9, 0)
"""The date that the files say they were made; the libraries would write the day of the run."""
MADE_UP = "Synthetic data: nobody gave these answers"
_SAV_DATE, _SAV_TIME = slice(92, 101), slice(101, 109)  # of the header record, SPSS system file format


File = WaveFile | Joined


def write_file(layout: Layout, path: Path, file: File) -> Path:
    """Write one deposit in its declared format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writers = {"sav": _sav, "zsav": _sav, "dta": _dta, "csv": _csv, "xlsx": _xlsx, "parquet": _parquet}
    writers[file.format](layout, path, file)
    return path


def _labels(layout: Layout) -> dict[str, Any]:
    """Value labels of every coded variable, missing codes included."""
    missing: dict[float | str, str] = {layout.tags.get(code, code): label for code, label in layout.missing.items()}
    return {name: {**labels, **missing} for name, labels in layout.value_labels.items() if labels}


def _sav(layout: Layout, path: Path, file: File) -> None:
    import pyreadstat

    codes = sorted(layout.missing)
    ranges: list[Any] = [{"lo": codes[0], "hi": codes[-1]}] if codes else []
    pyreadstat.write_sav(
        layout.frame,
        str(path),
        file_label=MADE_UP,
        column_labels=dict(layout.variable_labels),
        variable_value_labels=_labels(layout),
        missing_ranges=dict.fromkeys(layout.value_labels, ranges) if ranges else None,
        row_compress=file.format == "sav",
        compress=file.format == "zsav",
    )
    content = bytearray(path.read_bytes())
    content[_SAV_DATE] = f"{MADE:%d %b %y}".encode()
    content[_SAV_TIME] = f"{MADE:%H:%M:%S}".encode()
    path.write_bytes(content)


def _dta(layout: Layout, path: Path, _: File) -> None:
    import pyreadstat

    coded = [name for name in layout.value_labels if layout.tags]
    pyreadstat.write_dta(
        layout.frame.with_columns(_tagged(layout.frame[name], layout.tags) for name in coded),
        str(path),
        file_label=MADE_UP,
        column_labels=dict(layout.variable_labels),
        variable_value_labels=_labels(layout),
        missing_user_values={name: sorted(layout.tags.values()) for name in coded} or None,
    )
    stamp = f"{MADE:%d %b %Y %H:%M}".encode()
    content = re.sub(rb"(<timestamp>.)[^<]{17}", rb"\g<1>" + stamp, path.read_bytes(), count=1, flags=re.DOTALL)
    path.write_bytes(content)


def _tagged(column: pl.Series, tags: dict[float, str]) -> pl.Series:
    return pl.Series(column.name, [tags.get(code, code) for code in column.to_list()], dtype=pl.Object)


def _csv(layout: Layout, path: Path, file: File) -> None:
    frame = layout.frame.with_columns(_as_text(column) for column in layout.frame.iter_columns())
    if file.decimal == ",":
        decimals = [name for name, dtype in layout.frame.schema.items() if dtype.is_numeric()]
        frame = frame.with_columns(pl.col(decimals).str.replace(".", ",", literal=True))
    content = frame.write_csv(separator=file.delimiter)
    path.write_bytes(content.encode(file.encoding or "utf-8"))


def _as_text(column: pl.Series) -> pl.Series:
    """Whole numbers without a point, as survey platforms export them."""
    if not column.dtype.is_numeric():
        return column
    whole = (column == column.round()).all()
    return column.cast(pl.Int64).cast(pl.String) if whole else column.round(4).cast(pl.String)


def _xlsx(layout: Layout, path: Path, file: File) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": MADE_UP, "created": MADE})
        sheet = book.add_worksheet(file.sheet or "data")
        if file.header_row > 1:
            sheet.write_string(0, 0, MADE_UP)
        first = file.header_row - 1
        for number, column in enumerate(layout.frame.iter_columns()):
            sheet.write_string(first, number, column.name)
            sheet.write_column(first + 1, number, column.to_list())


def _parquet(layout: Layout, path: Path, _: File) -> None:
    layout.frame.write_parquet(path)
