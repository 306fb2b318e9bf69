"""The order of waves: of numbers, dates and Enum their own; of text that of the numbers in it, never of letters.

A round is the wave of its name where a table has no rounds of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import ModelError

DAY_FIRST = re.compile(r"\d{1,2}\D\d{1,2}\D\d{4}")


def in_wave_order(frame: pl.DataFrame, wave: str = "wave") -> pl.DataFrame:
    """The frame with waves that sort in order: text as an Enum where letters would sort otherwise.

    Raises ModelError for text that says no order.
    """
    column = frame[wave]
    if column.dtype.is_float() and (column.drop_nulls() == column.drop_nulls().round()).all():
        return frame.with_columns(pl.col(wave).cast(pl.Int64))
    if column.dtype not in (pl.String, pl.Categorical):
        return frame
    names = sorted(column.cast(pl.String).drop_nulls().unique())
    order = wave_order(names)
    return frame if order == names else frame.with_columns(pl.col(wave).cast(pl.String).cast(pl.Enum(order)))


def rows_in_wave_order(frame: pl.DataFrame, wave: str = "wave") -> pl.DataFrame:
    """The rows sorted by wave, else as they stand, with waves as they are; unsorted where their names say no order."""
    try:
        order = in_wave_order(frame, wave)[wave]
    except ModelError:
        return frame
    place = "_order of waves"
    return frame.with_columns(order.alias(place)).sort(place, maintain_order=True).drop(place)


ROUNDS = {"round": "wave", "against_round": "against"}
"""Columns of rounds → those that stand for them where every round is a wave."""


def in_rounds(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the columns of rounds: the waves themselves where the table has waves alone."""
    absent = {name: wave for name, wave in ROUNDS.items() if name not in rows.columns and wave in rows.columns}
    return rows.with_columns(pl.col(wave).cast(pl.String).alias(name) for name, wave in absent.items())


NEARLY_ALL = 0.9


def last_of_nearly_all(counts: Mapping[str, int], order: Sequence[str]) -> str:
    """The last wave with nearly as many as the one with most: two areas fewer are no reason to show old numbers."""
    enough = NEARLY_ALL * max(counts.values())
    return [wave for wave in order if counts.get(wave, 0) >= enough][-1]


def wave_order(names: list[str]) -> list[str]:
    """Waves by the numbers in their names, which otherwise agree: ``w2`` before ``w10``.

    Raises ModelError for names that differ in more than numbers, which say no order.
    """
    if len(names) < 2:
        return names
    templates = {re.sub(r"\d+", "#", name) for name in names}
    if len(templates) > 1 or "#" not in next(iter(templates)):
        raise ModelError(
            "waves are text that says no order",
            where="wave",
            count=len(names),
            todo="Give them as numbers, dates, or a polars Enum with the waves in order.",
        )

    def key(name: str) -> tuple[int, ...]:
        numbers = tuple(int(number) for number in re.findall(r"\d+", name))
        return numbers[::-1] if DAY_FIRST.fullmatch(name) else numbers

    return sorted(names, key=key)
