"""How a participation figure is laid out and drawn: a stacked bar for each wave, joined by people's paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.figures.flow_rows import LOOKS, draw_rows
from pipeline.figures.sheet import Heading, Sheet, legend_room, name_height, names_of
from pipeline.figures.style import (
    DARK_BLUE,
    INK,
    QUIET,
    SMALL,
    TURQUOISE,
    line_height,
    outline,
    text_width,
    wrap,
)
from pipeline.figures.wave_counts import PRESENT, STATUSES, WaveCounts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GAP = 0.22
"""Inches between those who answered and those who did not: the number who answered stands there, on what it counts."""


def draw_flow(heading: Heading, panels: Mapping[str, list[WaveCounts]], width: float) -> Figure:
    """Bars side by side with paths between them; one below the other where there are too many for their numbers."""
    whole = width - 0.28
    used = [status for status in STATUSES if any(wave.counts.get(status) for bars in panels.values() for wave in bars)]
    key = [LOOKS[status][:2] for status in used]
    slots = max(len(bars) for bars in panels.values())
    longest = max(text_width(f"{wave.answered:,}", SMALL, bold=True) for bars in panels.values() for wave in bars)
    if whole / slots < longest + 0.06:
        return draw_rows(heading, panels, width, key)
    key_room = legend_room([label for label, _ in key], whole) + 0.06
    most = max(wave.total for bars in panels.values() for wave in bars)
    # One scale for all panels, in people per inch, so that a small arm looks small.
    tallest = 2.1 if len(panels) == 1 else 1.5
    heights = [max(tallest * max(wave.total for wave in bars) / most, 0.3) for bars in panels.values()]
    names = names_of(list(panels), whole)
    rooms = [name_height(name) for name in names]
    below = 0.12 + line_height(SMALL) * max(_lines(bars, whole) for bars in panels.values())
    between = 0.08 if len(panels) > 1 else 0.0
    sheet = Sheet(heading, width, key_room + sum(heights) + sum(rooms) + (GAP + below + between) * len(panels))
    sheet.swatches(0.13, key)
    top = key_room
    for bars, tall, name, room in zip(panels.values(), heights, names, rooms, strict=True):
        sheet.name(top, name)
        box = (0.0, top + room, whole * len(bars) / slots, tall + GAP)
        _panel(sheet, bars, box, most / tallest)
        top += room + GAP + tall + below + between
    return sheet.figure


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
        return SMALL


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
            looks: dict[str, Any] = {"fc": colour, "ec": outline(colour), "lw": 0.6, "zorder": 3}
            axes.add_artist(Rectangle((place - room.half, bottom), 2 * room.half, count, **looks))
        fits = count / room.per_inch >= 0.15 and text_width(f"{count:,}", room.size) <= room.slot * 2 * room.half
        if fits and count != bar.answered and status not in bar.withheld:
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
    ribbon(room.axes, (start, 0, stayed), (end, 0, stayed), DARK_BLUE)
    ribbon(room.axes, (start, stayed, before.answered), (end, gone, gone + left), QUIET)
    ribbon(room.axes, (start, out, out + returned), (end, stayed, stayed + returned), TURQUOISE)
    ribbon(room.axes, (start, out + returned, before.total + gap), (end, gone + left, gone + left + away), QUIET)


def ribbon(
    axes: Axes, start: tuple[float, float, float], end: tuple[float, float, float], colour: str, strength: float = 0.22
) -> None:
    """A band that leaves the left bar level and reaches the right one level."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (x0, low0, high0), (x1, low1, high1) = start, end
    if high0 <= low0 and high1 <= low1:
        return
    mid = (x0 + x1) / 2
    corners = [(x0, low0), (mid, low0), (mid, low1), (x1, low1), (x1, high1), (mid, high1), (mid, high0), (x0, high0)]
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    looks: dict[str, Any] = {"facecolor": (colour, strength), "edgecolor": (outline(colour), 1), "lw": 0.6}
    axes.add_artist(PathPatch(Path(corners, codes), zorder=2, **looks))
