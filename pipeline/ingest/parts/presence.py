"""Who was there: a row of a file that serves several waves is an interview only where its wave says so."""

from __future__ import annotations

from functools import reduce
from operator import or_

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import nearest
from pipeline.ingest.formats.numbers import answer_codes, code_text
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import WaveFile
from pipeline.specs.part_columns import presence_column, presence_items
from pipeline.specs.project import Study

NOT_PRESENT = "not_present"


def present_rows(
    study: Study, wave: str, file: WaveFile, frame: pl.DataFrame, where: str
) -> tuple[pl.Series, list[str]]:
    """Whether each row is an interview of this wave, and what a person should know of those that are not.

    Raises ``DepositError`` for a column that is absent, and where nobody is present.
    """
    rule = file.present
    if rule is None or rule.row:
        return pl.repeat(True, frame.height, eager=True), []
    column = presence_column(study, wave, file)
    notices: list[str] = []
    if column is not None:
        found = _by_column(frame, column, rule.codes, where)
        said = f"`{column}` is {', '.join(rule.codes)}"
    else:
        found, notices = _by_items(study, wave, file, frame, where)
        said = "there is an answer to one of its items"
    if frame.height and not found.any():
        raise DepositError(
            f"nobody is present in {wave} by the declared rule (in no row {said})",
            where=where,
            count=frame.height,
            todo="Correct `present`, or the names of the wave's variables.",
        )
    return found, notices


def _by_column(frame: pl.DataFrame, column: str, codes: tuple[str, ...], where: str) -> pl.Series:
    if column not in frame.columns:
        close = nearest(column, frame.columns)
        raise DepositError(
            f"has no column `{column}`, which says who was there"
            + (f"; the nearest name is `{close}`" if close else ""),
            where=where,
            todo="Correct `present` in the wave's declaration.",
        )
    wanted = [canonical_code(code) for code in codes]
    return answer_codes(frame[column]).str.strip_chars().is_in(wanted).fill_null(False)


def _by_items(study: Study, wave: str, file: WaveFile, frame: pl.DataFrame, where: str) -> tuple[pl.Series, list[str]]:
    items = {key: name for key, name in presence_items(study, wave, file).items() if name in frame.columns}
    if not items:
        raise DepositError(
            f"holds no column that is read for {wave} alone, so nothing in it says who was there",
            where=where,
            todo="Say `present: {column: ..., codes: [...]}`, or correct the names of the wave's variables.",
        )
    none = pl.repeat(False, frame.height, eager=True)
    columns = {key: _cells(frame[name]) for key, name in items.items()}
    answered = reduce(or_, (_answers(study, wave, key, cells) for key, cells in columns.items()), none)
    coded = reduce(or_, (cells.is_not_null() for cells in columns.values()), none) & ~answered
    if not coded.any():
        return answered, []
    return answered, [
        f"{int(coded.sum()):,} rows hold missing codes alone in the items of {wave}: they count as not present"
    ]


def _cells(column: pl.Series) -> pl.Series:
    """Numbers as they are, which need not be written out to be compared; anything else as codes."""
    return column.cast(pl.Float64) if column.dtype.is_float() else answer_codes(column)


def _number(code: str) -> float | None:
    """The number that is written as this code; None where none is."""
    try:
        return float(code) if code_text(float(code)) == code else None
    except ValueError:
        return None


def _answers(study: Study, wave: str, key: str, cells: pl.Series) -> pl.Series:
    """Whether each cell is an answer, and not the code of a reason why there is none."""
    exception = study.waves[wave].exceptions.get(key)
    declared = [*study.about.missing, *study.items[key].missing, *(exception.missing if exception else ())]
    missing: list[str] | list[float] = [canonical_code(code) for code in declared]
    if cells.dtype.is_float():
        missing = [number for code in missing if (number := _number(str(code))) is not None]
    return cells.is_not_null() & ~cells.is_in(pl.Series(missing, dtype=cells.dtype).implode()).fill_null(False)
