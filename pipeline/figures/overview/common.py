"""Measures that several studies and arms have, as dots: a heading for each measure, a row for each study and arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.door import public
from pipeline.figures.draw import Drawing
from pipeline.figures.forest import Mark, Row, Scale, forest
from pipeline.figures.sheet import Heading
from pipeline.figures.style import DARK_BLUE, styled, with_interval
from pipeline.specs.rounding import decimal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 9
"""Rows that fit into one figure."""


@public(infinite=False)
def common_drawings(
    levels: pl.DataFrame,
    *,
    concepts: Mapping[str, str],
    rows: Mapping[tuple[str, str], str],
    periods: Mapping[tuple[str, str, str], str] | None = None,
    source: str = "",
    synthetic: bool = False,
) -> dict[str, Drawing]:
    """Name → figure of as many measures as fit into one.

    ``levels``: a row per concept, study and arm (``estimate, conf_low, conf_high``); ``concepts``: concept → label;
    ``rows``: study and arm → label; ``periods``: study, arm and wave → its months, which stand
    behind the label. Each measure has the questions of its own study: the note says so.
    """
    labels = [_label(row, rows, periods or {}) for row in levels.iter_rows(named=True)]
    levels = levels.with_columns(pl.Series("_label", labels, dtype=pl.String))
    groups = list(_groups(levels))
    found = {}
    for number, names in enumerate(groups, start=1):
        own = levels.filter(pl.col("concept").is_in(names))
        more = f", part {chr(64 + number)}" if len(groups) > 1 else ""
        title = f"What several studies and arms measure{more}"
        note = "Each study and arm has its own questions: rows of one measure differ in wording."
        heading = Heading(title, "Scores from 0 to 100", source, note, "Lines show confidence intervals.", synthetic)
        draw = partial(_drawn, own, dict(concepts), heading)
        found[f"common_{number}"] = Drawing(_alt(own, concepts), source, draw, note=note, title=title)
    return found


def _groups(levels: pl.DataFrame) -> Iterator[list[str]]:
    """Measures in their order, as many as fit."""
    names: list[str] = []
    used = 0
    for (concept,), own in levels.group_by("concept", maintain_order=True):
        if names and used + own.height + 1 > MOST:
            yield names
            names, used = [], 0
        names.append(str(concept))
        used += own.height + 1
    if names:
        yield names


@styled
def _drawn(
    levels: pl.DataFrame,
    concepts: Mapping[str, str],
    heading: Heading,
    width: float,
) -> Figure:
    shown: list[Row] = []
    for (concept,), own in levels.group_by("concept", maintain_order=True):
        shown.append(Row(concepts.get(str(concept), str(concept))))
        shown += [Row(row["_label"], (_mark(row),)) for row in own.iter_rows(named=True)]
    lowest = min(row for row in levels["conf_low"].to_list() if row is not None)
    return forest(heading, shown, Scale("", lowest, line=False), "Score (interval)", width)


def _label(
    row: Mapping[str, Any], rows: Mapping[tuple[str, str], str], periods: Mapping[tuple[str, str, str], str]
) -> str:
    """Who was asked, and in which months where they are known."""
    who = rows.get((row["study"], row["arm"]), f"{row['study']}, {row['arm']}")
    return ", ".join(filter(None, (who, periods.get((row["study"], row["arm"], row["wave"])))))


def _mark(row: Mapping[str, Any]) -> Mark:
    text = with_interval(row["estimate"], row["conf_low"], row["conf_high"], places=1)
    return Mark(row["estimate"], row["conf_low"], row["conf_high"], "", DARK_BLUE, "o", text, row["n_persons"], 1)


def _alt(levels: pl.DataFrame, concepts: Mapping[str, str]) -> str:
    parts = ["Dots with intervals, a row for each study and arm under each measure."]
    for (concept,), own in levels.group_by("concept", maintain_order=True):
        listed = "; ".join(f"{row['_label']} {decimal(row['estimate'], 1)}" for row in own.iter_rows(named=True))
        parts.append(f"{concepts.get(str(concept), str(concept))}: {listed}.")
    return " ".join(parts)
