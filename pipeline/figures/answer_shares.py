"""From estimated shares of answers to the rows of a diverging figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.data import FEWEST, NOTE, PEOPLE, SUPPRESSED, interval_columns, printed
from pipeline.figures.style import DARK_BLUE, DARK_PINK, INK, PAPER, ink, tinted
from pipeline.specs.disclosure import hidden
from pipeline.wave_order import wave_order

NEUTRAL = "#E6E6E6"
TINTS = ((0.0,), (0.0, 0.52), (0.0, 0.42, 0.66), (0.0, 0.25, 0.46, 0.67), (0.0, 0.2, 0.38, 0.56, 0.74))
"""How far each answer of one side is lightened, from the outermost inwards; by how many there are. Between 0.28 and 0.4
neither black nor white text is readable on it.
"""
APART = 0.24
"""How much further the innermost on the left is lightened where no middle lies between it and that on the right."""


@dataclass(frozen=True)
class Category:
    """One answer: its value, label and looks; ``side`` is -1 left of the middle, 1 right of it, 0 on it."""

    value: float
    label: str
    colour: str
    side: int

    @property
    def ink(self) -> str:
        """The colour of text on it."""
        return INK if ink(self.colour, 4.5) != self.colour.lower() else PAPER


@dataclass(frozen=True)
class Share:
    """The share of one answer, in per cent; withheld where it is that of fewer than ten people."""

    value: float
    low: float | None
    high: float | None
    few: bool


@dataclass(frozen=True)
class Row:
    """One wave or group: how many answered (unweighted), and the share of each category, in their order."""

    label: str
    people: int
    shares: tuple[Share, ...]

    def total(self, categories: Sequence[Category], side: int) -> float:
        """The share of one side, in per cent."""
        return sum(s.value for s, category in zip(self.shares, categories, strict=True) if category.side == side)


def categories_of(labels: Mapping[float, str], middle: Sequence[float] | None) -> list[Category]:
    """The answers from the lowest up, around the middle one of an odd number unless others are named."""
    values = list(labels)
    half = len(values) // 2
    centre = values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
    named = tuple(middle) if middle is not None else ((centre,) if len(values) % 2 else ())
    split = sum(named) / len(named) if named else centre
    left = [value for value in values if value < split and value not in named]
    right = [value for value in reversed(values) if value > split and value not in named]
    if not left or not right or max(len(left), len(right)) > len(TINTS):
        raise PaperError(
            "a diverging figure needs answers on both sides of its middle, at most five on each",
            count=len(values),
            todo="Name another `middle`, or another measure.",
        )
    further = 0.0 if named else APART
    sides = ((-1, _tints(DARK_PINK, len(left), further), left), (1, _tints(DARK_BLUE, len(right)), right))
    found = {value: (colour, side) for side, own, some in sides for value, colour in zip(some, own, strict=True)}
    looks = found | dict.fromkeys(named, (NEUTRAL, 0))
    return [Category(value, labels[value], *looks[value]) for value in values]


def _tints(colour: str, count: int, further: float = 0.0) -> list[str]:
    """From the outermost answer of a side inwards; the innermost ``further`` lightened."""
    *outer, inner = TINTS[count - 1]
    return [tinted(colour, share) for share in (*outer, min(inner + further, 1.0))]


def rows_of(
    shares: pl.DataFrame,
    categories: Sequence[Category],
    names: Mapping[tuple[str | None, str | None], str],
) -> list[Row]:
    """One row per group and wave named, in that order; those of fewer than ten people are left out.

    Raises ``PaperError`` if none is left, or a value has no label.
    """
    found = shares.select("group", "wave", "term", "estimate", "conf_low", "conf_high", "n_persons").rows(named=True)
    known = {category.value for category in categories}
    strange = sorted({row["term"] for row in found} - {f"{value:g}" for value in known})
    if strange:
        raise PaperError(f"the answer {strange[0]} has no label", todo="Name it under `labels`.")
    cells: dict[tuple[str | None, str | None], dict[str, Mapping[str, Any]]] = {}
    for row in found:
        cells.setdefault((row["group"], row["wave"]), {})[row["term"]] = row
    kept = [_row(label, cells[key], categories) for key, label in names.items() if key in cells]
    kept = [row for row in kept if row.people >= FEWEST]
    if not kept:
        raise PaperError("there is no share of ten or more people to draw", todo="Check the outcomes and groups named.")
    return kept


def _row(label: str, cell: Mapping[str, Mapping[str, Any]], categories: Sequence[Category]) -> Row:
    people = max((row["n_persons"] or 0 for row in cell.values()), default=0)
    values = [cell.get(f"{category.value:g}", {}) for category in categories]
    estimates = [float(row.get("estimate") or 0.0) for row in values]
    few = _withheld([share * people for share in estimates])
    shares = [
        Share(100 * share, _points(row.get("conf_low")), _points(row.get("conf_high")), hidden)
        for share, row, hidden in zip(estimates, values, few, strict=True)
    ]
    return Row(label, people, tuple(shares))


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _withheld(counts: Sequence[float]) -> list[bool]:
    """Which answers of a row are withheld: those of fewer than ten people, nobody included, and what gives them away.

    ``counts`` are shares of a number of people, so that half a person is no matter.
    """
    gone = hidden([count + 0.5 for count in counts], FEWEST)
    return [place in gone for place in range(len(counts))]


def waves_in_order(shares: pl.DataFrame) -> list[str]:
    """The waves of a table of shares, in their order."""
    return wave_order(shares["wave"].drop_nulls().unique().to_list())


def _shown(share: Share, value: float | None) -> float | int | None:
    """A share as printed: never none or all unless it is."""
    places = next((places for places in range(3) if 0 < round(share.value, places) < 100), 0)
    return None if share.few else printed(value, places)


def data_of(rows: Sequence[Row], categories: Sequence[Category], confidence: float) -> pl.DataFrame:
    """One row per row and answer: its share with its interval, and how many people all answers rest on."""
    low, high = interval_columns(confidence, " (%)")
    found = [
        {"Group": row.label, "Answer": category.label, "Share (%)": _shown(share, share.value)}
        | {low: _shown(share, share.low), high: _shown(share, share.high)}
        | {PEOPLE: row.people, NOTE: SUPPRESSED if share.few else ""}
        for row in rows
        for category, share in zip(categories, row.shares, strict=True)
    ]
    frame = pl.DataFrame(found, infer_schema_length=None)
    return frame if frame[NOTE].ne("").any() else frame.drop(NOTE)
