"""People who withdrew: who, from when, and whether their earlier answers may stay."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import nearest, some
from pipeline.ingest.isolation.read import read_deposit
from pipeline.ingest.people.ids import Case, normalise_ids
from pipeline.options import known_options

Scope = Literal["future", "erase"]
SCOPES: tuple[Scope, ...] = ("future", "erase")
"""``future``: what was answered before the date stays; ``erase``: nothing stays, of any wave, anywhere."""

COLUMNS = ("scope", "date")


@known_options
def read_withdrawals(path: str | Path, id_column: str, *, strip: bool = False, case: Case = "as_is") -> pl.DataFrame:
    """One row per person who withdrew: ``id``, ``scope``, ``date``.

    The list is CSV with the columns ``id_column``, ``scope`` (future or erase) and ``date`` (2020-05-01). Who is listed
    twice has the wider scope, from the earlier date. Raises ``DepositError`` with line numbers, never with an id.
    """
    listed = read_deposit(path, "csv", text=(id_column, *COLUMNS)).frame
    where = Path(path).name
    for column in (id_column, *COLUMNS):
        if column not in listed.columns:
            close = nearest(column, listed.columns)
            raise DepositError(
                f"the list of withdrawals has no column `{column}`" + (f"; it has {close}" if close else ""),
                where=where,
                todo=f"It needs the columns {id_column}, scope, date.",
            )
    ids = normalise_ids(listed[id_column], strip=strip, case=case)
    dates = listed["date"].str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
    scopes = listed["scope"].str.strip_chars()
    _refuse(ids.is_null(), "rows without an id", "Every row names a person.", where)
    _refuse(
        ~scopes.is_in(SCOPES).fill_null(False), "scopes other than future and erase", "Write future or erase.", where
    )
    _refuse(dates.is_null(), "dates that are not like 2020-05-01", "Write year-month-day.", where)
    withdrawn = pl.DataFrame({"id": ids, "scope": scopes, "date": dates})
    return (
        withdrawn.sort(pl.col("scope") == "erase", descending=True, maintain_order=True)
        .group_by("id", maintain_order=True)
        .agg(pl.col("scope").first(), pl.col("date").min())
    )


def _refuse(wrong: pl.Series, what: str, todo: str, where: str) -> None:
    if wrong.any():
        lines = [row + 2 for row in wrong.arg_true().to_list()]
        raise DepositError(f"{what}, in line {some(lines)}", where=where, count=len(lines), todo=todo)


@known_options
def scope_of(
    ids: pl.Series,
    withdrawals: pl.DataFrame,
    *,
    fieldwork: tuple[dt.date, dt.date],
    interviewed: pl.Series | None = None,
) -> pl.Series:
    """The scope that keeps each row of a wave out: ``erase``, ``future``, or null where the row may be loaded.

    ``erase`` holds for every wave. ``future`` holds for answers given on or after the date of withdrawal: by the
    interview date where there is one, and else for any wave whose fieldwork ended on or after it.
    """
    found = pl.DataFrame({"id": ids}).join(withdrawals, on="id", how="left", maintain_order="left")
    answered = pl.repeat(fieldwork[1], len(ids), dtype=pl.Date, eager=True)
    if interviewed is not None:
        answered = interviewed.cast(pl.Date, strict=False).fill_null(fieldwork[1])
    later = answered >= found["date"]
    applies = (found["scope"] == "erase") | later
    return found["scope"].set(~applies.fill_null(False), None).rename("withdrawn")
