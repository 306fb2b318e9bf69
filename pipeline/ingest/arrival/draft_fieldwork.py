"""When a drafted wave was in the field: the first and the last date in its file, or else the day of the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from pipeline.ingest.arrival.date_parts import Parts, date_parts
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.quarantine.declared_dates import Dates, found_format
from pipeline.specs.project import Study
from pipeline.specs.yaml_text import quoted


def fieldwork_lines(study: Study, roles: Mapping[str, str], path: Path, deposit: Deposit) -> list[str]:
    """The lines ``fieldwork`` of a draft: by the column with the role ``interview_date``, else by the first dates."""
    dates = date_columns(deposit, list(study.about.missing))
    column = next((one for one in (roles.get("interview_date", ""), *dates) if one in dates), None)
    if column is not None:
        found = dates[column][1]
        days, misfits = found.dates.drop_nulls().sort(), found.reasons.count()
        also = f"; {misfits:,} cells are no date" if misfits else ""
        start = f"  start: {days[0]}  # the first and the last of {days.len():,} dates in `{column}`{also}"
        return ["fieldwork:", start, f"  end: {days[-1]}"]
    parts = date_parts(deposit)
    if parts is not None:
        return _of_parts(parts)
    day = dt.date.fromtimestamp(path.stat().st_mtime).isoformat()
    return [
        "fieldwork:",
        f"  start: {day}  # no dates were found: this is the day the file was written",
        f"  end: {day}",
        "  assumed: true",
        "  reason: drafted from the date of the file; not confirmed",
    ]


def _of_parts(parts: Parts) -> list[str]:
    """The lines of a file that has the year, and perhaps month and day, in columns of their own."""
    named = ", ".join(f"`{column}`" for column in parts.columns)
    lines = ["fieldwork:", f"  start: {parts.first}  # the first and the last by {named}", f"  end: {parts.last}"]
    if not parts.are_days:
        known = "year" if len(parts.columns) == 1 else "month"
        lines += ["  assumed: true", f"  reason: the file has no more than the {known} of interviews; not confirmed"]
    return lines


def date_format_lines(study: Study, roles: Mapping[str, str], deposit: Deposit) -> list[str]:
    """How interview dates are written, where they are text in another form than ISO."""
    found = date_columns(deposit, list(study.about.missing)).get(roles.get("interview_date", ""))
    return [f"    date_format: {quoted(found[0])}"] if found is not None and found[0] is not None else []


def date_columns(deposit: Deposit, missing: Collection[str] = ()) -> dict[str, tuple[str | None, Dates]]:
    """Column → how its dates are written, and the dates, of the columns of dates or of text that hold some."""
    columns = [one for one in deposit.frame.iter_columns() if one.dtype == pl.String or one.dtype.is_temporal()]
    found = {column.name: found_format(column, missing) for column in columns}
    return {name: dates for name, dates in found.items() if dates is not None}
