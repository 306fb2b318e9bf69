"""How a figure of patterns is laid out and drawn: rows of tiles, each with a bar of its people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.figures.answer_patterns import Panel, Pattern
from pipeline.figures.sheet import Heading, Sheet, name_height, names_of
from pipeline.figures.style import DARK_BLUE, INK, QUIET, SMALL, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EMPTY = "#E6E6E6"
ROW, TILE, HEAD, BETWEEN = 0.24, 0.16, 0.26, 0.2


def draw_patterns(heading: Heading, panels: Sequence[Panel], width: float) -> Figure:
    columns = 2 if len(panels) > 1 and width > 5 else 1
    whole = (width - 0.28 - BETWEEN * (columns - 1)) / columns
    pitch, labelled = _pitch(panels, whole)
    tiles = pitch * max(len(panel.waves) for panel in panels)
    tiles = max(tiles, max(text_width(p.label, SMALL) for panel in panels for p in panel.patterns) + 0.05)
    values = max(text_width(p.value, SMALL) for panel in panels for p in panel.patterns)
    longest = whole - tiles - 0.15 - values - 0.08
    most = max([pattern.share for panel in panels for pattern in panel.patterns if pattern.waves] or [1.0])
    names = names_of([panel.name for panel in panels], whole)
    heights = [
        name_height(name) + HEAD + ROW * len(panel.patterns) + 0.1 for name, panel in zip(names, panels, strict=True)
    ]
    rows = [heights[start : start + columns] for start in range(0, len(heights), columns)]
    sheet = Sheet(heading, width, sum(max(row) for row in rows))
    for number, (panel, name) in enumerate(zip(panels, names, strict=True)):
        top = sum(max(row) for row in rows[: number // columns])
        left = (whole + BETWEEN) * (number % columns)
        sheet.name(top, name, left)
        at = top + name_height(name) + HEAD
        _heads(sheet, panel, pitch, (left, at - 0.09), labelled)
        for place, pattern in enumerate(panel.patterns):
            _row(sheet, pattern, pitch, (left, at + ROW * place), (tiles + 0.15, longest / most))
    return sheet.figure


def _pitch(panels: Sequence[Panel], whole: float) -> tuple[float, bool]:
    """Inches from tile to tile, and whether the waves' own names have room over them (else their numbers do).

    Of many waves the tiles are narrower, so that the bars beside them have room.
    """
    widest = max(text_width(label, SMALL) for panel in panels for label in panel.waves)
    many = max(len(panel.waves) for panel in panels)
    wanted = max(widest + 0.1, TILE + 0.06)
    if len(panels) == 1 and wanted * many <= 0.45 * whole:
        return wanted, True
    return min(TILE + 0.06, (0.45 * whole - text_width("wave", SMALL)) / many), False


def _heads(sheet: Sheet, panel: Panel, pitch: float, corner: tuple[float, float], labelled: bool) -> None:
    left, level = corner
    every = next(step for step in (1, 2, 5, 10, 20, 50, 1000) if labelled or _room(step, panel) <= pitch * step)
    for place, label in enumerate(panel.waves):
        text = label if labelled else str(place + 1)
        if place and (place + 1) % every:
            continue
        sheet.text(left + pitch * (place + 0.5), level, text, size=SMALL, color=QUIET, ha="center")
    if not labelled:
        sheet.text(left + pitch * len(panel.waves) + 0.06, level, "wave", size=SMALL, color=QUIET)


def _room(step: int, panel: Panel) -> float:
    """What numbers of every so many waves need from one to the next."""
    return text_width(str(len(panel.waves) // step * step or 1), SMALL) + 0.08


def _row(sheet: Sheet, pattern: Pattern, pitch: float, corner: tuple[float, float], bar: tuple[float, float]) -> None:
    (edge, level), (left, per_share) = corner, bar
    left += edge
    if pattern.waves is None:  # many patterns together: a bar comparable with those of single ones would mislead
        sheet.text(edge, level + 0.155, pattern.label, size=SMALL, color=QUIET)
        sheet.text(left, level + 0.155, pattern.value, size=SMALL, color=QUIET)
        return
    for place, answered in enumerate(pattern.waves):
        wide = min(TILE, 0.73 * pitch)
        sheet.box(edge + pitch * (place + 0.5) - wide / 2, level + 0.04, wide, TILE, DARK_BLUE if answered else EMPTY)
    across = max(pattern.share * per_share, 0.02)
    sheet.box(left, level + 0.05, across, TILE - 0.02, DARK_BLUE)
    sheet.text(left + across + 0.08, level + 0.155, pattern.value, size=SMALL, color=INK)
