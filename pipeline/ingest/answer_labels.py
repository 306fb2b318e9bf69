"""Answers delivered as words, or as a code with its words: back to codes, by the declared labels alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.columns import some
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.specs.study import WaveFile

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


def declared_codes(study: Study, wave: str, file: WaveFile, frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """The frame of a file with answers as codes, where it is declared to hold words. Declared missing codes stay.

    Raises ``DepositError`` that names each variable with texts that are no declared answer, and how many.
    """
    if file.answers == "codes":
        return frame
    misfits: dict[str, int] = {}
    columns: dict[str, pl.Series] = {}
    for key, item in study.items.items():
        variable = source_variable(study, wave, file, key)
        exception = study.waves[wave].exceptions.get(key)
        labels = exception.codes if exception and exception.codes else item.codes
        if variable is None or variable not in frame.columns or not labels:
            continue
        missing = {**study.about.missing, **item.missing, **(exception.missing if exception else {})}
        answers = columns.get(variable, frame[variable]).cast(pl.String)
        codes, reasons = codes_of(answers, labels, file.answers)
        is_missing = answers.is_in(list(missing)).fill_null(False)
        columns[variable] = pl.select(pl.when(is_missing).then(answers).otherwise(codes)).to_series().alias(variable)
        wrong = int((reasons.is_not_null() & ~is_missing).sum())
        if wrong:
            misfits[variable] = wrong
    if misfits:
        named = some([f"{variable} ({count:,})" for variable, count in misfits.items()])
        raise DepositError(
            f"texts that are no declared answer, in {named}",
            where=where,
            count=sum(misfits.values()),
            todo="Declare the texts as `codes` of the item (or in the wave's exceptions), or as missing codes.",
        )
    return frame.with_columns(columns.values())


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
