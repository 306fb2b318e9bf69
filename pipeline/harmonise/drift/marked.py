"""Codes that a file marks as missing and that a decision takes for answers all the same: said as long as it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.harmonise.drift.codes import marked_words
from pipeline.harmonise.drift.finding import Finding
from pipeline.harmonise.drift.missing import is_marked
from pipeline.harmonise.drift.reading import Reading
from pipeline.harmonise.texts import is_number
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study


def accepted_marks(
    study: Study,
    wave: str,
    file: WaveFile,
    now: Mapping[str, Reading],
    rows: pl.DataFrame,
    marked: Mapping[str, str | None],
) -> Iterator[Finding]:
    """One finding per item about which such a decision is declared. ``marked``: variable → the codes it marks."""
    for decision in study.waves[wave].decisions:
        reading = now.get(decision.item)
        if decision.finding != "marked_missing" or decision.decision != "accept" or reading is None:
            continue
        variable = str(reading.rule.variable)
        ranges = marked.get(variable) or ""
        codes = {
            str(code): count
            for code, count in rows[variable].drop_nulls().value_counts(name="count").iter_rows()
            if ranges and is_number(code) and is_marked(code, ranges) and code not in reading.missing
        }
        if codes:
            what, todo = marked_words(codes)
            yield Finding(
                file.arm, decision.item, "marked_missing", "blocks", what, f"{file.file}, `{variable}`", todo,
                count=sum(codes.values()),
            )  # fmt: skip
