"""One figure as a sheet laid out from top to bottom: heading, plots, footer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.figures.style import (
    DARK_PINK,
    INK,
    LABEL,
    PAPER,
    QUIET,
    SMALL,
    SUBTITLE,
    SYNTHETIC,
    TITLE,
    line_height,
    outline,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

MARGIN = 0.14
LEGEND_ROW = 0.2


@dataclass(frozen=True)
class Heading:
    """The words around a figure. ``title`` says what was found, ``subtitle`` what was measured.

    ``key`` says how to read the picture ("Bars show 95% confidence intervals.") and belongs to it; the other words
    are the frame, which a paper crops away and sets as text of its own.
    """

    title: str
    subtitle: str = ""
    source: str = ""
    note: str = ""
    key: str = ""
    synthetic: bool = False


class Sheet:
    """A matplotlib figure ``width`` inches wide, with room for a body of ``height`` inches below the heading.

    Positions are inches from the top left corner of the body. ``figure.body`` keeps its left, bottom, right and
    top, in inches from the bottom left of the figure, for a paper to crop to.
    """

    def __init__(self, heading: Heading, width: float, height: float) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        across = width - 2 * MARGIN
        above = [(line, TITLE, True, INK) for line in wrap(heading.title, across, TITLE, bold=True)]
        above += [("", 3.0, False, INK)] if heading.title and heading.subtitle else []
        above += [(line, SUBTITLE, False, QUIET) for line in wrap(heading.subtitle, across, SUBTITLE)]
        source = f"Source: {heading.source}" if heading.source else ""
        below = [(line, SMALL, False, QUIET) for text in (heading.note, source) for line in wrap(text, across, SMALL)]
        key = wrap(heading.key, across, SMALL)
        key_room = line_height(SMALL) * len(key) + (0.06 if key else 0)
        mark = 0.3 if heading.synthetic else 0.0
        top = MARGIN + sum(line_height(size) for _, size, _, _ in above) + (0.1 if above else 0)
        foot = MARGIN + sum(line_height(size) for _, size, _, _ in below) + (0.08 if below else 0)
        self.width, self.height = across, height
        self.full_height = top + mark + height + key_room + foot
        self.figure = Figure(figsize=(width, self.full_height))
        FigureCanvasAgg(self.figure)
        self._top = self.full_height - top - mark
        air = 0.05  # for tick labels that reach into the margin
        self.figure.body = (MARGIN - air, foot, width - MARGIN + air, self._top + mark)  # type: ignore[attr-defined]
        self._lines(above, self.full_height - MARGIN)
        self._lines([(line, SMALL, False, QUIET) for line in key], self._top - height - 0.06)
        self._lines(below, self._top - height - key_room - (0.0 if key else 0.08))
        if heading.synthetic:
            self._mark()

    def _lines(self, lines: list[tuple[str, float, bool, str]], top: float) -> None:
        for line, size, bold, colour in lines:
            top -= line_height(size)
            if not line:
                continue
            self.figure.text(
                MARGIN / self.figure.get_figwidth(),
                (top + 0.25 * size / 72) / self.full_height,
                line,
                size=size,
                weight="bold" if bold else "normal",
                color=colour,
                va="baseline",
            )

    def _mark(self) -> None:
        """The synthetic mark: part of the picture, so that a cut-out figure still says it."""
        lines = wrap(SYNTHETIC, self.width - 0.2, SMALL, bold=True)
        text = lines[0] if len(lines) == 1 else SYNTHETIC.split(":")[0]
        self.text(
            0.047,
            -0.2,
            text,
            size=SMALL,
            weight="bold",
            color=PAPER,
            va="center_baseline",
            bbox={"facecolor": DARK_PINK, "edgecolor": "none", "boxstyle": "square,pad=0.42"},
        )

    def x(self, inches: float) -> float:
        """A position from the body's left edge, as a share of the figure."""
        return (MARGIN + inches) / float(self.figure.get_figwidth())

    def y(self, inches: float) -> float:
        """A position down from the body's top edge, as a share of the figure."""
        return (self._top - inches) / self.full_height

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes with a bottom spine only and quiet ticks."""
        bottom = self.y(top + height)
        axes = self.figure.add_axes(
            (self.x(left), bottom, width / float(self.figure.get_figwidth()), height / self.full_height)
        )
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0, labelsize=LABEL, pad=4)
        axes.set_axisbelow(True)
        return axes

    def text(self, left: float, top: float, text: str, **style: Any) -> Text:
        """One line of text at a place of the body."""
        shown: dict[str, Any] = {"size": LABEL, "color": INK, "va": "baseline"} | style
        return self.figure.text(self.x(left), self.y(top), text, **shown)

    def name(self, top: float, lines: Sequence[str], left: float = 0.0) -> None:
        """The name of a panel, above it."""
        for number, line in enumerate(lines):
            self.text(left, top + line_height(LABEL) * (number + 0.8), line, weight="bold")

    def legend(self, left: float, top: float, entries: Sequence[tuple[str, str, str]]) -> None:
        """Marker, colour and label of each series, in rows; only where direct labels have no room."""
        from matplotlib.lines import Line2D

        places = placed_in_rows([label for label, _, _ in entries], self.width - left)
        for (_, colour, marker), (row, start, lines) in zip(entries, places, strict=True):
            across, down = left + start, top + LEGEND_ROW * row
            place = ([self.x(across + 0.06)], [self.y(down - 0.045)])
            self.figure.add_artist(Line2D(*place, color=colour, marker=marker, markersize=6, linestyle="none"))
            for number, line in enumerate(lines):
                self.text(across + 0.2, down + LEGEND_ROW * number, line, size=SMALL)

    def box(self, left: float, top: float, across: float, down: float, colour: str, **style: Any) -> None:
        """A filled rectangle, outlined where its fill is pale."""
        from matplotlib.patches import Rectangle

        corner = (self.x(left), self.y(top + down))
        size = (across / self.figure.get_figwidth(), down / self.full_height)
        looks: dict[str, Any] = {"fc": colour, "ec": outline(colour), "lw": 0.6} | style
        self.figure.add_artist(Rectangle(corner, *size, **looks))

    def swatches(self, top: float, entries: Sequence[tuple[str, str]]) -> None:
        """Fill and label of each category, in rows."""
        places = placed_in_rows([label for label, _ in entries], self.width)
        for (_, colour), (row, left, lines) in zip(entries, places, strict=True):
            down = top + LEGEND_ROW * row
            self.box(left, down - 0.11, 0.13, 0.13, colour)
            for number, line in enumerate(lines):
                self.text(left + 0.2, down + LEGEND_ROW * number, line, size=SMALL)


def names_of(panels: Sequence[str], whole: float) -> list[list[str]]:
    """The lines of each panel's name; none where there is one panel only."""
    return [wrap(name, whole, LABEL, bold=True) if len(panels) > 1 else [] for name in panels]


def name_height(lines: Sequence[str]) -> float:
    """The room in inches that the name of a panel takes above it."""
    return line_height(LABEL) * len(lines) + 0.06 if lines else 0.0


def placed_in_rows(labels: Sequence[str], whole: float) -> list[tuple[int, float, list[str]]]:
    """Row, left edge (inches) and lines of each entry of a legend, as many to a row as fit."""
    row, left, tall = 0, 0.0, 0
    placed: list[tuple[int, float, list[str]]] = []
    for label in labels:
        lines = wrap(label, whole - 0.2, SMALL) or [""]
        long = 0.2 + max(text_width(line, SMALL) for line in lines)
        if left and left + long > whole:
            row, left, tall = row + tall, 0.0, 0
        placed.append((row, left, lines))
        left, tall = left + long + 0.22, max(tall, len(lines))
    return placed


def legend_room(labels: Sequence[str], whole: float) -> float:
    """The height of a legend in inches; none without labels."""
    rows = max((row + len(lines) for row, _, lines in placed_in_rows(labels, whole)), default=0)
    return LEGEND_ROW * rows + 0.06 if rows else 0.0


def add_line(axes: Axes, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
    """A line or markers on axes whose limits are set: without ``plot``'s search for limits, which takes longer."""
    from matplotlib.lines import Line2D

    axes.add_artist(Line2D(xs, ys, **style))
