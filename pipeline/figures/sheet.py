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
    text_width,
    wrap,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

MARGIN = 0.14


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

    def legend(self, left: float, top: float, entries: list[tuple[str, str, str]]) -> None:
        """Marker, colour and label of each series in one row; only where direct labels have no room."""
        from matplotlib.lines import Line2D

        for label, colour, marker in entries:
            place = ([self.x(left + 0.06)], [self.y(top - 0.035)])
            self.figure.add_artist(Line2D(*place, color=colour, marker=marker, markersize=6, linestyle="none"))
            self.text(left + 0.2, top, label)
            left += 0.2 + text_width(label) + 0.25


def add_line(axes: Axes, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
    """A line or markers on axes whose limits are set: without ``plot``'s search for limits, which takes longer."""
    from matplotlib.lines import Line2D

    axes.add_artist(Line2D(xs, ys, **style))
