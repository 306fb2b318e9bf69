"""Columns that look like weights: called like one, and mostly fractions. They are never items."""

from __future__ import annotations

import re

import polars as pl

from pipeline.ingest.formats.numbers import answer_codes

WEIGHTS = "they look like weights"
_NAMES = re.compile(
    r"(.*_)?(w(eigh)?ts?|wgts?|weights?|gew|gewicht\w*|h?hrf|phrf|ponder\w*|poids)\d*(_.*)?"
    r"|\w*(weight|gewicht)\w*|(.*_)?[a-z]{0,4}(wt|wgt)\d*|.*_(lw|xw)",
)
_OF_A_BODY = re.compile(r"(.*_)?(kgs?|kilos?|lbs?|pounds?|body\w*|birth\w*)(_.*)?")
MOSTLY = 0.5


def look_like_weights(name: str, answers: pl.Series) -> bool:
    """Whether a column of this name, without a wave's mark, holds weights; those of zero say nothing about it."""
    plain = name.lower()
    if not _NAMES.fullmatch(plain) or _OF_A_BODY.fullmatch(plain) or answers.dtype.is_temporal():
        return False
    numbers = answer_codes(answers).cast(pl.Float64, strict=False).drop_nulls()
    positive = numbers.filter(numbers > 0)
    return positive.len() > 0 and int((positive % 1 != 0).sum()) > MOSTLY * positive.len()
