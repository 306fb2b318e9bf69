"""Who answered which waves: each pattern of answered and missed waves as a row of tiles, with its people as a bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.figures.answer_patterns import Pattern, panels_of, pattern_counts, rounded_patterns
from pipeline.figures.calendar import arm_titles, wave_titles
from pipeline.figures.data import of_patterns
from pipeline.figures.pattern_plot import draw_patterns
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled
from pipeline.options import known_options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """Who answered which waves in each arm of the study; ``spec.groups`` names and chooses arms."""
    counts = rounded_patterns(pattern_counts(material.who_took_part()), study.about.disclosure.counts)
    shared: Arguments = {"waves": wave_titles(study), "arms": spec.groups or arm_titles(study)}
    data = of_patterns(panels_of(counts, **shared))
    return Picture(alt_patterns(counts, **shared), partial(participation_patterns, counts, **shared), data=data)


@known_options
@styled
def participation_patterns(
    participation: pl.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    source: str = "",
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
    top: int | None = None,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """The commonest patterns of each arm: a tile for each wave, filled where answered, and a bar of their people.

    ``participation``: the ``Participation`` table, or what ``pattern_counts`` made of it. ``waves``: wave, or (arm,
    wave) → label; ``arms``: arm → label, in the order to be drawn. ``top`` patterns are shown of each arm (12, or 6 of
    several arms), the rest as one row.

    Raises ``PaperError`` if nobody ever answered.
    """
    panels = panels_of(participation, waves, arms, top)
    key = "Filled: answered that wave. Bars: people, and their share of all in the arm who ever answered."
    key = key.replace(" in the arm", "") if len(panels) == 1 else key
    return draw_patterns(Heading(title, subtitle, source, note, key, synthetic), panels, width)


@known_options
def alt_patterns(
    participation: pl.DataFrame,
    *,
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
    top: int | None = None,
) -> str:
    """What ``participation_patterns`` with these arguments shows: each pattern in words, with its people."""
    panels = panels_of(participation, waves, arms, top)
    parts = ["Rows of tiles, one for each pattern of answered and missed waves, with bars of how many people have it."]
    for panel in panels:
        over = f"{panel.name}: " if len(panels) > 1 else ""
        parts.append(over + "; ".join(f"{_words(p, panel.waves)}, {p.value}" for p in panel.patterns) + ".")
    return " ".join(parts)


def _words(pattern: Pattern, waves: Sequence[str]) -> str:
    if pattern.waves is None:
        return pattern.label
    answered = [label for label, here in zip(waves, pattern.waves, strict=True) if here]
    if len(answered) == len(waves):
        return "every wave"
    return f"only {answered[0]}" if len(answered) == 1 else f"{', '.join(answered[:-1])} and {answered[-1]}"
