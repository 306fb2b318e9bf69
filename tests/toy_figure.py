"""A toy kind of figure, as somebody would add it: one module (this one) and one record. One number, large."""

from __future__ import annotations

from typing import Any

from pipeline.figures.picture import Picture
from pipeline.figures.sheet import Heading, Sheet
from pipeline.specs.base import Declaration
from pipeline.specs.family import Family
from pipeline.specs.figure_kinds import FigureKind


class Options(Declaration):
    """A key that no other kind has."""

    digits: int = 1


def of_middles(family: Family) -> bool:
    return family.key == "middle"


RECORD = FigureKind(
    "number",
    "one number",
    "tests.toy_figure:picture",
    takes=frozenset({"models"}),
    needs=("estimates",),
    can_draw=of_middles,
    options=Options,
)


def picture(spec: Any, _: Any, material: Any) -> Picture:
    value = f"{material.estimates['estimate'][0]:.{spec.options.digits}f}"

    def drawn(*, title: str, width: float, **_: object) -> Any:
        sheet = Sheet(Heading(title), width, 1.0)
        sheet.text(0, 0.5, value)
        return sheet.figure

    return Picture(f"The middle answer is {value}.", drawn)
