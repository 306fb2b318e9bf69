"""How a mediation diagram is drawn: exposure and outcome as tall boxes, between them one row for each path.

No arrow crosses another, whatever the number of mediators and their order, and every number has a place of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.figures.arrows import draw_arrow
from pipeline.figures.mediation_chains import Chain, Diagram, Step
from pipeline.figures.sheet import Heading, Sheet, name_height
from pipeline.figures.style import DARK_BLUE, INK, LABEL, QUIET, SMALL, ink, line_height, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAD = 0.14
LINE = line_height(SMALL)
BETWEEN = 0.3
"""Inches between two diagrams."""
LEAST_ARROW = 0.44
SLIM, BAR = 4.5, 0.16


@dataclass(frozen=True)
class _Room:
    """Inches: the whole width, that of the outer boxes, and that of mediators' boxes, by how many a chain has.

    ``slim``: where there is little room, exposure and outcome are bars, with their names above.
    """

    whole: float
    outer: float
    slim: bool
    words: float

    @classmethod
    def of(cls, drawn: Sequence[Diagram], labels: Mapping[str, str], whole: float) -> _Room:
        ends = [labels[name] for one in drawn for name in (one.exposure, one.outcome)]
        between = [labels[name] for one in drawn for chain in one.chains for name in chain.mediators]
        slim = whole < SLIM
        outer = BAR if slim else min(max(_longest(ends) + PAD, whole * 0.17), whole * 0.24)
        return cls(whole, outer, slim, _longest(between) + PAD)

    def inner(self, boxes: int) -> float:
        """The width of each of so many boxes: their longest word, more where arrows keep their length."""
        left = self.whole - 2 * self.outer
        most = (left - LEAST_ARROW * (boxes + 1)) / max(boxes, 1)
        roomy = (left - 1.25 * (boxes + 1)) / max(boxes, 1)
        return min(max(roomy, self.words), most, 1.6)


def _longest(labels: Iterable[str]) -> float:
    return max((text_width(word, SMALL) for label in labels for word in label.split()), default=0.0)


def draw_mediation(heading: Heading, drawn: Sequence[Diagram], labels: Mapping[str, str], width: float) -> Figure:
    """Each diagram under its name, from the top."""
    whole = width - 0.28
    room = _Room.of(drawn, labels, whole)
    talls = [[_row_height(chain, labels, room) for chain in diagram.chains] for diagram in drawn]
    names = [wrap(diagram.name, whole, LABEL, bold=True) if diagram.name else [] for diagram in drawn]
    ends = [_ends(diagram, labels, room) for diagram in drawn]
    heights = [
        name_height(name) + len(above) * LINE + sum(rows) + LINE + 0.14
        for name, above, rows in zip(names, ends, talls, strict=True)
    ]
    sheet = Sheet(heading, width, sum(heights) + BETWEEN * (len(drawn) - 1))
    top = 0.0
    for diagram, rows, name, above, height in zip(drawn, talls, names, ends, heights, strict=True):
        sheet.name(top, name)
        start = top + name_height(name)
        for number, (left, right) in enumerate(above):
            sheet.text(0, start + LINE * (number + 0.7), left, size=SMALL)
            sheet.text(whole, start + LINE * (number + 0.7), right, size=SMALL, ha="right")
        start += len(above) * LINE
        _diagram(sheet, diagram, labels, room, start, rows)
        top += height + BETWEEN
    return sheet.figure


def _ends(diagram: Diagram, labels: Mapping[str, str], room: _Room) -> list[tuple[str, str]]:
    """The lines above bars too slim for a name: exposure at the left, outcome at the right."""
    if not room.slim:
        return []
    both = [wrap(labels[name], room.whole / 2 - 0.1, SMALL) for name in (diagram.exposure, diagram.outcome)]
    most = max(map(len, both))
    left, right = ([""] * (most - len(lines)) + lines for lines in both)
    return list(zip(left, right, strict=True))


def _row_height(chain: Chain, labels: Mapping[str, str], room: _Room) -> float:
    """The room of a row: its highest box, the number over its arrows, and the effect below."""
    inner = room.inner(len(chain.mediators)) - PAD
    boxes = [len(wrap(labels[name], inner, SMALL)) * LINE + 0.14 for name in chain.mediators]
    return max(max(boxes, default=0.0), 2 * LINE + 0.12) + LINE + 0.2


def _diagram(
    sheet: Sheet, diagram: Diagram, labels: Mapping[str, str], room: _Room, top: float, rows: Sequence[float]
) -> None:
    tall = sum(rows)
    axes = sheet.axes(0, top, room.whole, tall + LINE + 0.14)
    axes.set(xlim=(0, room.whole), ylim=(tall + LINE + 0.14, 0), yticks=[], xticks=[])
    axes.spines["bottom"].set_visible(False)
    for name, left in ((diagram.exposure, 0.0), (diagram.outcome, room.whole - room.outer)):
        lines = [] if room.slim else wrap(labels[name], room.outer - PAD, SMALL)
        _box(axes, left, 0.02, room.outer, tall - 0.04, lines)
    at = 0.0
    for chain, height in zip(diagram.chains, rows, strict=True):
        _chain(axes, chain, labels, room, at, height)
        at += height
    text = f"Total effect {diagram.total.text}"
    _number(axes, room.whole / 2, tall + LINE / 2 + 0.08, text, diagram.total)


def _chain(axes: Axes, chain: Chain, labels: Mapping[str, str], room: _Room, top: float, height: float) -> None:
    """Boxes of mediators at equal distances, arrows between them, and the effect along the chain below."""
    level = top + (height - LINE - 0.06) / 2
    left, right = room.outer, room.whole - room.outer
    inner = room.inner(len(chain.mediators))
    gap = (right - left - inner * len(chain.mediators)) / (len(chain.mediators) + 1)
    ends = [left]
    for place, name in enumerate(chain.mediators):
        start = left + gap * (place + 1) + inner * place
        lines = wrap(labels[name], inner - PAD, SMALL)
        tall = len(lines) * LINE + 0.14
        _box(axes, start, level - tall / 2, inner, tall, lines)
        ends += [start, start + inner]
    ends.append(right)
    for place, step in enumerate(chain.steps):
        said = step.brief if chain.mediators else f"{chain.name} {step.brief}"
        _arrow(axes, ends[2 * place], ends[2 * place + 1], level, step, said)
    if chain.mediators:
        text = f"{chain.name} {chain.effect.text}"
        _number(axes, room.whole / 2, top + height - LINE / 2 - 0.06, text, chain.effect)


def _arrow(axes: Axes, start: float, end: float, level: float, step: Step, said: str) -> None:
    draw_arrow(axes, (start, level), (end, level), clear=step.is_clear, head=(0.22, 0.45))
    middle, fits = (start + end) / 2, text_width(step.bracket, SMALL) + 0.12 <= end - start
    if text_width(said, SMALL, bold=step.is_clear) + 0.02 <= end - start:
        _number(axes, middle, level - LINE * 0.62, said, step)
    if fits and step.bracket:
        _number(axes, middle, level + LINE * 0.66, step.bracket, step)


def _number(axes: Axes, x: float, y: float, text: str, step: Step) -> None:
    colour = DARK_BLUE if step.is_clear else QUIET
    weight = "bold" if step.is_clear else "normal"
    axes.text(x, y, text, size=SMALL, ha="center", va="center_baseline", color=ink(colour), weight=weight, zorder=3)


def _box(axes: Axes, left: float, top: float, wide: float, tall: float, lines: Sequence[str]) -> None:
    from matplotlib.patches import Rectangle

    axes.add_artist(Rectangle((left, top), wide, tall, fc="white", ec=INK, lw=1.1, zorder=4))
    for number, line in enumerate(lines):
        level = top + tall / 2 + LINE * (number - (len(lines) - 1) / 2)
        axes.text(left + wide / 2, level, line, size=SMALL, ha="center", va="center_baseline", zorder=5)
