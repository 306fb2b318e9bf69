"""How a participation figure is laid out and drawn: a stacked bar for each wave, joined by people's paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.figures.sheet import Heading, Sheet
from pipeline.figures.style import (
    DARK_BLUE,
    INK,
    PAPER,
    QUIET,
    SMALL,
    TURQUOISE,
    line_height,
    text_width,
    wrap,
)
from pipeline.figures.wave_counts import PRESENT, STATUSES, WaveCounts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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

GAP = 0.22
"""Inches between those who answered and those who did not: the number who answered stands there, on what it counts."""


def draw_flow(heading: Heading, panels: Mapping[str, list[WaveCounts]], width: float) -> Figure:
    whole = width - 0.28
    used = [status for status in STATUSES if any(wave.counts.get(status) for bars in panels.values() for wave in bars)]
    key = _key(used, whole)
    key_room = 0.2 * (max(row for row, _, _ in key) + 1) + 0.12
    most = max(wave.total for bars in panels.values() for wave in bars)
    # One scale for all panels, in people per inch, so that a small arm looks small.
    tallest = 2.3 if len(panels) == 1 else 1.9
    heights = [max(tallest * max(wave.total for wave in bars) / most, 0.3) for bars in panels.values()]
    name_room = 0.3 if len(panels) > 1 else 0.0
    above, below = name_room + GAP, 0.12 + line_height(SMALL) * max(_lines(bars, whole) for bars in panels.values())
    between = 0.16 if len(panels) > 1 else 0.0
    sheet = Sheet(heading, width, key_room + sum(heights) + (above + below + between) * len(panels))
    for row, left, status in key:
        _swatch(sheet, left, 0.13 + 0.2 * row, status)
    slots, top = max(len(bars) for bars in panels.values()), key_room
    for (name, bars), tall in zip(panels.items(), heights, strict=True):
        if name_room:
            sheet.text(0, top + 0.14, name, weight="bold")
        box = (0.0, top + name_room, whole * len(bars) / slots, tall + GAP)
        _panel(sheet, bars, box, most / tallest)
        top += above + tall + below + between
    return sheet.figure


def _key(used: list[str], whole: float) -> list[tuple[int, float, str]]:
    """Row and left edge of each entry of the key, as many to a row as fit."""
    row, left, placed = 0, 0.0, []
    for status in used:
        long = 0.2 + text_width(LOOKS[status][0], SMALL) + 0.22
        if left and left + long - 0.22 > whole:
            row, left = row + 1, 0.0
        placed.append((row, left, status))
        left += long
    return placed


def _swatch(sheet: Sheet, left: float, level: float, status: str) -> None:
    from matplotlib.patches import Rectangle

    label, colour, _ = LOOKS[status]
    across, down = 0.13 / sheet.figure.get_figwidth(), 0.13 / sheet.full_height
    sheet.figure.add_artist(Rectangle((sheet.x(left), sheet.y(level + 0.02)), across, down, color=colour, lw=0))
    sheet.text(left + 0.19, level, label, size=SMALL)


def _lines(bars: list[WaveCounts], whole: float) -> int:
    return max(len(wrap(bar.label, whole / len(bars) - 0.05, SMALL)) for bar in bars)


@dataclass(frozen=True)
class _Place:
    """Where a bar stands and how much room it has, in inches per slot and people per inch."""

    axes: Axes
    slot: float
    per_inch: float

    @property
    def half(self) -> float:
        """Half of a bar, as a share of its slot; the rest of the slot is for the paths."""
        return 0.28 if self.slot > 0.6 else 0.37

    @property
    def size(self) -> float:
        return SMALL if self.slot > 0.6 else SMALL - 1


def _panel(sheet: Sheet, bars: list[WaveCounts], box: tuple[float, float, float, float], per_inch: float) -> None:
    axes = sheet.axes(*box)
    axes.spines["bottom"].set_visible(False)
    axes.set_xlim(-0.5, len(bars) - 0.5)
    axes.set_ylim(0, per_inch * box[3])
    axes.set_yticks([])
    room = _Place(axes, box[2] / len(bars), per_inch)
    labels = ["\n".join(wrap(bar.label, room.slot - 0.05, SMALL)) for bar in bars]
    axes.set_xticks(range(len(bars)), labels, size=SMALL)
    for place, bar in enumerate(bars):
        _bar(room, place, bar)
        if place:
            _paths(room, place, bars[place - 1], bar)


def _bar(room: _Place, place: int, bar: WaveCounts) -> None:
    """One wave: its segments from the bottom up, each with its count where it fits."""
    from matplotlib.patches import Rectangle

    axes, bottom = room.axes, 0.0
    style: dict[str, Any] = {"size": room.size, "ha": "center", "zorder": 5}
    for status, (_, colour, ink) in LOOKS.items():
        count = bar.counts.get(status, 0)
        if count:
            looks: dict[str, Any] = {"fc": colour, "ec": PAPER, "lw": 0.5, "zorder": 3}
            axes.add_artist(Rectangle((place - room.half, bottom), 2 * room.half, count, **looks))
        fits = count / room.per_inch >= 0.15 and text_width(f"{count:,}", room.size) <= room.slot * 2 * room.half
        if fits and count != bar.answered:
            axes.text(place, bottom + count / 2, f"{count:,}", color=ink, va="center_baseline", **style)
        bottom += count
        if status == PRESENT[-1]:
            level = bottom + 0.05 * room.per_inch
            axes.text(place, level, f"{bar.answered:,}", weight="bold", va="bottom", color=INK, **style)
            bottom += GAP * room.per_inch


def _paths(room: _Place, place: int, before: WaveCounts, now: WaveCounts) -> None:
    """The ways from one wave to the next: stayed, left, returned, remained absent."""
    stayed, returned, left, away = (now.counts.get(name, 0) for name in ("stayed", "returned", "left", "away"))
    start, end, gap = place - 1 + room.half, place - room.half, GAP * room.per_inch
    out, gone = before.answered + gap, now.answered + gap  # where those who did not answer begin
    _ribbon(room.axes, (start, 0, stayed), (end, 0, stayed), DARK_BLUE)
    _ribbon(room.axes, (start, stayed, before.answered), (end, gone, gone + left), QUIET)
    _ribbon(room.axes, (start, out, out + returned), (end, stayed, stayed + returned), TURQUOISE)
    _ribbon(room.axes, (start, out + returned, before.total + gap), (end, gone + left, gone + left + away), QUIET)


def _ribbon(axes: Axes, start: tuple[float, float, float], end: tuple[float, float, float], colour: str) -> None:
    """A band that leaves the left bar level and reaches the right one level."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (x0, low0, high0), (x1, low1, high1) = start, end
    if high0 <= low0 and high1 <= low1:
        return
    mid = (x0 + x1) / 2
    corners = [(x0, low0), (mid, low0), (mid, low1), (x1, low1), (x1, high1), (mid, high1), (mid, high0), (x0, high0)]
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    axes.add_artist(PathPatch(Path(corners, codes), facecolor=colour, alpha=0.22, lw=0, zorder=2))
