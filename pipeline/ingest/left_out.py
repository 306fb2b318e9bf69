"""Columns that nothing is read from although an item might lie in them: how many answers they hold, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import WaveFile
from pipeline.specs.left_out import LeftOut


def without_left_out(
    study: str, wave: str, file: WaveFile, deposit: Deposit, also: Sequence[LeftOut]
) -> tuple[Deposit, list[tuple[object, ...]]]:
    """The deposit as if only declared columns had been asked for, and a row of the labels table for each other one."""
    if not also:
        return deposit, []
    names = {one.variable for one in also}
    there = [one for one in also if one.variable in deposit.frame.columns]
    rows: list[tuple[object, ...]] = [
        (
            *(study, wave, file.arm, one.variable, deposit.labels.get(one.variable), "", None, None, True, None),
            *(one.item, one.why, _answers(deposit.frame[one.variable], one.missing)),
        )
        for one in there
    ]
    return replace(
        deposit,
        frame=deposit.frame.drop(one.variable for one in there),
        undeclared=(*deposit.undeclared, *(one.variable for one in there)),
        absent={name: near for name, near in deposit.absent.items() if name not in names},
    ), rows


def _answers(column: pl.Series, missing: Sequence[str]) -> int:
    """Cells that hold something which is no missing code."""
    codes = answer_codes(column)
    return int((codes.is_not_null() & ~codes.is_in([canonical_code(code) for code in missing])).sum())
