"""Which rows of a file are whose: each belongs to one wave and arm, or is declared left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import nearest, some
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import WaveFile

Chosen = Mapping[str, Sequence[str]]
LONGEST = 24
"""A longer value than this is no wave and no arm, and is not shown."""


def chosen_rows(frame: pl.DataFrame, rows: Chosen, where: str) -> pl.Series:
    """Whether each row has one of the values in every column. Raises ``DepositError`` for a column that is absent."""
    found = [_has_one_of(_column(frame, name, where), values) for name, values in rows.items()]
    return reduce(and_, found, pl.repeat(True, frame.height, eager=True))


def _column(frame: pl.DataFrame, name: str, where: str) -> pl.Series:
    if name in frame.columns:
        return answer_codes(frame[name])
    close = nearest(name, frame.columns)
    raise DepositError(
        f"has no column `{name}`, by which its rows are chosen" + (f"; the nearest name is `{close}`" if close else ""),
        where=where,
        todo="Correct `rows` in the wave's declaration.",
    )


def _has_one_of(codes: pl.Series, values: Sequence[str]) -> pl.Series:
    return codes.str.strip_chars().is_in([canonical_code(value) for value in values]).fill_null(False)


def rows_of_parts(
    frame: pl.DataFrame, parts: Sequence[tuple[str, WaveFile]], left_out: Sequence[Chosen], where: str
) -> tuple[list[pl.Series], pl.Series]:
    """Of each part whether each row is its own, and whether it is declared left out.

    Raises ``DepositError`` for rows of no part, which names the values of the columns that choose rows, never an id;
    and for rows of two waves, or of two arms of one.
    """
    own = [chosen_rows(frame, file.chosen, where) for _, file in parts]
    out = reduce(
        or_, (chosen_rows(frame, rows, where) for rows in left_out), pl.repeat(False, frame.height, eager=True)
    )
    nobodys = ~reduce(or_, own, out)
    columns = list(dict.fromkeys(name for _, file in parts for name in file.chosen))
    if nobodys.any():
        raise _nobodys(frame.filter(nobodys).select(columns), where)
    _refuse_twice(parts, own, out, where)
    return own, out


def _nobodys(rows: pl.DataFrame, where: str) -> DepositError:
    """What the rows of no wave say in the columns that choose rows, with counts."""
    texts = rows.select(answer_codes(column) for column in rows.iter_columns())
    counted = texts.group_by(pl.all()).len().sort("len", *texts.columns, descending=[True, *[False] * texts.width])
    shown = [
        f"{' and '.join(_said(name, value) for name, value in zip(texts.columns, row, strict=False))} ({row[-1]:,})"
        for row in counted.iter_rows()
    ]
    return DepositError(
        f"rows that no wave and arm takes: {some(shown)}",
        where=where,
        count=rows.height if counted.height > 1 else None,
        todo="Declare their wave with `rows`, or list them under `left_out` of the source in study.yaml.",
    )


def _said(name: str, value: str | None) -> str:
    if value is None:
        return f"`{name}` is empty"
    return f"`{name}` is {value}" if len(value) <= LONGEST else f"`{name}` is a text"


def _refuse_twice(parts: Sequence[tuple[str, WaveFile]], own: Sequence[pl.Series], out: pl.Series, where: str) -> None:
    """Raise ``DepositError`` for rows that two parts take, unless both say who was there in their wave."""
    for place, ((wave, file), rows) in enumerate(zip(parts, own, strict=True)):
        if (rows & out).any():
            raise _twice(f"{wave}, {file.arm}", "left_out", int((rows & out).sum()), where)
        for (other, there), others in zip(parts[:place], own[:place], strict=True):
            wide = other != wave and file.present is not None and there.present is not None
            if not wide and (rows & others).any():
                raise _twice(f"{other}, {there.arm}", f"{wave}, {file.arm}", int((rows & others).sum()), where)


def _twice(one: str, other: str, count: int, where: str) -> DepositError:
    return DepositError(
        f"rows that are taken twice: for {one}, and for {other}",
        where=where,
        count=count,
        todo="Correct `rows`, so that each row is of one wave and arm; or say `present` where a row is several waves'.",
    )
