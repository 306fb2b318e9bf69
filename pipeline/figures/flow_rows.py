"""A participation figure of many waves, or on a phone: a bar for each wave, one below the other, without paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.figures.sheet import Heading, Sheet, legend_room, name_height, names_of
from pipeline.figures.style import (
    DARK_BLUE,
    INK,
    PAPER,
    SMALL,
    TURQUOISE,
    line_height,
    text_width,
    wrap,
)
from pipeline.figures.wave_counts import PRESENT, WaveCounts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIGHT_ORANGE = "#F9B68E"
LEFT_GREY = "#686868"
"""Darker than the returned and lighter than the stayed also where a page is printed in grey."""

LOOKS = {
    "stayed": ("Answered this wave and the one before", DARK_BLUE, PAPER),
    "returned": ("Returned after a gap", TURQUOISE, INK),
    "entered": ("Answered for the first time", LIGHT_ORANGE, INK),
    "left": ("Answered the wave before, but not this one", LEFT_GREY, PAPER),
    "away": ("Answered neither this wave nor the one before", "#E6E6E6", INK),
}
"""Status → label, colour, and the colour of text on it; neighbours differ in lightness too, for print in grey."""

ROW, BAR = 0.24, 0.18


def draw_rows(
    heading: Heading, panels: Mapping[str, list[WaveCounts]], width: float, key: Sequence[tuple[str, str]]
) -> Figure:
    """A row for each wave: who answered it and, after their number, who did not. ``key``: label and colour."""
    whole = width - 0.28
    bars = [bar for some in panels.values() for bar in some]
    names = min(max(text_width(bar.label, SMALL) for bar in bars) + 0.1, 0.4 * whole)
    number = max(text_width(f"{bar.answered:,}", SMALL, bold=True) for bar in bars) + 0.12
    per_inch = max(bar.total for bar in bars) / (whole - names - number)
    over = dict(zip(panels, names_of(list(panels), whole), strict=True))
    labels = {name: [wrap(bar.label, names - 0.05, SMALL) for bar in some] for name, some in panels.items()}
    rows = {name: [max(ROW, line_height(SMALL) * len(label) + 0.06) for label in labels[name]] for name in panels}
    key_room = legend_room([label for label, _ in key], whole) + 0.06
    heights = [name_height(over[name]) + sum(rows[name]) + 0.1 for name in panels]
    sheet = Sheet(heading, width, key_room + sum(heights))
    sheet.swatches(0.13, key)
    top = key_room
    for name, some in panels.items():
        sheet.name(top, over[name])
        top += name_height(over[name])
        for bar, label, tall in zip(some, labels[name], rows[name], strict=True):
            for place, line in enumerate(label):
                first = (tall - line_height(SMALL) * len(label)) / 2 + line_height(SMALL) * 0.78
                sheet.text(0, top + first + line_height(SMALL) * place, line, size=SMALL)
            _bar(sheet, bar, (names, top + (tall - BAR) / 2), per_inch, number)
            top += tall
        top += 0.1
    return sheet.figure


def _bar(sheet: Sheet, bar: WaveCounts, corner: tuple[float, float], per_inch: float, number: float) -> None:
    """One wave from left to right: those who answered, how many they are, and those who did not."""
    left, top = corner
    for status, (_, colour, ink) in LOOKS.items():
        count = bar.counts.get(status, 0)
        across = count / per_inch
        if count:
            sheet.box(left, top, across, BAR, colour)
        if count != bar.answered and status not in bar.withheld and text_width(f"{count:,}", SMALL) + 0.08 <= across:
            sheet.text(left + across / 2, top + BAR - 0.05, f"{count:,}", size=SMALL, color=ink, ha="center")
        left += across
        if status == PRESENT[-1]:
            sheet.text(left + 0.05, top + BAR - 0.05, f"{bar.answered:,}", size=SMALL, weight="bold", color=INK)
            left += number
