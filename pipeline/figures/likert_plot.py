"""How diverging stacked bars are laid out and drawn: disagreement left of a line, agreement right of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.figures.answer_shares import Category, Row
from pipeline.figures.sheet import Heading, Sheet, legend_room
from pipeline.figures.style import INK, LABEL, QUIET, SMALL, line_height, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BAR, AIR = 0.24, 0.1


def draw_likert(heading: Heading, rows: Sequence[Row], categories: Sequence[Category], width: float) -> Figure:
    """A bar for each row, with shares where they fit, and the sum of each side at its ends."""
    whole, narrow = width - 0.28, width <= 5
    key = [(category.label, category.colour) for category in categories]
    key_room = legend_room([label for label, _ in key], whole) + 0.06
    names = 0.0 if narrow else min(max(text_width(row.label, LABEL) for row in rows) + 0.12, 2.0)
    labels = [wrap(row.label, whole if narrow else names - 0.06, LABEL) for row in rows]
    ends = text_width("100%", SMALL, bold=True) + 0.1
    reach = [_reach(row, categories) for row in rows]
    left, right = max(one for one, _ in reach), max(other for _, other in reach)
    per_point = (whole - names - 2 * ends) / (left + right)
    heights = [_height(label, narrow) for label in labels]
    sheet = Sheet(heading, width, key_room + sum(heights) + 0.05)
    sheet.swatches(0.13, key)
    middle, top = names + ends + left * per_point, key_room
    for row, label, tall in zip(rows, labels, heights, strict=True):
        over = line_height(LABEL) * len(label)
        first = top if narrow else top + (tall - over) / 2
        for number, line in enumerate(label):
            sheet.text(0, first + line_height(LABEL) * (number + 0.78), line)
        bar = top + over + 0.03 if narrow else top + (tall - BAR) / 2
        _bar(sheet, row, categories, (middle, bar), per_point)
        top += tall
    _middle(sheet, middle, key_room, top)
    return sheet.figure


def _height(label: Sequence[str], narrow: bool) -> float:
    over = line_height(LABEL) * len(label)
    return over + BAR + AIR + 0.05 if narrow else max(over, BAR) + AIR


def _reach(row: Row, categories: Sequence[Category]) -> tuple[float, float]:
    """How far a bar reaches left and right of the middle, in points of per cent."""
    half = row.total(categories, 0) / 2
    return row.total(categories, -1) + half, row.total(categories, 1) + half


def _bar(sheet: Sheet, row: Row, categories: Sequence[Category], corner: tuple[float, float], per_point: float) -> None:
    middle, top = corner
    left = middle - _reach(row, categories)[0] * per_point
    level = top + BAR - 0.075
    _end(sheet, row, categories, -1, left - 0.05, level)
    for category, share in zip(categories, row.shares, strict=True):
        across = share.value * per_point
        if across > 0:
            sheet.box(left, top, across, BAR, category.colour)
        text = f"{share.value:.0f}%"
        if not share.few and text_width(text, SMALL) + 0.08 <= across:
            sheet.text(left + across / 2, level, text, size=SMALL, color=category.ink, ha="center")
        left += across
    _end(sheet, row, categories, 1, left + 0.05, level)


def _end(sheet: Sheet, row: Row, categories: Sequence[Category], side: int, at: float, level: float) -> None:
    """The sum of one side, outside of the bar; not where it would give away a withheld answer."""
    own = [share for share, category in zip(row.shares, categories, strict=True) if category.side == side]
    if sum(share.few for share in own) == 1 or all(share.few for share in own):
        return
    text = f"{row.total(categories, side):.0f}%"
    sheet.text(at, level, text, size=SMALL, weight="bold", color=INK, ha="right" if side < 0 else "left")


def _middle(sheet: Sheet, at: float, top: float, bottom: float) -> None:
    from matplotlib.lines import Line2D

    ends = [sheet.y(top - 0.02), sheet.y(bottom)]
    sheet.figure.add_artist(Line2D([sheet.x(at)] * 2, ends, color=QUIET, lw=0.9, zorder=0))
