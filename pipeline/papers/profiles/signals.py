"""Signals of the tension monitor in a profile: where to look next, never a verdict on a place."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.content import Cell, Runs
from pipeline.papers.phrases import in_sentence
from pipeline.papers.profiles.subject import Subject, said
from pipeline.papers.prose.origin import Origin
from pipeline.papers.prose.quantity import Quantity, dp, size

COLUMNS = ("area", "measure", "wave", "against", "fall", "signal", "n_persons")


def signals_of(subject: Subject, monitor: pl.DataFrame | None) -> tuple[Runs, ...]:
    """One paragraph per measure that fell by more than sampling explains at the wave of the profile."""
    if monitor is None or monitor.is_empty():
        return ()
    missing = [column for column in COLUMNS if column not in monitor.columns]
    if missing:
        raise PaperError(f"there is no column `{missing[0]}`", where="monitor", todo=f"It has {', '.join(COLUMNS)}.")
    own = monitor.filter(
        pl.col("area") == subject.area,
        pl.col("wave") == subject.wave,
        pl.col("signal") == "below",
        pl.col("n_persons") >= subject.tables.smallest,
        pl.col("fall").is_not_null(),
    )
    return tuple(_paragraphs(subject, own))


def _paragraphs(subject: Subject, rows: pl.DataFrame) -> Iterator[Runs]:
    for row in rows.iter_rows(named=True):
        if subject.row(row["measure"]) is None:
            continue
        label = in_sentence(subject.measure(row["measure"]))
        where = (("area", subject.area), ("wave", subject.wave))
        judged = Cell("estimate", row["fall"], row["n_persons"], where, row["measure"], weighted=True)
        origin = Origin(
            f"Fall of {label}",
            f"monitor/{subject.numbers.study}",
            outcome=row["measure"],
            component="change",
            place=(subject.wave, subject.area),
            column="fall",
            judged=judged,
        )
        fell = subject.numbers.print(dp(size(Quantity(row["fall"], origin)), subject.settings.places))
        yield said(
            f"Early sign: {label} fell by ",
            fell,
            f" since {subject.wave_label(row['against'])}, more than chance "
            "explains. It says where to look next, and is no verdict on the place.",
        )
