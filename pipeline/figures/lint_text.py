"""What is wrong with the text of a drawn figure: found on the lines as they are set and on the pixels below them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.figures.findings import Finding, Medium
from pipeline.figures.render import POINTS, PngRenderer
from pipeline.figures.vision import Colour, contrast

if TYPE_CHECKING:
    from matplotlib.backend_bases import GraphicsContextBase
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text
    from numpy.typing import NDArray

DPI = 100
LEGIBLE = 4.5
"""The least contrast of text, WCAG 2.2 AA."""
CROSSED = 0.18
"""The share of the ground behind a letter's width that may be too like the text, before the letter is hard to read."""
SLACK = 0.6
"""Pixels by which boxes may touch: rounding."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class SetText:
    """One line of text as drawn: its ink's box (left, bottom, right, top in pixels) and what lay and lies there."""

    text: str
    box: Box
    size: float
    colour: Colour
    inside: Box
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]


class WatchingRenderer(PngRenderer):
    """Draws as for a PNG and notes every line of text with the pixels below it."""

    def __init__(self, width: int, height: int, dpi: float) -> None:
        super().__init__(width, height, dpi)  # type: ignore[no-untyped-call]
        self.lines: list[SetText] = []

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | Literal["TeX"] = False,
        mtext: Text | None = None,
    ) -> None:
        if not s.strip():
            return
        box = self._box(x, y, s, prop, angle, ismath)
        before = self.pixels(box).copy()
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        held = gc.get_clip_rectangle()
        inside = (0.0, 0.0, float(self.width), float(self.height)) if held is None else tuple(held.extents)
        size = prop.get_size_in_points()
        self.lines.append(
            SetText(s, box, size, Colour(*gc.get_rgb()[:3]), inside, before, self.pixels(box).copy())  # type: ignore[arg-type]
        )

    def _box(self, x: float, y: float, s: str, prop: FontProperties, angle: float, ismath: Any) -> Box:
        wide, tall, descent = self.get_text_width_height_descent(s, prop, ismath)
        turn = math.radians(angle)
        corners = [(across, up) for across in (0.0, wide) for up in (-descent, tall - descent)]
        xs = [x + across * math.cos(turn) - up * math.sin(turn) for across, up in corners]
        ys = [self.height - y + across * math.sin(turn) + up * math.cos(turn) for across, up in corners]
        return min(xs), min(ys), max(xs), max(ys)

    def pixels(self, box: Box) -> NDArray[np.uint8]:
        """The pixels of a box, rows from the top, as far as it lies on the canvas."""
        left, bottom, right, top = (max(round(side), 0) for side in box)
        rows = slice(max(int(self.height) - top, 0), max(int(self.height) - bottom, 0))
        image: NDArray[np.uint8] = np.asarray(self.buffer_rgba())  # type: ignore[no-untyped-call]
        return image[rows, left:right, :3]


def watched(figure: Figure) -> WatchingRenderer:
    """The figure drawn once, with its lines of text as they were set."""
    usual = figure.dpi
    figure.dpi = DPI
    try:
        renderer = WatchingRenderer(int(figure.bbox.width), int(figure.bbox.height), DPI)
        figure.draw(renderer)
    finally:
        figure.dpi = usual
    return renderer


def text_findings(figure: Figure, medium: Medium) -> Iterator[Finding]:
    """Text that overlaps, is cut off, covered, hard to read on its ground, or too small where the figure is shown."""
    renderer = watched(figure)
    body = _body(figure)
    overlapping = set()
    for one, other in combinations(renderer.lines, 2):
        if _overlap(one, other):
            overlapping |= {id(one), id(other)}
            yield Finding("overlap", f"“{one.text}” and “{other.text}” overlap")
    for line in renderer.lines:
        if _is_cut(line, body):
            yield Finding("clipped", f"“{line.text}” is cut off at an edge")
        elif id(line) not in overlapping and _is_covered(line, renderer):
            yield Finding("covered", f"“{line.text}” is covered by a shape")
        if (share := _unreadable(line)) > CROSSED:
            yield Finding(
                "contrast", f"“{line.text}” has a contrast under {LEGIBLE}:1 on {share:.0%} of a letter’s ground"
            )
    scale = medium.inches / ((body[2] - body[0]) / DPI if body else figure.get_figwidth())
    for size in sorted({line.size for line in renderer.lines if line.size * scale < medium.points - 0.01}):
        text = next(line.text for line in renderer.lines if line.size == size)
        yield Finding("size", f"“{text}” is {size * scale:.1f} pt {medium.where}, under {medium.points:g} pt")


def _body(figure: Figure) -> Box | None:
    """What a paper shows of the figure, in pixels."""
    inches = getattr(figure, "body", None)
    return None if inches is None else tuple(side * DPI for side in inches)


def _overlap(one: SetText, other: SetText) -> bool:
    """Whether two lines touch, or stand so close on one level that they read as one."""
    air = 0.12 * min(one.size, other.size) * DPI / POINTS
    (left, bottom, right, top), (left2, bottom2, right2, top2) = one.box, other.box
    across = min(right, right2) - max(left, left2) + 2 * air
    up = min(top, top2) - max(bottom, bottom2)
    return across > SLACK and up > SLACK


def _is_cut(line: SetText, body: Box | None) -> bool:
    if not _holds(line.inside, line.box):
        return True
    if body is None:
        return False
    middle = (line.box[1] + line.box[3]) / 2
    return body[1] < middle < body[3] and not _holds(body, line.box)


def _holds(outer: Box, inner: Box) -> bool:
    lowest = all(outer[side] <= inner[side] + SLACK for side in (0, 1))
    return lowest and all(inner[side] <= outer[side] + SLACK for side in (2, 3))


def _is_covered(line: SetText, renderer: WatchingRenderer) -> bool:
    now = renderer.pixels(line.box)
    if not now.size:
        return False
    changed = np.abs(now.astype(int) - line.after.astype(int)).max(axis=2) > 24
    return bool(changed.mean() > 0.02)


def _unreadable(line: SetText) -> float:
    """The largest share, over all stretches of a letter's width, of ground that has too little contrast."""
    ground = line.before
    if not ground.size:
        return 0.0
    colours, which = np.unique(ground.reshape(-1, 3), axis=0, return_inverse=True)
    poor = np.array([contrast(Colour(*(colour / 255)), line.colour) < LEGIBLE for colour in colours])
    columns = poor[which].reshape(ground.shape[:2]).mean(axis=0)
    across = max(min(round(line.size * DPI / POINTS), len(columns)), 1)
    return float(np.convolve(columns, np.ones(across) / across, mode="valid").max())
