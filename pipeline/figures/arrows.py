"""Arrows of path diagrams: solid and dark where the estimate differs from zero, dashed and quiet where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.figures.style import DARK_BLUE, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Point = tuple[float, float]


def draw_arrow(axes: Axes, start: Point, end: Point, *, clear: bool, head: Point) -> None:
    """An arrow from ``start`` to ``end``; ``head``: width and length of its head, in matplotlib's units."""
    axes.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": f"-|>,head_width={head[0]:g},head_length={head[1]:g}",
            "color": DARK_BLUE if clear else QUIET,
            "lw": 1.8 if clear else 1.1,
            "ls": "-" if clear else (0, (4, 3)),
            "shrinkA": 1,
            "shrinkB": 1,
        },
        zorder=2,
    )
