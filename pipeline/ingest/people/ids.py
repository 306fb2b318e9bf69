"""Participants' ids: the same text from every format, one row each. Ids never appear in a message, only counts."""

from __future__ import annotations

from typing import Literal

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.numbers import LARGEST_EXACT, code_texts
from pipeline.options import known_options

Case = Literal["as_is", "upper", "lower"]
_WHOLE_WITH_POINT = r"^(-?\d+)\.0+$"


@known_options
def normalise_ids(
    ids: pl.Series, *, strip: bool = False, case: Case = "as_is", pattern: str | None = None
) -> pl.Series:
    """Ids as text: ``1234.0``, ``1234`` and ``"1234.0"`` all become ``"1234"``; a blank is null.

    Nothing else is changed but by a declared rule: ``strip`` takes spaces off both ends, ``case`` makes letters one
    case. Raises ``DepositError`` (counts only) for numbers too large to be exact and ids that ``pattern`` does not fit.
    """
    texts = _as_text(ids)
    texts = texts.str.replace(_WHOLE_WITH_POINT, "${1}")
    if strip:
        texts = texts.str.strip_chars()
    if case != "as_is":
        texts = texts.str.to_uppercase() if case == "upper" else texts.str.to_lowercase()
    texts = texts.set(texts.str.strip_chars() == "", None).rename(ids.name)
    if pattern is not None:
        _refuse_misfits(texts, pattern)
    return texts


def in_arm(ids: pl.Series, arm: str, within: str) -> pl.Series:
    """Ids by which people are distinguished in the whole study: with their arm, where each arm counts its ids anew."""
    return ids if within == "study" else pl.Series(ids.name, f"{arm}:" + ids, dtype=pl.String)


def _as_text(ids: pl.Series) -> pl.Series:
    if ids.dtype == pl.String:
        return ids
    if ids.dtype.is_integer():
        return ids.cast(pl.String)
    if not ids.dtype.is_numeric():
        raise DepositError(
            "ids are text or whole numbers, not dates", where=f"column {ids.name}", todo="Check the id column."
        )
    inexact = int((ids.abs() >= LARGEST_EXACT).sum())
    if inexact:
        raise DepositError(
            "ids are numbers too large to be exact",
            where=f"column {ids.name}",
            count=inexact,
            todo="Ask for the file with the ids as text.",
        )
    return code_texts(ids)


def _refuse_misfits(texts: pl.Series, pattern: str) -> None:
    misfits = int((~texts.drop_nulls().str.contains(f"^(?:{pattern})$")).sum())
    if misfits:
        raise DepositError(
            f"ids that do not look like `{pattern}`",
            where=f"column {texts.name}",
            count=misfits,
            todo="A spreadsheet may have changed them (1E5, 007); ask for the file with the ids as text.",
        )


@known_options
def check_ids(frame: pl.DataFrame, id_column: str, *, where: str = "") -> None:
    """Raise ``DepositError`` if the id column is absent, an id is blank, or an id is there twice. Counts only."""
    if id_column not in frame.columns:
        raise DepositError(
            f"there is no id column `{id_column}`", where=where, todo="Correct `person_id` in the wave's declaration."
        )
    ids = frame[id_column]
    blank = _is_blank(ids)
    if blank.any():
        raise DepositError(
            f"rows without an id in `{id_column}`",
            where=where,
            count=int(blank.sum()),
            todo="Ask for the ids, or have these rows set aside.",
        )
    twice = ids.is_duplicated()
    if twice.any():
        raise DepositError(
            f"rows that share an id with another row in `{id_column}`",
            where=where,
            count=int(twice.sum()),
            todo="Ask which row is right, or have these rows set aside.",
        )


def _is_blank(ids: pl.Series) -> pl.Series:
    if ids.dtype == pl.String:
        return ids.is_null() | (ids.str.strip_chars() == "").fill_null(False)
    return ids.is_null()
