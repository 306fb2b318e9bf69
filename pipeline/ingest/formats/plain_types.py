"""The few types that a deposit has, whatever the format: Float64, String, Date, Datetime."""

from __future__ import annotations

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import some
from pipeline.ingest.formats.numbers import LARGEST_EXACT
from pipeline.ingest.formats.table import Notice, Table


def plain(frame: pl.DataFrame, where: str) -> Table:
    """The frame in the few types that a deposit has: Float64, String, Date, Datetime.

    Integers that a floating-point number does not hold exactly stay Int64.
    """
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype in (pl.Binary, pl.Object)]
    if nested:
        raise DepositError(
            f"columns that hold lists, structures or bytes: {some(nested)}",
            where=where,
            count=len(nested),
            todo="Deposit one value per cell.",
        )
    booleans = [name for name, dtype in frame.schema.items() if dtype == pl.Boolean]
    notices = [Notice("true_false", f"{name}: true is read as 1, false as 0", name) for name in booleans]
    return Table(frame.select(_plain(column) for column in frame.iter_columns()), notices=notices)


def _plain(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if dtype.is_integer():
        extremes = (column.min(), column.max())
        exact = all(value is None or abs(int(value)) <= LARGEST_EXACT for value in extremes)  # type: ignore[arg-type]
        return column.cast(pl.Float64 if exact else pl.Int64)
    if dtype == pl.Duration:
        return column.dt.total_microseconds() / 1e6
    if dtype == pl.Datetime:
        return _date_or_time(column)
    if dtype.is_float() or dtype.is_decimal() or dtype in (pl.Boolean, pl.Null):
        return column.cast(pl.Float64).fill_nan(None)
    return column if dtype == pl.Date else _text(column)


def _date_or_time(column: pl.Series) -> pl.Series:
    """A date where no time of day is said. A time in a zone is as the clock there showed it, as in text."""
    column = column.dt.replace_time_zone(None)
    without_time = bool((column == column.dt.truncate("1d")).all())
    return column.cast(pl.Date) if without_time else column.cast(pl.Datetime("us"))


def _text(column: pl.Series) -> pl.Series:
    texts = column.cast(pl.String)
    return texts.set(texts == "", None)
