"""Setting rows and values aside: kept with the reason, counted, and loaded again once a declaration resolves them.

Nothing is lost on the way: received = loaded + quarantined + set aside by rule, which ``Sorted.check`` holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.errors import DepositError
from pipeline.options import known_options

ROW = "row"
"""The column with a row's number in the deposit, counted from 1 below the header."""

BLANK_ID = "no id"
MISFIT_ID = "id not of the declared pattern"
SHARED_ID = "id shared with another row"
UNKNOWN_ID = "id never issued"
WITHDRAWN = "withdrawn"
IDENTICAL_ROW = "identical row"

VALUES_SCHEMA = {ROW: pl.Int64, "variable": pl.String, "value": pl.String, "reason": pl.String}


@dataclass(frozen=True)
class Sorted:
    """The rows of a deposit, each in one place.

    ``loaded``: what goes on. ``quarantined``: one row per row set aside, with ``row`` and ``reason`` first and, but for
    people who withdrew, everything the row holds. ``values``: one row per value set aside. ``set_aside``: rule → rows
    that are no answers and are not kept.
    """

    loaded: pl.DataFrame
    quarantined: pl.DataFrame
    received: int
    values: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=VALUES_SCHEMA))
    set_aside: Mapping[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Reason → rows quarantined."""
        found = self.quarantined["reason"].value_counts(sort=True)
        return dict(found.iter_rows())

    def check(self, where: str = "") -> None:
        """Raise ``DepositError`` unless every row received is in exactly one place."""
        placed = self.loaded.height + self.quarantined.height + sum(self.set_aside.values())
        if placed != self.received:
            raise DepositError(
                f"{self.received:,} rows were received, but {placed:,} are accounted for",
                where=where,
                count=abs(placed - self.received),
                todo="This is a mistake in the pipeline; please report it.",
            )


@known_options
def sort_rows(
    frame: pl.DataFrame,
    ids: pl.Series,
    *,
    pattern: str | None = None,
    known: Iterable[str] | None = None,
    withdrawn: pl.Series | None = None,
    set_aside: Mapping[str, int] | None = None,
    look_for_copies: bool = True,
) -> Sorted:
    """Put each row of a deposit where it belongs, by its id (as ``normalise_ids`` gives it, one per row).

    Set aside are, in this order: people who withdrew (``withdrawn``: true per row), rows without an id, ids that do not
    fit ``pattern``, ids that are not among ``known`` (None: anyone may come), and all rows of an id that is there
    more than once with different answers. Of rows that are identical in every cell one is loaded.
    ``set_aside`` counts the rows that the reader left out by rule. ``look_for_copies=False`` saves the comparison of
    whole rows where every id is known to be there once.
    """
    numbered = (
        frame if ROW in frame.columns else frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    )
    people = withdrawn.fill_null(False) if withdrawn is not None else pl.repeat(False, frame.height, eager=True)
    again = pl.repeat(False, frame.height, eager=True)
    if look_for_copies and ids.is_duplicated().any():
        again = ~frame.select(pl.struct(pl.exclude(ROW)).is_first_distinct()).to_series()
    identical = again & ids.is_not_null() & ~people
    shared = ids.set(identical, None).is_duplicated() & ids.is_not_null()
    reasons = _first_reason(
        [
            (WITHDRAWN, people),
            (BLANK_ID, ids.is_null() | (ids.str.strip_chars() == "")),
            (MISFIT_ID, ~ids.str.contains(f"^(?:{pattern})$") if pattern else None),
            (UNKNOWN_ID, ~ids.is_in(list(known)) if known is not None else None),
            (IDENTICAL_ROW, identical),
            (SHARED_ID, shared),
        ]
    )
    apart = numbered.select(ROW, reasons.alias("reason"), pl.exclude(ROW)).filter(
        reasons.is_not_null() & (reasons != IDENTICAL_ROW)
    )
    rules = {IDENTICAL_ROW: int((reasons == IDENTICAL_ROW).sum())}
    counted = {**(set_aside or {}), **{rule: count for rule, count in rules.items() if count}}
    made = Sorted(
        loaded=numbered.filter(reasons.is_null()),
        quarantined=_without_answers_of_the_withdrawn(apart),
        received=frame.height + sum((set_aside or {}).values()),
        set_aside=counted,
    )
    made.check()
    return made


def _first_reason(rules: list[tuple[str, pl.Series | None]]) -> pl.Series:
    """The first reason that applies to each row; null where none does."""
    conditions = [
        pl.when(applies.fill_null(False)).then(pl.lit(reason)) for reason, applies in rules if applies is not None
    ]
    return pl.select(pl.coalesce(conditions)).to_series().cast(pl.String)


def _without_answers_of_the_withdrawn(apart: pl.DataFrame) -> pl.DataFrame:
    """Of people who withdrew nothing is kept but that a row of the deposit was theirs."""
    kept = pl.col("reason") != WITHDRAWN
    return apart.with_columns(pl.when(kept).then(pl.exclude(ROW, "reason")))


@known_options
def set_values_apart(
    frame: pl.DataFrame, column: str, reasons: pl.Series, *, marker: str | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take values out of one column: where ``reasons`` (one per row) is not null.

    Returns the frame with null (or ``marker``, in a text column) in their place, and one row per value taken out, of
    the schema ``VALUES_SCHEMA``: row number, variable, value as text, reason.
    """
    numbered = frame if ROW in frame.columns else frame.with_row_index(ROW, offset=1)
    apart = numbered.select(
        pl.col(ROW).cast(pl.Int64),
        pl.lit(column).alias("variable"),
        pl.col(column).cast(pl.String).alias("value"),
        reasons.alias("reason"),
    ).filter(pl.col("reason").is_not_null())
    replacement = pl.lit(marker if frame.schema[column] == pl.String else None)
    return frame.with_columns(
        pl.when(reasons.is_null()).then(pl.col(column)).otherwise(replacement).alias(column)
    ), apart


@known_options
def outside(column: pl.Series, allowed: Iterable[float], *, within: tuple[float, float] | None = None) -> pl.Series:
    """Per row why a number is no answer: a fraction, outside the range, or a code that is not among ``allowed``.

    Null where the number is allowed, or there is none. With ``within`` any number in the range is allowed too.
    """
    codes = [float(code) for code in allowed]
    is_code = column.is_in(codes)
    if within is not None:
        is_code = is_code | column.is_between(*within)
    low, high = within if within is not None else (min(codes), max(codes))
    return (
        _first_reason(
            [
                ("allowed", is_code | column.is_null()),
                ("outside the range", ~column.is_between(low, high)),
                ("a fraction where codes are whole", column != column.floor()),
                ("a code that is not declared", ~is_code),
            ]
        )
        .replace("allowed", None)
        .rename("reason")
    )
