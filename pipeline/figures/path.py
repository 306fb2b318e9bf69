"""Paths of a cross-lagged model: what goes on to what from one wave to the next, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.sheet import Heading, Sheet
from pipeline.figures.style import (
    DARK_BLUE,
    INK,
    LABEL,
    QUIET,
    SMALL,
    WIDE,
    decimal,
    ink,
    interval,
    line_height,
    styled,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOX_TALL, ROW = 0.62, 1.35


@dataclass(frozen=True)
class Path:
    """One arrow: from a construct at a wave to a construct at a later one."""

    start: tuple[str, str]
    end: tuple[str, str]
    estimate: float
    low: float | None
    high: float | None

    @property
    def is_told_from_zero(self) -> bool:
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def text(self, layout: str = "line") -> str:
        """The estimate with its interval on the same ``line``, ``stacked`` below it, or alone (``brief``)."""
        if layout == "brief" or self.low is None or self.high is None:
            return decimal(self.estimate)
        return f"{decimal(self.estimate)}{chr(10) if layout == 'stacked' else ' '}({interval(self.low, self.high)})"


@styled
def path_figure(
    paths: pl.DataFrame,
    *,
    constructs: Mapping[str, str],
    waves: Mapping[str, str],
    title: str,
    subtitle: str = "",
    source: str = "",
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Constructs as rows, waves as columns, and an arrow with its estimate for every path between them.

    ``paths``: one row per path, columns from_construct, from_wave, to_construct, to_wave, estimate, conf_low,
    conf_high. ``constructs`` and ``waves``: key → label, in the order to be drawn; for lags that are equal over time
    two waves are enough ("one wave", "the next"). Paths whose interval holds zero are dashed and grey.

    Raises ``PaperError`` if a path starts or ends at a construct or wave that is not named, or if there is none.
    """
    arrows = paths_of(paths, constructs, waves)
    across = width - 0.28
    box_wide = min(1.35, across / (len(waves) * 1.7))
    gap = (across - box_wide) / max(len(waves) - 1, 1)
    layout = _layout(arrows, gap - box_wide)
    key = f"Dashed: the {confidence * 100:g}% confidence interval holds zero."
    key = key if layout == "brief" else f"Intervals in brackets. {key}"
    tall = ROW * (len(constructs) - 1) + BOX_TALL
    sheet = Sheet(Heading(title, subtitle, source, note, key, synthetic), width, 0.26 + tall + 0.1)
    axes = sheet.axes(0, 0.26, across, tall)
    axes.set(xlim=(0, across), ylim=(tall, 0), yticks=[], xticks=[])
    axes.spines["bottom"].set_visible(False)
    places = {
        (construct, wave): (box_wide / 2 + gap * column, BOX_TALL / 2 + ROW * row)
        for row, construct in enumerate(constructs)
        for column, wave in enumerate(waves)
    }
    for column, label in enumerate(waves.values()):
        sheet.text(box_wide / 2 + gap * column, 0.12, label, ha="center", color=QUIET)
    for (construct, _), place in places.items():
        _box(axes, place, box_wide, constructs[construct])
    for arrow in arrows:
        _arrow(axes, arrow, places, box_wide, layout)
    return sheet.figure


def _layout(arrows: list[Path], room: float) -> str:
    """How much of a path's numbers has room between two columns."""
    if all(text_width(arrow.text("line"), SMALL, bold=True) + 0.7 <= room for arrow in arrows):
        return "line"
    lines = [line for arrow in arrows for line in arrow.text("stacked").split("\n")]
    return "stacked" if all(text_width(line, SMALL, bold=True) + 0.2 <= room for line in lines) else "brief"


def paths_of(paths: pl.DataFrame, constructs: Mapping[str, str], waves: Mapping[str, str]) -> list[Path]:
    """The arrows that are drawn; ``alt_path`` tells the same ones."""
    found = []
    for row in paths.filter(pl.col("estimate").is_not_null()).iter_rows(named=True):
        start, end = (row["from_construct"], row["from_wave"]), (row["to_construct"], row["to_wave"])
        for construct, wave in (start, end):
            if construct not in constructs or wave not in waves:
                raise PaperError(
                    f"a path joins `{construct}` at `{wave}`, which is not among the constructs and waves to be drawn",
                    todo="Name it, or leave the path out.",
                )
        found.append(Path(start, end, row["estimate"], row["conf_low"], row["conf_high"]))
    if not found:
        raise PaperError("there is no path to draw")
    return found


def alt_path(
    paths: pl.DataFrame, *, constructs: Mapping[str, str], waves: Mapping[str, str], confidence: float = 0.95
) -> str:
    """What ``path_figure`` with these arguments shows: every path with its interval."""
    told = [f"Path diagram with {confidence * 100:g}% confidence intervals."]
    for path in paths_of(paths, constructs, waves):
        (start, early), (end, late) = path.start, path.end
        told.append(f"{constructs[start]}, {waves[early]}, to {constructs[end]}, {waves[late]}: {path.text()}.")
    return " ".join(told)


def _box(axes: Axes, place: tuple[float, float], wide: float, label: str) -> None:
    from matplotlib.patches import Rectangle

    x, y = place
    axes.add_patch(Rectangle((x - wide / 2, y - BOX_TALL / 2), wide, BOX_TALL, fc="white", ec=INK, lw=1.1, zorder=4))
    lines = wrap(label, wide - 0.1, LABEL)
    for number, line in enumerate(lines):
        level = y + line_height(LABEL) * (number - (len(lines) - 1) / 2)
        axes.text(x, level, line, size=LABEL, ha="center", va="center_baseline", zorder=5, clip_on=False)


def _arrow(
    axes: Axes, path: Path, places: Mapping[tuple[str, str], tuple[float, float]], wide: float, layout: str
) -> None:
    (x0, y0), (x1, y1) = places[path.start], places[path.end]
    x0, x1 = x0 + wide / 2, x1 - wide / 2
    y0, y1 = y0 + 0.16 * _sign(y1 - y0), y1 - 0.16 * _sign(y1 - y0)
    colour = DARK_BLUE if path.is_told_from_zero else QUIET
    axes.annotate(
        "",
        (x1, y1),
        (x0, y0),
        arrowprops={
            "arrowstyle": "-|>,head_width=0.25,head_length=0.5",
            "color": colour,
            "lw": 1.8 if path.is_told_from_zero else 1.1,
            "ls": "-" if path.is_told_from_zero else (0, (4, 3)),
            "shrinkA": 1,
            "shrinkB": 1,
        },
        zorder=2,
    )
    # Crossing arrows meet in the middle; their numbers stand before it, where the arrows are still apart.
    at = 0.5 if y0 == y1 else 0.27 if abs(y1 - y0) < ROW else 0.22
    axes.text(
        x0 + (x1 - x0) * at,
        y0 + (y1 - y0) * at,
        path.text(layout),
        size=SMALL,
        ha="center",
        va="center_baseline",
        color=ink(colour),
        weight="bold" if path.is_told_from_zero else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
        zorder=3,
    )


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
