"""What is made of a wave's files: its rows, its receipts, its labels, and what was set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

HEAD = ("person_id", "study", "arm", "wave", "row")


@dataclass(frozen=True)
class WaveTable:
    """``frame``: one row per row loaded, all text but ``row``; ``receipts``: one row per file; ``labels``: what
    the files say of themselves (contracts ``Receipt`` and ``Labels``). ``quarantined``: one row per row set aside, with
    its ``reason``; ``dates``: one row per interview date set aside; ``counts``: what became of the rows received."""

    frame: pl.DataFrame
    receipts: pl.DataFrame
    labels: pl.DataFrame
    notices: tuple[str, ...] = ()
    quarantined: pl.DataFrame = field(default_factory=pl.DataFrame)
    dates: pl.DataFrame = field(default_factory=pl.DataFrame)
    counts: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    """What paradata say of the interviews, in counts: speeders, stragglers, interviews in part."""
    joined: pl.DataFrame = field(default_factory=pl.DataFrame)
    """One row per file joined to a part (contract ``Joins``)."""
    doubts: tuple[str, ...] = ()
    """What may be no participant's, in counts: ids like those of test records, and what a workbook hides."""


def summary(table: WaveTable) -> dict[str, Any]:
    """What the UI shows of a wave: counts and hashes, never a row."""
    return {
        "rows": table.frame.height,
        "variables": table.frame.width - len(HEAD),
        "files": ", ".join(table.receipts["file"]),
        "sha256": ", ".join(text[:12] for text in table.receipts["sha256"]),
        "received_at": ", ".join(f"{moment:%Y-%m-%d %H:%M} UTC" for moment in table.receipts["received_at"]),
        "interviews": _window(table.receipts),
        "accounting": "; ".join(f"{place}: {count:,}" for place, count in table.counts.items()),
        **_other_rows(table.receipts),
    }


def _other_rows(receipts: pl.DataFrame) -> dict[str, str]:
    """Where the rows of the files are that are no interviews of this wave; nothing where there are none."""
    places = {"elsewhere": "of other waves or arms", "left_out": "declared left out", "not_present": "not_present"}
    counts = {words: int(receipts[name].sum()) for name, words in places.items() if name in receipts.columns}
    shown = "; ".join(f"{words}: {count:,}" for words, count in counts.items() if count)
    return {"other_rows": shown} if shown else {}


def _window(receipts: pl.DataFrame) -> str:
    dates = [*receipts["first_interview"].drop_nulls(), *receipts["last_interview"].drop_nulls()]
    return f"{min(dates)} to {max(dates)}" if dates else "no dates in the file"
