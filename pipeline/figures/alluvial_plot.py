"""How moves between answers are laid out and drawn: a stacked column for each wave, joined by bands of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.figures.flow_plot import ribbon
from pipeline.figures.moves import ABSENT, Move, Moves
from pipeline.figures.sheet import Heading, Sheet, legend_room
from pipeline.figures.style import DARK_BLUE, INK, PAPER, SMALL, ink, line_height, outline, text_width, tinted, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIGHTEST = 0.86
GONE = "#E6E6E6"
TALL = 2.6
GAP = 0.05
"""Inches between answers of one wave."""


def draw_moves(heading: Heading, moves: Moves, width: float) -> Figure:
    """The lowest answer at the bottom; answers are named left of the first column where that has room."""
    whole, colours = width - 0.28, _colours(moves)
    order = [answer for answer in moves.answers if any(answer in shares for shares in moves.shares)]
    names = {answer: wrap(answer, 1.5, SMALL) for answer in order}
    room = max(text_width(line, SMALL) for lines in names.values() for line in lines) + 0.1
    direct = width > 5 and _fits(moves, order, names)
    key = [] if direct else [(answer, colours[answer]) for answer in reversed(order)]
    key_room = legend_room([label for label, _ in key], whole)
    below = [wrap(wave, whole / len(moves.waves) - 0.08, SMALL) for wave in moves.waves]
    foot = line_height(SMALL) * max(map(len, below)) + 0.08
    tall = TALL + GAP * (len(order) - 1)
    sheet = Sheet(heading, width, key_room + tall + 0.08 + foot)
    sheet.swatches(0.13, key)
    left = room if direct else 0.0
    axes = sheet.axes(left, key_room + 0.05, whole - left, tall)
    axes.spines["bottom"].set_visible(False)
    axes.set(xlim=(0, whole - left), ylim=(0, tall), xticks=[], yticks=[])
    bar = min(0.55, 0.3 * (whole - left) / len(moves.waves))
    columns = [(whole - left - bar) * place / (len(moves.waves) - 1) for place in range(len(moves.waves))]
    bottoms = [_bottoms(shares, order) for shares in moves.shares]
    for place, shown in enumerate(moves.shown):
        ends = (columns[place] + bar, columns[place + 1])
        _bands(axes, moves, place, shown, ends, (bottoms[place], bottoms[place + 1]), colours)
    for place, left_edge in enumerate(columns):
        _column(axes, moves, place, (left_edge, bar), bottoms[place], colours)
        for number, line in enumerate(below[place]):
            level = key_room + 0.05 + tall + 0.06 + line_height(SMALL) * (number + 0.7)
            at = left + left_edge + bar / 2
            half = max(text_width(part, SMALL) for part in below[place]) / 2
            sheet.text(min(max(at, half), whole - half), level, line, size=SMALL, ha="center")
    if direct:
        _names(sheet, moves, names, bottoms[0], (key_room + 0.05, tall))
    return sheet.figure


def _colours(moves: Moves) -> Mapping[str, str]:
    """Ordered answers from light to dark; those who did not answer in grey."""
    ordered = [answer for answer in moves.answers if answer != ABSENT]
    steps = max(len(ordered) - 1, 1)
    found = {answer: tinted(DARK_BLUE, LIGHTEST * (1 - place / steps)) for place, answer in enumerate(ordered)}
    return found | {ABSENT: GONE}


def _bottoms(shares: Mapping[str, float], order: list[str]) -> dict[str, float]:
    """Where each answer begins, in inches from below."""
    found, level = {}, 0.0
    for answer in order:
        found[answer] = level
        level += TALL * shares.get(answer, 0.0) + GAP
    return found


def _fits(moves: Moves, order: list[str], names: Mapping[str, list[str]]) -> bool:
    """Whether each answer of the first wave is as tall as its name."""
    first = moves.shares[0]
    return all(TALL * first.get(answer, 0.0) + GAP / 2 >= line_height(SMALL) * len(names[answer]) for answer in order)


def _names(
    sheet: Sheet, moves: Moves, names: Mapping[str, list[str]], bottoms: Mapping[str, float], box: tuple[float, float]
) -> None:
    top, tall = box
    for answer, lines in names.items():
        middle = top + tall - bottoms[answer] - TALL * moves.shares[0].get(answer, 0.0) / 2
        first = middle - line_height(SMALL) * len(lines) / 2
        for number, line in enumerate(lines):
            sheet.text(0, first + line_height(SMALL) * (number + 0.78), line, size=SMALL)


def _column(
    axes: Axes,
    moves: Moves,
    place: int,
    across: tuple[float, float],
    bottoms: Mapping[str, float],
    colours: Mapping[str, str],
) -> None:
    """One wave: its answers from below, each with its share where that fits and rests on ten people."""
    from matplotlib.patches import Rectangle

    left, bar = across
    for answer, share in moves.shares[place].items():
        colour, tall, text = colours[answer], TALL * share, f"{100 * share:.0f}%"
        looks: dict[str, Any] = {"fc": colour, "ec": outline(colour), "lw": 0.6, "zorder": 3}
        axes.add_artist(Rectangle((left, bottoms[answer]), bar, tall, **looks))
        fits = tall >= line_height(SMALL) and text_width(text, SMALL) <= bar - 0.06
        if fits and moves.counts[place][answer] >= 10:
            level, shade = bottoms[answer] + tall / 2, INK if ink(colour, 4.5) != colour.lower() else PAPER
            axes.text(left + bar / 2, level, text, size=SMALL, color=shade, ha="center", va="center_baseline", zorder=5)


def _bands(
    axes: Axes,
    moves: Moves,
    place: int,
    shown: tuple[Move, ...],
    ends: tuple[float, float],
    bottoms: tuple[Mapping[str, float], Mapping[str, float]],
    colours: Mapping[str, str],
) -> None:
    """The ways of people from their answers at one wave to those at the next, in the colour of where they come from."""
    out, into = dict(bottoms[0]), dict(bottoms[1])
    for move in moves.moves[place]:
        tall, start, end = TALL * move.share, out[move.origin], into[move.destination]
        out[move.origin], into[move.destination] = start + tall, end + tall
        if move in shown:
            ribbon(axes, (ends[0], start, start + tall), (ends[1], end, end + tall), colours[move.origin], 0.55)
