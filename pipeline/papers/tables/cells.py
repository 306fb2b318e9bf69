"""How a table prints a result: one text per cell, which knows what its numbers are of how many people.

A number of too few people is not printed from the start (``MARK``), and is in no text that leaves this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.papers.content import Cell, Column, Row, TableBlock, Text
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.results import estimate_of
from pipeline.specs.components import COMPONENTS
from pipeline.specs.disclosure import MARK as WITHHELD
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.rounding import count_shown, count_text, percent, places_of, rounded, to_base, to_places
from pipeline.specs.rounding import p_value as printed_p

Where = Mapping[str, str]
"""Of whom a number is: dimension → value."""


UNIT = "unit"
"""In a ``Where``: what is counted, where it is not people who answered."""


def _pairs(of: Where) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in of.items() if name != UNIT))


class Judged(str):
    """The text of a cell, and what its numbers are (``judged``). Text that is added to it changes nothing of that."""

    judged: tuple[Cell, ...] = ()

    def __add__(self, other: str) -> Judged:
        return judged(str.__add__(self, other), *self.judged)


def judged(text: str, *cells: Cell) -> Judged:
    found = Judged(text)
    found.judged = cells
    return found


def cell_row(*cells: str) -> Row:
    return Row(tuple((Text(str(cell), getattr(cell, "judged", ())),) if cell else () for cell in cells))


def count(
    value: int | None,
    *of: Where,
    unit: str = "people",
    sample: str = "",
    structural: bool = False,
    empty: bool = False,
    base: int = 1,
) -> Judged:
    """A number of people, each of whom ``of`` says who they are: withheld where they are few, zero included.

    ``structural``: nobody can be there by definition, so that a zero says nothing of anybody. ``base``: what the study
    rounds counts to. ``empty``: nobody is in the category in any wave, as in a panel that nobody joins. Such a zero is
    by design and about nobody: it is printed, and what depends on it is judged by itself.
    """
    if value is None:
        return judged("")
    wheres: Sequence[Where] = of or ({},)
    if structural and value == 0:
        return judged("–")
    if empty and value == 0:
        return judged(
            "0", *(Cell("count", 0.0, 0.0, _pairs(w), unit=w.get(UNIT, unit), structural=True) for w in wheres)
        )
    few = value < SMALLEST
    shown = None if few else count_shown(value, base)
    cells = (
        Cell("count", shown, shown, _pairs(w), unit=w.get(UNIT, unit), sample=sample, rounding=base) for w in wheres
    )
    return judged(WITHHELD if few else count_text(value, base, "< "), *cells)


def answers(value: int | None, sample: str) -> Judged:
    """A number of answers behind a model's estimates."""
    return count(value, unit="answers", sample=sample)


def share(part: int, whole: int, *of: Where, structural: bool = False, base: int = 1) -> Judged:
    """A part of a number of people, as a percentage; ``of``: who are in the part. Few in it or outside: withheld.

    A reader who knows the whole knows the part to within the rounding of the percentage.
    """
    few = not structural and min(part, whole - part) < SMALLEST
    places = 1 if base == 1 else 0
    fine = 10.0 ** -(places + 2)
    known = max(fine * to_base(whole, base), 1.0) + (base if base > 1 else 0.0)
    shown = None if few else float(part)
    cells = [Cell("count", shown, shown, _pairs(w), unit=w.get(UNIT, "people"), rounding=known) for w in of]
    kept = None if few else round(part / whole, places + 2)
    cells.append(Cell("share", kept, float(whole), rounding=fine, weighted=True, structural=structural))
    return judged(WITHHELD if few else percent(part / whole, places), *cells)


def rests_on(text: str, row: Mapping[str, Any] | None) -> Judged:
    """A text with numbers of one row of estimates: withheld where it is of few people."""
    if row is None or not any(map(str.isdigit, text)):
        return judged(text)
    cell = estimate_of(row)
    few = cell.n is not None and cell.n < SMALLEST
    return judged(WITHHELD, replace(cell, value=None)) if few else judged(text, cell)


def of_people(text: str, people: float | None, statistic: str = "estimate") -> Judged:
    """A text with numbers of so many people: withheld where they are few."""
    if not any(map(str.isdigit, text)):
        return judged(text)
    few = people is not None and people < SMALLEST
    return judged(WITHHELD if few else text, Cell(statistic, None if few else 1.0, people, weighted=True))


def decimal_share(value: float | None, places: int = 1) -> str:
    """A share from 0 to 1, as a percentage."""
    return "–" if value is None else percent(value, places)


def number(value: float | None, places: int = 2) -> str:
    return "–" if value is None else rounded(value, places)


def places(row: Mapping[str, Any]) -> int:
    """Decimal places of a result and its interval: those that the text prints it with, and none that hides an end."""
    component = COMPONENTS.get(str(row.get("component")))
    ratio = row.get("is_ratio") or (component is not None and component.log_scale)
    ends, least = (row.get("conf_low"), row.get("conf_high")), max(row.get("places") or 2, 2)
    return places_of(ends, least, 1.0 if ratio else 0.0, row.get("estimate"))


def p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return printed_p(value)


def ends(row: Mapping[str, Any]) -> str:
    low, high, fine = row["conf_low"], row["conf_high"], places(row)
    return "–" if low is None or high is None else f"{rounded(low, fine)} to {rounded(high, fine)}"


def with_interval(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    if row["estimate"] is None:
        return "withheld"
    return rests_on(f"{to_places(row['estimate'], places(row))} ({ends(row)})", row)


def with_error(row: Mapping[str, Any] | None, times: float, least: int, unit: str) -> str:
    if row is None or row["estimate"] is None:
        return "–"
    error = None if row["std_error"] is None else row["std_error"] * times
    fine = places_of((error,), least, value=row["estimate"] * times)
    brackets = "" if error is None else f" ({rounded(error, fine)})"
    return rests_on(f"{to_places(row['estimate'] * times, fine)}{unit}{brackets}", row)


def plain_table(
    paper: PaperContext, caption: str, first: Sequence[str], right: Sequence[str], body: list[Row], notes: Sequence[str]
) -> TableBlock:
    """A table of ``body`` whose ``first`` columns hold words and whose other columns hold numbers."""
    columns = (*(Column(header) for header in first), *(Column(header, "right") for header in right))
    return TableBlock(None, "", caption, columns, tuple(body), source=paper.study.source, notes=tuple(notes))
