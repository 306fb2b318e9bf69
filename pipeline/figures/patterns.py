"""Who answered which waves: each pattern of answered and missed waves as a row of tiles, with its people as a bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.sheet import Heading, Sheet
from pipeline.figures.style import (
    DARK_BLUE,
    INK,
    PAPER,
    QUIET,
    SMALL,
    WIDE,
    decimal,
    styled,
    text_width,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST = 10
"""Patterns of fewer people than this are told together, in figures as in tables."""
EMPTY = "#E6E6E6"
ROW, TILE, HEAD = 0.24, 0.16, 0.26


@dataclass(frozen=True)
class Pattern:
    """One pattern: which of the arm's waves were answered (None: all rare patterns together), and by how many."""

    waves: tuple[bool, ...] | None
    label: str
    count: int
    share: float


@dataclass(frozen=True)
class Panel:
    """One arm: its name, the labels of its waves, and its patterns, the commonest first."""

    name: str
    waves: tuple[str, ...]
    patterns: tuple[Pattern, ...]


@styled
def participation_patterns(
    participation: pl.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    source: str = "",
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
    top: int | None = None,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """The commonest patterns of each arm: a tile for each wave, filled where answered, and a bar of their people.

    ``participation``: the ``Participation`` table. ``waves``: wave, or (arm, wave) → label; ``arms``: arm → label, in
    the order to be drawn. ``top`` patterns are shown of each arm (12, or 6 of several arms), the rest as one row.

    Raises ``PaperError`` if nobody ever answered.
    """
    panels = panels_of(participation, waves, arms, top)
    key = "Filled: answered that wave. Bars: people, and their share of all in the arm who ever answered."
    key = key.replace(" in the arm", "") if len(panels) == 1 else key
    return _draw(Heading(title, subtitle, source, note, key, synthetic), panels, width)


def panels_of(
    participation: pl.DataFrame,
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
    top: int | None = None,
) -> list[Panel]:
    """What ``participation_patterns`` draws and ``alt_patterns`` tells."""
    people = participation.unique("person_id", keep="first", maintain_order=True)
    people = people.filter(pl.col("pattern").str.contains("1"))
    names = arms or {arm: arm.replace("_", " ") for arm in people["arm"].unique(maintain_order=True)}
    present = [arm for arm in names if arm in people["arm"]]
    if not present:
        raise PaperError("there is nobody whose participation could be drawn", todo="Check the arms named.")
    shown = top or (12 if len(present) == 1 else 6)
    return [_panel(participation, people, arm, names[arm], waves or {}, shown) for arm in present]


def _panel(
    participation: pl.DataFrame,
    people: pl.DataFrame,
    arm: str,
    name: str,
    labels: Mapping[str, str] | Mapping[tuple[str, str], str],
    top: int,
) -> Panel:
    calendar = participation.filter(pl.col("arm") == arm)["wave"].unique().sort().to_list()
    waves = [next((labels[key] for key in ((arm, wave), wave) if key in labels), wave) for wave in calendar]  # type: ignore[index]
    counted = people.filter(pl.col("arm") == arm).group_by("pattern").len()
    counted = counted.sort(["len", "pattern"], descending=[True, True])
    total = int(counted["len"].sum())
    common = counted.filter(pl.col("len") >= FEWEST)
    common = common.head(top) if common.height > top + 1 else common
    found = [
        Pattern(tuple(mark == "1" for mark in pattern), "", count, count / total) for pattern, count in common.rows()
    ]
    others, rest = counted.height - common.height, total - int(common["len"].sum())
    if others:
        label = f"{others} other {'pattern' if others == 1 else 'patterns'}"
        found.append(Pattern(None, label, rest, rest / total))
    return Panel(name, tuple(waves), tuple(found))


def _draw(heading: Heading, panels: Sequence[Panel], width: float) -> Figure:
    whole = width - 0.28
    pitch, labelled = _pitch(panels, whole)
    tiles = pitch * max(len(panel.waves) for panel in panels)
    tiles = max(tiles, max(text_width(p.label, SMALL) for panel in panels for p in panel.patterns) + 0.05)
    values = max(text_width(_value(p), SMALL) for panel in panels for p in panel.patterns)
    longest = whole - tiles - 0.15 - values - 0.08
    most = max([pattern.share for panel in panels for pattern in panel.patterns if pattern.waves] or [1.0])
    name_room = 0.26 if len(panels) > 1 else 0.0
    heights = [name_room + HEAD + ROW * len(panel.patterns) + 0.1 for panel in panels]
    sheet, top = Sheet(heading, width, sum(heights)), 0.0
    for panel, height in zip(panels, heights, strict=True):
        if name_room:
            sheet.text(0, top + 0.14, panel.name, weight="bold")
        at = top + name_room + HEAD
        _heads(sheet, panel, pitch, at - 0.09, labelled)
        for place, pattern in enumerate(panel.patterns):
            _row(sheet, pattern, pitch, at + ROW * place, (tiles + 0.15, longest / most))
        top += height
    return sheet.figure


def _pitch(panels: Sequence[Panel], whole: float) -> tuple[float, bool]:
    """Inches from tile to tile, and whether the waves' own names have room over them (else their numbers do)."""
    widest = max(text_width(label, SMALL) for panel in panels for label in panel.waves)
    many = max(len(panel.waves) for panel in panels)
    wanted = max(widest + 0.1, TILE + 0.06)
    if len(panels) == 1 and wanted * many <= 0.45 * whole:
        return wanted, True
    return TILE + 0.06, False


def _heads(sheet: Sheet, panel: Panel, pitch: float, level: float, labelled: bool) -> None:
    for place, label in enumerate(panel.waves):
        text = label if labelled else str(place + 1)
        sheet.text(pitch * (place + 0.5), level, text, size=SMALL, color=QUIET, ha="center")
    if not labelled:
        sheet.text(pitch * len(panel.waves) + 0.06, level, "wave", size=SMALL, color=QUIET)


def _row(sheet: Sheet, pattern: Pattern, pitch: float, level: float, bar: tuple[float, float]) -> None:
    left, per_share = bar
    if pattern.waves is None:  # many patterns together: a bar beside those of single ones would mislead
        sheet.text(0.0, level + 0.155, pattern.label, size=SMALL, color=QUIET)
        sheet.text(left, level + 0.155, _value(pattern), size=SMALL, color=QUIET)
        return
    for place, answered in enumerate(pattern.waves):
        _box(sheet, pitch * (place + 0.5) - TILE / 2, level + 0.04, TILE, TILE, DARK_BLUE if answered else EMPTY)
    across = max(pattern.share * per_share, 0.02)
    _box(sheet, left, level + 0.05, across, TILE - 0.02, DARK_BLUE)
    sheet.text(left + across + 0.08, level + 0.155, _value(pattern), size=SMALL, color=INK)


def _value(pattern: Pattern) -> str:
    return f"{pattern.count:,} ({decimal(100 * pattern.share, 1)}%)"


def _box(sheet: Sheet, left: float, top: float, across: float, down: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    figure = sheet.figure
    corner = (sheet.x(left), sheet.y(top + down))
    size = (across / figure.get_figwidth(), down / sheet.full_height)
    figure.add_artist(Rectangle(corner, *size, facecolor=colour, edgecolor=PAPER, lw=0))


def alt_patterns(
    participation: pl.DataFrame,
    *,
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
    top: int | None = None,
) -> str:
    """What ``participation_patterns`` with these arguments shows: each pattern in words, with its people."""
    panels = panels_of(participation, waves, arms, top)
    told = ["Rows of tiles, one for each pattern of answered and missed waves, with bars of how many people have it."]
    for panel in panels:
        over = f"{panel.name}: " if len(panels) > 1 else ""
        told.append(over + "; ".join(f"{_words(p, panel.waves)}, {_value(p)}" for p in panel.patterns) + ".")
    return " ".join(told)


def _words(pattern: Pattern, waves: Sequence[str]) -> str:
    if pattern.waves is None:
        return pattern.label
    answered = [label for label, here in zip(waves, pattern.waves, strict=True) if here]
    if len(answered) == len(waves):
        return "every wave"
    return f"only {answered[0]}" if len(answered) == 1 else f"{', '.join(answered[:-1])} and {answered[-1]}"
