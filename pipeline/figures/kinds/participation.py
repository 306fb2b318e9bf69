"""Who took part: each wave's people by whether they stayed, returned, were new or were absent, and their paths."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.figures.calendar import arm_titles, wave_titles
from pipeline.figures.data import of_waves
from pipeline.figures.flow_plot import draw_flow
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled
from pipeline.figures.wave_counts import WaveCounts, bars_of, participation_counts, publishable_counts
from pipeline.options import known_options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

STATUS_WORDS = {
    "stayed": "also answered the wave before",
    "returned": "returned after a gap",
    "entered": "answered for the first time",
    "left": "had answered the wave before but not this one",
    "away": "had not answered the wave before either",
}


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """Who took part in each arm of the study; ``spec.groups`` names and chooses arms."""
    counts = publishable_counts(participation_counts(material.who_took_part()), study.about.disclosure.counts)
    shared: Arguments = {"waves": wave_titles(study), "arms": spec.groups or arm_titles(study)}
    data = of_waves(bars_of(counts, **shared), STATUS_WORDS)
    return Picture(alt_participation(counts, **shared), partial(participation_flow, counts, **shared), data=data)


@known_options
@styled
def participation_flow(
    participation: pl.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    source: str = "",
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each wave as a bar of people who stayed, returned, entered, left or are away, joined by their paths.

    ``participation``: the ``Participation`` table, or what ``participation_counts`` made of it. ``waves``: wave, or
    (arm, wave) → label below the bar ("2016"). ``arms``: arm → label, in the order to be drawn, one panel each.

    Raises ``PaperError`` if there is nothing to draw.
    """
    panels = bars_of(participation, waves, arms)
    return draw_flow(Heading(title, subtitle, source, note, "Bold: the number who answered.", synthetic), panels, width)


@known_options
def alt_participation(
    participation: pl.DataFrame,
    *,
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
) -> str:
    """What ``participation_flow`` with these arguments shows: who answered each wave, and where they came from."""
    panels = bars_of(participation, waves, arms)
    parts = ["Stacked bars, one per wave, joined by people's paths from wave to wave."]
    for name, bars in panels.items():
        over = f"{name}: " if len(panels) > 1 else ""
        parts.append(over + "; ".join(_wave_words(bar, len(panels) > 1) for bar in bars) + ".")
    return " ".join(parts)


def _wave_words(bar: WaveCounts, brief: bool) -> str:
    answered = f"{bar.label}, {bar.answered:,} answered"
    if brief or bar.total == bar.counts.get("entered", 0):
        return answered
    said = {status: "some" if status in bar.withheld else f"{count:,}" for status, count in bar.counts.items()}
    parts = [f"{said[status]} {words}" for status, words in STATUS_WORDS.items() if bar.counts.get(status)]
    return f"{answered} ({', '.join(parts)})"
