"""Areas as dots with their intervals, the highest first, and a line at all areas together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.area_values import Area, Areas, area_words, areas_of, data_of, declared_areas
from pipeline.figures.data import FEWEST
from pipeline.figures.forest import Mark, Row, Scale, forest
from pipeline.figures.picture import Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import DARK_BLUE, WIDE, styled, with_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

MOST = 45
"""Areas that fit on a page."""


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The declared estimates by area; a second model without a group gives the line of all areas."""
    areas, level = declared_areas(spec, study, material), material.confidence(spec)
    drawn = partial(_drawn, areas, confidence=level, x_label=spec.y_label)
    return Picture(_alt(areas, level), drawn, data=data_of(areas, level))


@public(infinite=False)
@styled
def area_dots(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    title: str,
    subtitle: str = "",
    source: str = "",
    wave: str | None = None,
    percent: bool = False,
    x_label: str = "",
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each area's estimate with its interval, the highest first, over a line at all areas together.

    ``estimates``: rows of ``Estimates`` of one outcome with component ``mean`` or ``share``; the ``group`` is the area,
    and a row without one is of all areas. ``labels``: area → name. ``wave``: the last one unless it is named. Areas of
    fewer than ten people are named below, without a value.

    Raises ``PaperError`` if no area has ten people, or if there are more than ``MOST``.
    """
    areas = areas_of(estimates, labels, wave=wave, percent=percent)
    words = {"title": title, "subtitle": subtitle, "source": source, "note": note}
    return _drawn(areas, **words, confidence=confidence, x_label=x_label, synthetic=synthetic, width=width)


@public(infinite=False)
def alt_area_dots(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    wave: str | None = None,
    percent: bool = False,
    confidence: float = 0.95,
) -> str:
    """What ``area_dots`` with these arguments shows: the highest, the lowest, all together, and every area."""
    return _alt(areas_of(estimates, labels, wave=wave, percent=percent), confidence)


def _alt(areas: Areas, confidence: float) -> str:
    start = f"Dot plot of {len(areas.shown)} areas with {confidence * 100:g}% confidence intervals, the highest first."
    listed = "; ".join(f"{area.label} {areas.text(area)}" for area in areas.shown)
    return f"{start} {area_words(areas)} In order: {listed}."


@styled
def _drawn(
    areas: Areas,
    *,
    title: str,
    subtitle: str,
    source: str,
    note: str,
    synthetic: bool,
    width: float,
    confidence: float,
    x_label: str,
) -> Figure:
    shown = areas.shown
    if len(shown) > MOST:
        raise PaperError("too many areas for one figure", count=len(shown), todo=f"Draw at most {MOST}, or a tile map.")
    key = f"Lines show {confidence * 100:g}% confidence intervals."
    if areas.overall and areas.overall.value is not None:
        key += " The vertical line marks all areas together."
    lowest = min(end for area in shown for end in (area.value, area.low) if end is not None)
    key += " The axis does not start at zero." if areas.percent and lowest > 0 else ""
    key += "" if areas.percent else " The axis covers the values shown, not the whole scale of the answers."
    few = [area.label for area in areas.hidden]
    key += f" Not shown, with under {FEWEST} people or not known: {', '.join(few)}." if few else ""
    reference = areas.overall.value if areas.overall and areas.overall.value is not None else None
    middle = reference if reference is not None else (shown[-1].value or 0.0)
    named = f"All: {areas.text(areas.overall)}" if areas.overall and reference is not None else ""
    scale = Scale(x_label, middle, reference_label=named, unit="%" if areas.percent else "", line=reference is not None)
    rows = [Row(area.label, (_mark(area, areas.percent),)) for area in shown]
    return forest(Heading(title, subtitle, source, note, key, synthetic), rows, scale, "Estimate (interval)", width)


def _mark(area: Area, percent: bool) -> Mark:
    assert area.value is not None
    text = with_interval(area.value, area.low, area.high, places=0 if percent else 2)
    return Mark(area.value, area.low, area.high, "", DARK_BLUE, "o", text, area.people, 0 if percent else 2)
