"""Test records: rows that somebody made to try the questionnaire out, set aside by a declared mark and counted."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns
from pipeline.specs.wave_rules import paradata_of

TEST_RECORD = "test record"
USUAL_MARK = r"(?i)^\s*(test|dummy|preview|1$|true$|yes$)"
"""What marks a test record unless the study says so: a text that begins with test, dummy or preview; 1, true, yes."""
USUAL_OTHER = r"(?i)^\s*(0|false|no|live|none|ip address)?\s*$"
"""What does not."""


def without_test_records(study: Study, wave: str, file: WaveFile, deposit: Deposit) -> Deposit:
    """The deposit without the rows that its column with the role ``test`` marks; ``set_aside`` counts them."""
    marks = _marks(study, wave, file, deposit)
    if marks is None or not marks.any():
        return deposit
    numbers = deposit.row_numbers or tuple(range(1, deposit.frame.height + 1))
    kept = tuple(number for number, is_test in zip(numbers, marks, strict=True) if not is_test)
    counted = {**deposit.set_aside, TEST_RECORD: int(marks.sum())}
    return replace(deposit, frame=deposit.frame.filter(~marks), row_numbers=kept, set_aside=counted)


def unclear_marks(study: Study, wave: str, file: WaveFile, deposit: Deposit) -> list[str]:
    """In words, how many cells of the column say something that nobody declared: remarks, perhaps."""
    column = role_columns(study, wave, file).get("test")
    if column is None or column not in deposit.frame.columns or paradata_of(study, wave).test:
        return []
    texts = answer_codes(deposit.frame[column]).drop_nulls()
    unclear = int((~texts.str.contains(USUAL_MARK) & ~texts.str.contains(USUAL_OTHER)).sum())
    if not unclear:
        return []
    return [
        f"{column}: {unclear:,} records say something else than a usual mark of a test record, and were loaded; "
        "declare the marks under `paradata: {test: [...]}`"
    ]


def _marks(study: Study, wave: str, file: WaveFile, deposit: Deposit) -> pl.Series | None:
    """Whether each row is a test record; None where no column says so."""
    column = role_columns(study, wave, file).get("test")
    if column is None or column not in deposit.frame.columns:
        return None
    texts = answer_codes(deposit.frame[column])
    declared = [mark.strip().lower() for mark in paradata_of(study, wave).test]
    found = (
        _is_marked(texts.str.strip_chars().str.to_lowercase(), declared) if declared else texts.str.contains(USUAL_MARK)
    )
    return found.fill_null(False)


def _is_marked(texts: pl.Series, marks: list[str]) -> pl.Series:
    """Whether each text is one of the marks, or begins with one that ends in ``*``."""
    found = texts.is_in([mark for mark in marks if not mark.endswith("*")])
    for mark in marks:
        if mark.endswith("*"):
            found |= texts.str.starts_with(mark[:-1])
    return found
