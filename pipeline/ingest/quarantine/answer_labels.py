"""Answers delivered as words, or as a code with its words: back to codes, by the declared labels alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import polars as pl

from pipeline.ingest.formats.numbers import NUMBER
from pipeline.specs.answer_words import plain
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable

How = Literal["labels", "code_and_label"]

NOT_A_LABEL = "a text that is no declared answer"
CONTRADICTION = "a code with the label of another"
SEVERAL = "a label of several codes"

_CODE_AND_LABEL = re.compile(r"^\s*(?P<code>-?\d+)(?:\.0+)?\s*(?:[-–—:.)=]\s*|\s+)(?P<label>\S.*?)\s*$")


def codes_of(answers: pl.Series, labels: Mapping[str, str], how: How) -> tuple[pl.Series, pl.Series]:
    """The code of each answer as text, and per row the reason why there is none; one of both per answered cell.

    ``labels`` maps code → declared text. Texts are compared without regard to case, spaces at the ends and the shape
    of apostrophes; nothing else is guessed. With ``code_and_label`` a cell such as ``5 - Strongly agree`` must have
    the code and the label of one answer; a bare code is taken as it is.
    """
    by_label: dict[str, list[str]] = {}
    for code, label in labels.items():
        by_label.setdefault(plain(label), []).append(code)
    distinct = answers.cast(pl.String).drop_nulls().unique(maintain_order=True)
    read = [_read(text, by_label, how) for text in distinct]
    texts = answers.cast(pl.String)
    codes = texts.replace_strict(distinct, [code for code, _ in read], default=None, return_dtype=pl.String)
    reasons = texts.replace_strict(distinct, [reason for _, reason in read], default=None, return_dtype=pl.String)
    return codes.rename(answers.name), reasons.rename("reason")


def declared_codes(study: Study, wave: str, file: WaveFile, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame of a file with answers as codes, where it is declared to hold words. Declared missing codes stay.

    A text that is no declared answer stays as it is, a number that is none in quotation marks: as codes that nobody
    declared they are found, counted and set aside later, and listed for staff.
    """
    if file.answers == "codes":
        return frame
    columns: dict[str, pl.Series] = {}
    for variable, (labels, missing) in _words(study, wave, file).items():
        if variable in frame.columns:
            answers = frame[variable].cast(pl.String)
            codes, reasons = codes_of(answers, labels, file.answers)
            is_missing = answers.is_in(list(missing)).fill_null(False)
            is_number = answers.str.contains(NUMBER).fill_null(False)
            other = pl.when(is_number).then(pl.format("“{}”", answers)).otherwise(answers)
            kept = pl.when(is_missing).then(answers).when(reasons.is_null()).then(codes).otherwise(other)
            columns[variable] = pl.select(kept.alias(variable)).to_series()
    return frame.with_columns(columns.values())


def _words(study: Study, wave: str, file: WaveFile) -> dict[str, tuple[dict[str, str], set[str]]]:
    """Variable → code → declared text, and its missing codes, over all items that are read from it."""
    found: dict[str, tuple[dict[str, str], set[str]]] = {}
    for key, item in study.items.items():
        variable = source_variable(study, wave, file, key)
        exception = study.waves[wave].exceptions.get(key)
        own = exception.codes if exception and exception.codes else item.codes
        if variable is not None and own:
            labels, missing = found.setdefault(variable, ({}, set(study.about.missing)))
            labels.update({code: label for code, label in own.items() if code not in labels})
            missing.update(item.missing, exception.missing if exception else {})
    return found


def _read(text: str, by_label: Mapping[str, list[str]], how: How) -> tuple[str | None, str | None]:
    """The code that a text stands for, or the reason why it stands for none."""
    if how == "labels":
        codes = by_label.get(plain(text), [])
        return (codes[0], None) if len(codes) == 1 else (None, SEVERAL if codes else NOT_A_LABEL)
    if re.fullmatch(r"\s*-?\d+(?:\.0+)?\s*", text):
        return str(int(float(text))), None
    found = _CODE_AND_LABEL.match(text)
    codes = by_label.get(plain(found["label"]), []) if found else []
    if found is None or not codes:
        return None, NOT_A_LABEL
    if not any(float(code) == float(found["code"]) for code in codes):
        return None, CONTRADICTION
    return str(int(found["code"])), None
