"""When people were interviewed: dates as declared, within the fieldwork, or set aside with the reason."""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.quarantine.declared_dates import Dates, found_format, read_dates, without_codes
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study


def interview_dates(
    study: Study, wave: str, file: WaveFile, rows: pl.DataFrame, column: str
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """The rows with ``column`` as dates, one row per date taken out (schema ``VALUES_SCHEMA``), and notices.

    Raises ``DepositError`` in a study that stops at what is doubtful for dates that are not written as declared.
    """
    sets_aside = study.about.doubtful == "set_aside"
    period = study.fieldwork(wave, file.arm)
    given = rows[column]
    answered = without_codes(given, [*study.about.missing])
    try:
        found = read_dates(answered, file.date_format, fieldwork=(period.start, period.end) if sets_aside else None)
    except DepositError as error:
        if not sets_aside:
            raise
        dates = pl.Series(column, [None] * rows.height, dtype=pl.Date)
        reasons = pl.select(pl.when(given.is_not_null()).then(pl.lit("day numbers of a spreadsheet"))).to_series()
        return (*_apart(rows, column, dates, reasons), [f"{error.what}: all are set aside"])
    if not sets_aside:
        _refuse_misfits(file, column, found, answered)
    notices = []
    if found.ambiguous and not found.is_proven:
        notices.append(f"{column}: {found.ambiguous:,} dates would be different ones with day and month exchanged")
    counted = found.reasons.drop_nulls().value_counts().iter_rows()
    notices += [f"{column}: {count:,} set aside, {why}" for why, count in counted]
    return (*_apart(rows, column, found.dates, found.reasons), notices)


def _refuse_misfits(file: WaveFile, column: str, found: Dates, answered: pl.Series) -> None:
    misfits = int(found.reasons.count())
    if not misfits:
        return
    as_declared = f"`{file.date_format}`" if file.date_format else "2020-05-31 (or 2020-05-31T11:26:30Z)"
    guess = found_format(answered)
    written = f"; they are written as `{guess[0]}`" if guess and guess[0] and guess[0] != file.date_format else ""
    raise DepositError(
        f"interview dates that are not written as {as_declared}, in `{column}`: {misfits:,} of {answered.count():,} "
        f"cannot be read{written}",
        where=file.file,
        count=misfits,
        todo=f'Declare `date_format: "{guess[0]}"` if that is right.' if written and guess
        else "Correct `date_format`, ask for the file again, or declare their code under `missing`.",
    )  # fmt: skip


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
