"""Answers in words that are no declared answer: word for word, for staff alone."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.harmonise.crosswalk import rules
from pipeline.harmonise.drift.codes import is_code
from pipeline.harmonise.drift.reading import read
from pipeline.options import known_options
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.project import Study

SCHEMA = {
    "wave": pl.String,
    "arm": pl.String,
    "item": pl.String,
    "variable": pl.String,
    "text": pl.String,
    "count": pl.Int64,
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by a spreadsheet."""


@known_options
def unmatched_answers(study: Study, waves: Mapping[str, pl.DataFrame], findings: pl.DataFrame) -> pl.DataFrame:
    """One row per wave, arm, item and text that is no declared answer, with its count, the most frequent first.

    Holds what people may have written: to be kept with the quarantine, never shown.
    """
    kinds = findings.filter(pl.col("kind").is_in(["undeclared_code", "no_number"]))
    wanted = set(kinds.select("wave", "arm", "item").iter_rows())
    rows: list[tuple[object, ...]] = []
    for wave, deposited in waves.items():
        for file in arm_files(study, wave):
            in_arm = deposited.filter(pl.col("arm") == file.arm)
            for rule in rules(study, wave, file):
                if (wave, file.arm, rule.item) in wanted and rule.variable in in_arm.columns:
                    texts = {code: count for code, count in read(rule, in_arm).unknown.items() if not is_code(code)}
                    ordered = sorted(texts.items(), key=lambda entry: (-entry[1], entry[0]))
                    rows += [(wave, file.arm, rule.item, rule.variable, text, count) for text, count in ordered]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@known_options
def unmatched_csv(found: pl.DataFrame) -> bytes:
    """The list as CSV, for its owner alone. A text that a spreadsheet would run as a formula gets an apostrophe."""
    hostile = pl.col("text").str.slice(0, 1).is_in(FORMULA)
    inert = found.with_columns(text=pl.when(hostile).then(pl.format("'{}", "text")).otherwise("text"))
    return inert.write_csv(include_bom=True).encode()
