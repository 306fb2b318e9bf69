"""Answers delivered as words, or as a code with its words: back to codes, by the declared labels alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import polars as pl

How = Literal["labels", "code_and_label"]

NOT_A_LABEL = "a text that is no declared answer"
CONTRADICTION = "a code with the label of another"

_CODE_AND_LABEL = re.compile(r"^\s*(?P<code>-?\d+)(?:\.0+)?\s*(?:[-–—:.)=]\s*|\s+)(?P<label>\S.*?)\s*$")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " "})


def codes_of(answers: pl.Series, labels: Mapping[str, str], how: How) -> tuple[pl.Series, pl.Series]:
    """The code of each answer as text, and per row the reason why there is none; one of both per answered cell.

    ``labels`` maps code → declared text. Texts are compared without regard to case, spaces at the ends and the shape
    of apostrophes; nothing else is guessed. With ``code_and_label`` a cell such as ``5 - Strongly agree`` must have
    the code and the label of one answer; a bare code is taken as it is.
    """
    by_label = {plain(label): code for code, label in labels.items()}
    distinct = answers.cast(pl.String).drop_nulls().unique(maintain_order=True)
    read = [_read(text, by_label, how) for text in distinct]
    texts = answers.cast(pl.String)
    codes = texts.replace_strict(distinct, [code for code, _ in read], default=None, return_dtype=pl.String)
    reasons = texts.replace_strict(distinct, [reason for _, reason in read], default=None, return_dtype=pl.String)
    return codes.rename(answers.name), reasons.rename("reason")


def plain(text: str) -> str:
    """A label as it is compared."""
    return " ".join(text.translate(_APOSTROPHES).split()).casefold()


def _read(text: str, by_label: Mapping[str, str], how: How) -> tuple[str | None, str | None]:
    if how == "labels":
        code = by_label.get(plain(text))
        return (code, None) if code is not None else (None, NOT_A_LABEL)
    if re.fullmatch(r"\s*-?\d+(?:\.0+)?\s*", text):
        return str(int(float(text))), None
    found = _CODE_AND_LABEL.match(text)
    if found is None or plain(found["label"]) not in by_label:
        return None, NOT_A_LABEL
    if by_label[plain(found["label"])] != str(int(found["code"])):
        return None, CONTRADICTION
    return str(int(found["code"])), None
