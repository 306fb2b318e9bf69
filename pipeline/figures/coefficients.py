"""Coefficients with their intervals, the within-person beside the between-person one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.forest import Mark, Row, Scale, forest
from pipeline.figures.sheet import Heading
from pipeline.figures.style import DARK_BLUE, DARK_GREY, ORANGE, TURQUOISE, WIDE, decimal, interval, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {
    "within": ("Within a person, over time", DARK_BLUE, "o"),
    "between": ("Between people", ORANGE, "D"),
    "coefficient": ("", DARK_GREY, "s"),
    "contextual": ("Contextual", TURQUOISE, "^"),
}
"""Component → name, colour and marker: two colours *and* two shapes, so that nobody needs to see the colour."""

SMALL_ODDS_RATIO = math.exp(0.2 * math.pi / math.sqrt(3))
"""1.44: the odds ratio of Cohen's small effect, d = 0.2, by ln(OR) = d·π/√3 (Chinn 2000, Statistics in Medicine 19)."""


@styled
def coefficients(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    title: str,
    subtitle: str = "",
    source: str = "",
    models: Mapping[str, str] | None = None,
    x_label: str = "Change in the outcome for one unit more",
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each term's effects beside each other, with a zero line, intervals and printed values.

    ``estimates``: rows of ``Estimates`` with component ``within``, ``between``, ``contextual`` or ``coefficient``.
    ``labels``: term → label, in the order to be drawn; other terms are left out. ``models``: model → label; with
    several models each is a row, or a heading over its terms. A withheld result is named with its reason.

    Raises ``PaperError`` if no term named is among the estimates.
    """
    rows = rows_of(estimates, labels, models)
    heading = Heading(title, subtitle, source, note, _level(confidence), synthetic)
    return forest(heading, rows, Scale(x_label, 0.0), "Estimate (interval)", width)


@styled
def odds_ratios(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    title: str,
    subtitle: str = "",
    source: str = "",
    per: Mapping[str, float] | None = None,
    sides: tuple[str, str] = ("less likely", "more likely"),
    small: float = SMALL_ODDS_RATIO,
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Odds ratios of a logit on a log scale, with a band for effects conventionally called small.

    ``estimates``: rows of ``Estimates`` with component ``coefficient``, in log odds. ``per``: term → number of units
    the ratio is for (ten years of age: ``{"age": 10}``; say so in the label). ``sides``: what lies left and right of 1.

    Raises ``PaperError`` if no term named is among the estimates.
    """
    rows = rows_of(as_ratios(estimates, per), labels, None)
    called = "conventionally called small" if small == SMALL_ODDS_RATIO else "too small to matter, as declared"
    key = f"{_level(confidence)} Grey: odds ratios {called} ({interval(1 / small, small)})."
    heading = Heading(title, subtitle, source, note, key, synthetic)
    scale = Scale(
        "Odds ratio (log scale)", 1.0, "log", band=(1 / small, small), band_label="small effects", sides=sides
    )
    return forest(heading, rows, scale, "Odds ratio (interval)", width)


def as_ratios(estimates: pl.DataFrame, per: Mapping[str, float] | None = None) -> pl.DataFrame:
    """The coefficients of a logit as odds ratios, for ``per`` units of a term (1 unless named)."""
    log_odds = estimates.filter(pl.col("component") == "coefficient")
    times = pl.col("term").replace_strict(dict(per or {}), default=1.0, return_dtype=pl.Float64)
    return log_odds.with_columns((pl.col("estimate", "conf_low", "conf_high") * times).exp())


def _level(confidence: float) -> str:
    return f"Lines show {confidence * 100:g}% confidence intervals."


def rows_of(estimates: pl.DataFrame, labels: Mapping[str, str], models: Mapping[str, str] | None) -> list[Row]:
    """The labelled rows that are drawn; ``alt_coefficients`` tells the same ones."""
    shown = estimates.filter(pl.col("component").is_in(list(KINDS)), pl.col("term").is_in(list(labels)))
    names = models or {name: name for name in shown["model"].unique(maintain_order=True)}
    rows: list[Row] = []
    for model, name in names.items():
        own = shown.filter(pl.col("model") == model)
        terms = [(term, label) for term, label in labels.items() if term in own["term"]]
        made = [Row(label, _marks(own.filter(pl.col("term") == term))) for term, label in terms]
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


def _marks(rows: pl.DataFrame) -> tuple[Mark, ...]:
    order = {kind: place for place, kind in enumerate(KINDS)}
    found = sorted(rows.iter_rows(named=True), key=lambda row: order[row["component"]])
    return tuple(_mark(row) for row in found)


def _mark(row: Mapping[str, object]) -> Mark:
    name, colour, marker = KINDS[str(row["component"])]
    value, low, high = (_number(row[column]) for column in ("estimate", "conf_low", "conf_high"))
    if value is None:
        return Mark(None, None, None, name, colour, marker, "withheld")
    text = decimal(value)
    if low is not None and high is not None:
        text += f" ({interval(low, high)})"
    return Mark(value, low, high, name, colour, marker, text)


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]
