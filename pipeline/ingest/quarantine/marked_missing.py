"""The file's own missing codes: what an SPSS file marks as missing is no answer, whatever an item's range allows.

A code that the declarations know as missing stays as it is. One that they would take for an answer gets a mark, so
that it is found as a code that nobody declared, unless a decision of the wave accepts it. In a column with a role, such
as a weight, it is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.ingest.formats.table import Bounds
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns, source_variable
from pipeline.tables import MARKED_MISSING

FINDING = "marked_missing"


def with_marks(study: Study, wave: str, file: WaveFile, deposit: Deposit) -> tuple[pl.DataFrame, list[str]]:
    """The frame of a file, with what the file marks as missing told from answers; and notices."""
    frame, notices = deposit.frame, []
    ranges = {name: bounds for name, bounds in deposit.missing_ranges.items() if bounds and name in frame.columns}
    if not ranges:
        return frame, []
    readers = _readers(study, wave, file)
    roles = set(role_columns(study, wave, file).values())
    for variable, bounds in ranges.items():
        codes = answer_codes(frame[variable])
        marked = _within(frame[variable], codes, bounds)
        if variable in readers:
            known = [canonical_code(code) for code in _known(study, wave, readers[variable])]
            is_new = marked & ~codes.is_in(known)
            if is_new.any() and not _accepted(study, wave, readers[variable]):
                told = pl.select(pl.when(is_new).then(codes + MARKED_MISSING).otherwise(codes).alias(variable))
                frame = frame.with_columns(told.to_series())
        elif variable in roles and marked.any():
            notices.append(f"{variable}: {int(marked.sum()):,} cells that the file marks as missing are read as empty")
            frame = frame.with_columns(frame[variable].set(marked, None))
    return frame, notices


def _readers(study: Study, wave: str, file: WaveFile) -> dict[str, list[str]]:
    """Variable → the items that are read from it."""
    found: dict[str, list[str]] = {}
    for key in study.items:
        variable = source_variable(study, wave, file, key)
        if variable is not None:
            found.setdefault(variable, []).append(key)
    return found


def _known(study: Study, wave: str, items: Sequence[str]) -> set[str]:
    """The codes that every one of the items declares as missing, or recodes to a reason."""
    sets = [{*study.about.missing, *_missing_of(study, wave, key)} for key in items]
    return set.intersection(*sets)


def _missing_of(study: Study, wave: str, key: str) -> Iterator[str]:
    item, exception = study.items[key], study.waves[wave].exceptions.get(key)
    recode: Mapping[str, object] = (exception.recode if exception else None) or item.recode
    yield from item.missing
    yield from exception.missing if exception else ()
    yield from (code for code, value in recode.items() if isinstance(value, str))


def _accepted(study: Study, wave: str, items: Sequence[str]) -> bool:
    """Whether somebody decided that what the file marks is an answer after all."""
    return any(
        decision.item in items and decision.finding == FINDING and decision.decision == "accept"
        for decision in study.waves[wave].decisions
    )


def _within(column: pl.Series, codes: pl.Series, bounds: Sequence[Bounds]) -> pl.Series:
    """Which cells lie in a range that the file marks as missing; bounds of text mark that text alone."""
    is_in = pl.repeat(False, len(column), eager=True)
    numbers = codes.cast(pl.Float64, strict=False)
    for low, high in bounds:
        if isinstance(low, str) or isinstance(high, str):
            is_in = is_in | (codes == str(low).strip()).fill_null(False)
        else:
            is_in = is_in | numbers.is_between(low, high).fill_null(False)
    return is_in
