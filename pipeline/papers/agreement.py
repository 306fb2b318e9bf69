"""One result, one unit and one rounding: what the text prints beside what a figure prints of the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.papers.content import FigureFile
from pipeline.papers.prose.quantity import Printed
from pipeline.papers.prose.source import Binding, Directive, PaperSource

PLACES = {True: 0, False: 2}
"""Decimal places of figures, of percentages and of other results; of both more, where an interval asks for more."""

UNITS = {True: "as a percentage", False: "in its own units"}


def disagreeing(
    source: PaperSource, printed: Sequence[tuple[Binding, Printed]], figures: Mapping[str, FigureFile]
) -> None:
    """Report each result that the text prints in another unit, or to other places, than a figure of the paper."""
    shown = {piece.arguments[0] for piece in source.pieces if isinstance(piece, Directive) and piece.name == "figure"}
    asked = {key: figures[key] for key in figures if key in shown}
    for binding, one in printed:
        origin = one.quantity.origin
        times = abs(origin.factor) * one.times
        if one.places is None or times not in (1.0, 100.0):
            continue
        for key, figure in asked.items():
            percent = figure.prints.get(origin.result)
            said = None if percent is None else _difference(times == 100.0, percent, one.places)
            if said:
                source.report(binding.line, f"{origin.what} ({origin.source}) is printed {said} in the figure `{key}`.")


def _difference(percent: bool, drawn: bool, places: int) -> str:
    if percent != drawn:
        return f"{UNITS[percent]} here and {UNITS[drawn]}"
    if places != PLACES[drawn]:
        return f"to {places} decimal places here and to {PLACES[drawn]}"
    return ""
