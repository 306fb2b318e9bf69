"""How a path figure is laid out and drawn: constructs as rows, waves as columns, an arrow for every path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.figures.arrows import draw_arrow
from pipeline.figures.lags import Path
from pipeline.figures.sheet import Heading, Sheet
from pipeline.figures.style import DARK_BLUE, INK, LABEL, QUIET, SMALL, ink, line_height, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOX_TALL = 0.62
ROW = {"line": 1.35, "stacked": 1.6, "brief": 1.35}
"""Inches from construct to construct, by how the numbers are laid out."""


def draw_paths(
    heading: Heading, arrows: Sequence[Path], constructs: Mapping[str, str], waves: Mapping[str, str], width: float
) -> Figure:
    """The arrows between boxes. Where intervals are printed, the key says so."""
    across = width - 0.28
    box_wide = min(1.35, across / (len(waves) * 1.7))
    gap = (across - box_wide) / max(len(waves) - 1, 1)
    layout = _layout(arrows, gap - box_wide)
    key = heading.key if layout == "brief" else f"Intervals in brackets. {heading.key}"
    row_tall = ROW[layout]
    lines = {construct: _lines(label, box_wide) for construct, label in constructs.items()}
    box_tall = max(BOX_TALL, *(line_height(size) * len(words) + 0.16 for words, size in lines.values()))
    row_tall += box_tall - BOX_TALL
    tall = row_tall * (len(constructs) - 1) + box_tall
    sheet = Sheet(replace(heading, key=key), width, 0.26 + tall + 0.1)
    axes = sheet.axes(0, 0.26, across, tall)
    axes.set(xlim=(0, across), ylim=(tall, 0), yticks=[], xticks=[])
    axes.spines["bottom"].set_visible(False)
    places = {
        (construct, wave): (box_wide / 2 + gap * column, box_tall / 2 + row_tall * row)
        for row, construct in enumerate(constructs)
        for column, wave in enumerate(waves)
    }
    for column, label in enumerate(waves.values()):
        sheet.text(box_wide / 2 + gap * column, 0.12, label, ha="center", color=QUIET)
    for (construct, _), place in places.items():
        _box(axes, place, (box_wide, box_tall), *lines[construct])
    for arrow in arrows:
        _arrow(axes, arrow, places, (box_wide, box_tall), layout, row_tall)
    return sheet.figure


def _layout(arrows: Sequence[Path], room: float) -> str:
    """How much of a path's numbers has room between two columns."""
    if all(text_width(arrow.text("line"), SMALL, bold=True) + 0.7 <= room for arrow in arrows):
        return "line"
    lines = [line for arrow in arrows for line in arrow.text("stacked").split("\n")]
    return "stacked" if all(text_width(line, SMALL, bold=True) + 0.2 <= room for line in lines) else "brief"


def _lines(label: str, wide: float) -> tuple[list[str], float]:
    """The lines of a box's label, and their size."""
    fits = max((text_width(word, LABEL) for word in label.split()), default=0.0) <= wide - 0.14
    size = LABEL if fits else SMALL
    return wrap(label, wide - 0.14, size), size


def _box(axes: Axes, place: tuple[float, float], box: tuple[float, float], lines: Sequence[str], size: float) -> None:
    from matplotlib.patches import Rectangle

    (x, y), (wide, tall) = place, box
    axes.add_artist(Rectangle((x - wide / 2, y - tall / 2), wide, tall, fc="white", ec=INK, lw=1.1, zorder=4))
    for number, line in enumerate(lines):
        level = y + line_height(size) * (number - (len(lines) - 1) / 2)
        axes.text(x, level, line, size=size, ha="center", va="center_baseline", zorder=5, clip_on=False)


def _arrow(
    axes: Axes,
    path: Path,
    places: Mapping[tuple[str, str], tuple[float, float]],
    box: tuple[float, float],
    layout: str,
    row: float,
) -> None:
    (x0, y0), (x1, y1) = places[path.start], places[path.end]
    (wide, tall), down = box, _sign(y1 - y0)
    x0, x1 = x0 + wide / 2, x1 - wide / 2
    y0, y1 = y0 + (tall / 2 - 0.15) * down, y1 - (tall / 2 - 0.15) * down
    colour = DARK_BLUE if path.differs_from_zero else QUIET
    draw_arrow(axes, (x0, y0), (x1, y1), clear=path.differs_from_zero, head=(0.25, 0.5))
    # Crossing arrows meet in the middle; their numbers stand before it, where the arrows do not touch yet.
    at = 0.5 if y0 == y1 else 0.27 if abs(y1 - y0) < row else 0.22
    axes.text(
        x0 + (x1 - x0) * at,
        y0 + (y1 - y0) * at,
        path.text(layout),
        size=SMALL,
        ha="center",
        va="center_baseline",
        color=ink(colour),
        weight="bold" if path.differs_from_zero else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
        zorder=3,
    )


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
