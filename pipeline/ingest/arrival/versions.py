"""Versions of a wave: each delivery kept as it came, and what a corrected one changes."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.arrival.kept import keep_deposit
from pipeline.ingest.arrival.redelivery import differences
from pipeline.ingest.wave_table import HEAD, WaveTable
from pipeline.specs.project import Study


def keep_versions(study: Study, wave: str, folder: Path, table: WaveTable, kept: Path) -> None:
    """Keep a copy of each file of a wave under its SHA-256, read-only; the same bytes are kept once."""
    names = {file.arm: file.file for file in study.waves[wave].files}
    for receipt in table.receipts.iter_rows(named=True):
        keep_deposit(find_file(folder, names[receipt["arm"]]), kept, receipt)


def what_changed(before: WaveTable | None, after: WaveTable) -> str:
    """In counts, what a corrected delivery changes; empty if the bytes are those of before, or there is no before."""
    if before is None or set(before.receipts["sha256"]) == set(after.receipts["sha256"]):
        return ""
    old, new = (table.frame.drop([name for name in HEAD if name != "person_id"]) for table in (before, after))
    found = differences(old, new, "person_id")
    variables = ", ".join(
        f"{row['variable']} ({row['changed'] + row['filled'] + row['emptied']:,})" if row["status"] == "differs"
        else f"{row['variable']} ({row['status']})"
        for row in found.cells.iter_rows(named=True)
    )  # fmt: skip
    return f"a corrected delivery: {found.words()}" + (f": {variables}" if variables else "")


def as_stored(frame: pl.DataFrame, receipts: pl.DataFrame) -> WaveTable:
    """The tables of an earlier build, to compare a new one with."""
    return WaveTable(frame, receipts, pl.DataFrame())
