"""From estimates to the rows of a figure of effects, and their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.forest import Mark, Row
from pipeline.figures.style import DARK_BLUE, DARK_GREY, DARK_PINK, ORANGE, TURQUOISE, with_interval
from pipeline.specs.components import COMPONENTS
from pipeline.specs.rounding import places_of

LOOKS = {
    "within": (DARK_BLUE, "o"),
    "between": (ORANGE, "D"),
    "coefficient": (DARK_GREY, "s"),
    "contextual": (TURQUOISE, "^"),
}
"""Component → colour and marker: different in colour *and* in shape, so that nobody needs to see the colour."""
OPTIONAL = ("null", "places", "mark")
"""Columns that a kind of figure may add: the value of no effect, the decimal places, what stands at the value."""
FURTHER = (DARK_PINK, "v")
"""Of a component that an extension has registered with a legend."""


def legends() -> dict[str, str]:
    """The components that figures of effects draw, in the order of their records → what the legend calls each."""
    return {key: component.legend for key, component in COMPONENTS.items() if component.legend is not None}


def rows_of(estimates: pl.DataFrame, labels: Mapping[str, str], models: Mapping[str, str] | None) -> list[Row]:
    """The labelled rows that are drawn; the alternative text names the same ones."""
    shown = estimates.filter(pl.col("component").is_in(list(legends())), pl.col("term").is_in(list(labels)))
    named = ("model", "term", "component", "estimate", "conf_low", "conf_high", "n_persons", *OPTIONAL)
    found = shown.select(name for name in named if name in shown.columns).rows(named=True)
    names = models or {row["model"]: row["model"] for row in found}
    rows: list[Row] = []
    for model, name in names.items():
        own = [[row for row in found if row["model"] == model and row["term"] == term] for term in labels]
        made = [Row(label, _marks(some)) for some, label in zip(own, labels.values(), strict=True) if some]
        if len(names) > 1 and len(made) == 1:
            made = [Row(name, made[0].marks)]
        elif len(names) > 1 and made:
            made = [Row(name), *made]
        rows += made
    if not rows:
        raise PaperError(
            "none of the terms to be drawn is among the estimates",
            todo=f"Name some of: {', '.join(estimates['term'].unique(maintain_order=True)[:12])}.",
        )
    return rows


def _marks(rows: Sequence[Mapping[str, Any]]) -> tuple[Mark, ...]:
    order = list(legends())
    return tuple(_mark(row) for row in sorted(rows, key=lambda row: order.index(row["component"])))


def _mark(row: Mapping[str, Any]) -> Mark:
    name, (colour, marker) = legends()[row["component"]], LOOKS.get(row["component"], FURTHER)
    value, low, high = row["estimate"], row["conf_low"], row["conf_high"]
    if value is None:
        return Mark(None, None, None, name, colour, marker, "withheld")
    null, asked = row.get("null", 0.0), row.get("places", 2)
    text = with_interval(value, low, high, null, places=asked, mark=row.get("mark", ""))
    places = places_of((low, high), asked, null, value)
    return Mark(value, low, high, name, colour, marker, text, row.get("n_persons"), places)


def as_percentages(rows: pl.DataFrame) -> pl.DataFrame:
    """Effects on a share in percentage points."""
    return rows.with_columns(pl.col("estimate", "conf_low", "conf_high") * 100, places=pl.lit(0))


def row_words(rows: Sequence[Row]) -> list[str]:
    parts = []
    for row in rows:
        marks = [f"{mark.name[:1].lower()}{mark.name[1:]} {mark.text}".strip() for mark in row.marks]
        parts.append(f"{row.label}: {', '.join(marks)}." if marks else f"{row.label}:")
    return parts


def level_of(confidence: float) -> str:
    return f"Lines show {confidence * 100:g}% confidence intervals."
