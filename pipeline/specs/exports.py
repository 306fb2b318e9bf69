"""Formats of an export: one record of facts each, which names the module that writes the file of a data set.

A format is one record here (or one that is registered) and one module in ``pipeline/exports/formats/``. ``Limits`` says
what a program allows in names and labels; what does not fit is cut or renamed, and a table says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.specs.records import Records


@dataclass(frozen=True)
class Limits:
    """What a program allows. ``name``: characters of a variable's name; ``label`` and ``value_label``: bytes of theirs
    in UTF-8, and ``label_signs`` signs of it where these are counted, too; ``reserved``: words that are no names.
    """

    name: int
    label: int
    value_label: int
    reserved: re.Pattern[str]
    label_signs: int | None = None


@dataclass(frozen=True)
class ExportFormat:
    """What is known of a format. ``words`` says for whom it is; ``function``: ``module:name``, called with a
    ``DataSet`` and the path of a draft. ``limits``: those of its program; None where any name and label may stand.
    """

    key: str
    words: str
    function: str
    limits: Limits | None = None


SPSS = Limits(
    name=64,
    label=256,
    value_label=120,
    reserved=re.compile(r"all|and|by|eq|ge|gt|le|lt|ne|not|or|to|with", re.IGNORECASE),
)
"""IBM SPSS Statistics, Variable names; System file: labels of variables and of values."""

STATA = Limits(
    name=32,
    label=320,
    label_signs=80,
    value_label=32_000,
    reserved=re.compile(r"_.*|byte|double|float|if|in|int|long|str(l|f|\d+)|using|with|alias|strl", re.IGNORECASE),
)
"""Stata 18: help limits, help reswords; names in the letters that every release has."""

EXPORT_FORMATS: Records[ExportFormat] = Records(
    "a format of exports",
    ExportFormat("parquet", "Apache Parquet, with labels in the file", "pipeline.exports.formats.parquet:write"),
    ExportFormat("duckdb", "DuckDB, each table and column commented", "pipeline.exports.formats.duckdb_file:write"),
    ExportFormat("sav", "SPSS, with user-missing values", "pipeline.exports.formats.sav:write", SPSS),
    ExportFormat("dta", "Stata 14 and later, with tagged missing values", "pipeline.exports.formats.dta:write", STATA),
    ExportFormat("csv", "CSV, for R and everything else", "pipeline.exports.formats.csv_file:write"),
)
"""Format → its record. Extensions add theirs with ``EXPORT_FORMATS.register``."""
