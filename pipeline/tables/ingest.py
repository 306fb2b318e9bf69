"""What ingest makes: receipts, wave tables, labels of a deposit, outcomes of field reports."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.tables.contracts import dy

SET_ASIDE, NOT_IN_FILE, ROUTED_OUT = "set aside", "not in the file", "not asked of this person"
"""What a wave table holds in place of a code that was set aside, of an item whose variable the file lacks, and of an
item that its ``asked_when`` puts to other people."""

INTERVIEW_MODE = "mode of the interview"
"""The column of a wave table that says how people were interviewed, where files of one arm differ in that."""

MARKED_MISSING = " (marked missing in the file)"
"""What stands behind a code that the file's own missing ranges hold, and that the declarations take for an answer."""


class Receipt(dy.Schema):
    """One row per part: the rows of a deposited file that serve one wave and arm."""

    study = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    file = dy.String(primary_key=True)
    format = dy.String()
    first_bytes = dy.String()  # the format that they indicate, whatever the file's name
    sha256 = dy.String(min_length=64, max_length=64)
    bytes = dy.Int64(min=0)
    rows = dy.Int64(min=0)  # of the part; with those below, of the file
    in_file = dy.Int64(min=0)
    elsewhere = dy.Int64(min=0)  # of other waves or arms
    left_out = dy.Int64(min=0)  # declared to be of none
    not_present = dy.Int64(min=0)  # the wave's, but by its `present` no interview
    variables = dy.Int64(min=0)
    first_interview = dy.Date(nullable=True)
    last_interview = dy.Date(nullable=True)
    fieldwork_start = dy.Date()  # as declared
    fieldwork_end = dy.Date()
    warnings = dy.Int64(min=0)  # what the reader noted about a file that it could read
    received_at = dy.Datetime(time_zone="UTC")
    loaded = dy.Int64(min=0)
    quarantined = dy.Int64(min=0)  # not loaded, with the reason
    set_aside = dy.Int64(min=0)  # left out by a declared rule: previews, copies of a row
    apart = dy.String(nullable=True)  # why rows were not loaded, with counts

    @dy.rule()
    def received_is_loaded_and_quarantined_and_set_aside(cls) -> pl.Expr:
        return pl.col("rows") == pl.col("loaded") + pl.col("quarantined") + pl.col("set_aside")

    @dy.rule()
    def every_row_of_the_file_is_somewhere(cls) -> pl.Expr:
        return pl.col("in_file") == pl.sum_horizontal("rows", "elsewhere", "left_out", "not_present")


class Joins(dy.Schema):
    """One row per file that is joined to a part: its bytes, its key, and what found nothing in the other."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    file = dy.String(primary_key=True)
    format = dy.String()
    sha256 = dy.String(min_length=64, max_length=64)
    bytes = dy.Int64(min=0)
    rows = dy.Int64(min=0)
    joined_to = dy.String(primary_key=True)  # the file of the part
    key = dy.String(primary_key=True)
    relation = dy.String()
    without = dy.Int64(min=0)  # rows of the part whose key is empty, or not in the file
    unused = dy.Int64(min=0)  # rows of the file whose key no row of the part has


def wave_schema(columns: Sequence[str]) -> type[dy.Schema]:
    """One row per deposited row of a wave: pseudonym, arm and wave, then every declared variable as text."""
    head: dict[str, dy.Column] = {
        "person_id": dy.String(primary_key=True),
        "study": dy.String(),
        "arm": dy.String(),
        "wave": dy.String(),
        "row": dy.Int64(min=1),
    }
    sources = {name: dy.String(nullable=True) for name in columns if name not in head}
    return type("Wave", (dy.Schema,), head | sources)


class Labels(dy.Schema):
    """One row per wave, arm, variable and labelled code of a deposit: the file's own documentation."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    variable = dy.String(primary_key=True)
    label = dy.String(nullable=True)
    code = dy.String(primary_key=True)  # empty on the one row that a variable without value labels has
    code_label = dy.String(nullable=True)
    missing = dy.String(nullable=True)  # codes marked as missing: "-99..-88;97..97"; null where the format cannot
    is_in_file = dy.Bool()  # false on the one row of a declared variable that the file lacks
    nearest = dy.String(nullable=True)  # of a variable that the file lacks: the most similar name in it
    left_out_item = dy.String(nullable=True)  # of a column that nothing is read from: the item that might lie in it
    left_out_why = dy.String(nullable=True)  # not_asked (by declaration), read_before (in an earlier wave)
    answers = dy.Int64(nullable=True, min=0)  # how many such a column holds


class FieldOutcomes(dy.Schema):
    """One row per person and wave with an entry in a field report: interviewed, or the reason for non-response."""

    person_id = dy.String(primary_key=True)
    arm = dy.String()
    wave = dy.String(primary_key=True)
    outcome = dy.String()


class SampleFiles(dy.Schema):
    """One row per generated deposit of a study: its SHA-256 as it was generated."""

    file = dy.String(primary_key=True)
    sha256 = dy.String(min_length=64, max_length=64)
