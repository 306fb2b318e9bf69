"""When people were interviewed: dates as declared, within the fieldwork, or set aside with the reason."""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.quarantine.declared_dates import read_dates
from pipeline.ingest.quarantine.rows import VALUES_SCHEMA
from pipeline.specs.project import Study
from pipeline.specs.study import WaveFile

ISO = "%Y-%m-%d"


def interview_dates(
    study: Study, wave: str, file: WaveFile, rows: pl.DataFrame, column: str
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """The rows with ``column`` as dates, one row per date taken out (schema ``VALUES_SCHEMA``), and notices.

    Without a declared ``date_format`` in a study that stops at what is doubtful, dates are left as they came.
    Raises ``DepositError`` there for dates that are not of the declared format.
    """
    sets_aside = study.about.doubtful == "set_aside"
    if not sets_aside and file.date_format is None:
        return rows, pl.DataFrame(schema=VALUES_SCHEMA), []
    period = study.fieldwork(wave, file.arm)
    missing = [*study.about.missing]
    given = rows[column]
    is_code = given.cast(pl.String).is_in(missing).fill_null(False)
    try:
        answered = given.set(is_code, None) if given.dtype == pl.String else given
        found = read_dates(
            answered, file.date_format or ISO, fieldwork=(period.start, period.end) if sets_aside else None
        )
        dates, reasons, ambiguous = found.dates, found.reasons, found.ambiguous
    except DepositError as error:
        if not sets_aside:
            raise
        dates = pl.Series(column, [None] * rows.height, dtype=pl.Date)
        reasons = pl.select(pl.when(given.is_not_null()).then(pl.lit("day numbers of a spreadsheet"))).to_series()
        return (*_apart(rows, column, dates, reasons), [f"{error.what}: all are set aside"])
    if not sets_aside and reasons.is_not_null().any():
        raise DepositError(
            f"interview dates that are not written as `{file.date_format}`, in `{column}`",
            where=file.file,
            count=int(reasons.is_not_null().sum()),
            todo="Correct `date_format`, or ask for the file again.",
        )
    notices = (
        [f"{column}: {ambiguous:,} dates would be different ones with day and month exchanged"] if ambiguous else []
    )
    counted = reasons.drop_nulls().value_counts().iter_rows()
    notices += [f"{column}: {count:,} set aside, {why}" for why, count in counted]
    return (*_apart(rows, column, dates, reasons), notices)


def _apart(rows: pl.DataFrame, column: str, dates: pl.Series, reasons: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    taken = rows.select(
        "row",
        pl.lit(column).alias("variable"),
        pl.col(column).cast(pl.String).alias("value"),
        reasons.alias("reason"),
    ).filter(pl.col("reason").is_not_null())
    return rows.with_columns(dates.alias(column)), taken


def first_and_last(dates: pl.Series) -> tuple[dt.date | None, dt.date | None]:
    """The first and the last interview; None twice where the file holds no dates, or leaves them as text."""
    if dates.dtype not in (pl.Date, pl.Datetime):
        return None, None
    days = dates.cast(pl.Date)
    return days.min(), days.max()  # type: ignore[return-value]


def outside_fieldwork(study: Study, wave: str, file: WaveFile, dates: pl.Series) -> list[str]:
    """In words, how many interviews lie outside the declared fieldwork; nothing where the file holds no dates."""
    if dates.dtype not in (pl.Date, pl.Datetime):
        return []
    period = study.fieldwork(wave, file.arm)
    outside = int((~dates.cast(pl.Date).is_between(period.start, period.end)).sum())
    return [f"{dates.name}: {outside:,} interviews outside the declared fieldwork"] if outside else []
