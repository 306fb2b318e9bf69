"""A specification curve: one result in every analysis of a multiverse, and the choices that each rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.curve_plot import Choice, Point, curve
from pipeline.figures.data import NOTE, PEOPLE, cleared, interval_columns, printed
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled
from pipeline.specs.families import FAMILIES
from pipeline.specs.rounding import places_of, rounded
from pipeline.tables import VERSIONS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

WORDS = {
    "waves": "Waves",
    "arms": "Samples",
    "weights": "Weights",
    "missing": "People and missing answers",
    "covariates": "Covariates",
    "subsets": "Covariates",
    "outcome": "Outcome",
    "exposure": "Exposure",
    "family": "Model",
    "standard_errors": "Standard errors",
    "outliers": "Outliers",
    "two_way": "Fixed effects for people and waves",
    "answered": VERSIONS["unweighted"],
    "classical": "Classical",
    "person_id": "Clustered by person",
    "household_id": "Clustered by household",
    "psu": "Clustered by sampling unit",
    "area_code": "Clustered by area",
    "replicates": "Replicate weights",
    "with": "Included",
    "without": "Left out",
}
"""Choices and values → their labels, where the figure has none of its own."""


def picture(spec: FigureSpec, _study: Study, material: Material) -> Picture:
    """Every analysis of the multiverse that ``spec.models`` names; ``spec.y_label`` is what the result is."""
    estimates = material.of(spec).filter(pl.col("component") == "cell")
    labels = {key: material.label(key, spec) for key in material.labels} | dict(spec.labels)
    shared: Arguments = {"labels": labels, "confidence": material.confidence(spec)}
    axis: Arguments = {"y_label": spec.y_label} if spec.y_label else {}
    withheld = estimates.filter(pl.col("estimate").is_null()).height
    caution = f"{withheld:,} of {estimates.height:,} analyses could not be estimated." if withheld else ""
    data = _data(estimates, labels, shared["confidence"])
    drawn = partial(specification_curve, estimates, **shared, **axis)
    return Picture(alt_specification_curve(estimates, **shared), drawn, caution, data)


@public(infinite=False)
@styled
def specification_curve(
    estimates: pl.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    source: str = "",
    labels: Mapping[str, str] | None = None,
    y_label: str = "Change in the outcome for one more unit",
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """The estimates of all analyses in rising order with their intervals, over a matrix of their choices.

    ``estimates``: rows of ``Estimates`` with component ``cell``, whose terms name choices (``waves: all; family:
    pooled``). ``labels``: choice or value → label. Raises ``PaperError`` if fewer than two could be estimated.
    """
    points = points_of(estimates)
    key = (
        f"Each line is one analysis with its {confidence * 100:g}% confidence interval; the marks below it show its "
        "choices. The dashed line is the median."
    )
    heading = Heading(title, subtitle, source, note, key, synthetic)
    return curve(heading, points, choices_of(estimates, labels), _median(points), y_label, width)


@public(infinite=False)
def alt_specification_curve(
    estimates: pl.DataFrame, *, labels: Mapping[str, str] | None = None, confidence: float = 0.95
) -> str:
    """What ``specification_curve`` with these arguments shows: range, median, and the median for each value."""
    points = points_of(estimates)
    values = [one.value for one in points]
    clear = sum(one.clear for one in points)
    parts = [
        f"Specification curve of {len(points):,} analyses of one result, in rising order, from "
        f"{rounded(min(values))} to {rounded(max(values))}, with the median {rounded(_median(points))}. "
        f"In {clear:,} of them the {confidence * 100:g}% confidence interval leaves zero out. Medians by choice:"
    ]
    for choice in choices_of(estimates, labels):
        told = []
        for key, label in choice.values:
            own = [one for one in points if key in one.chosen]
            told.append(f"{label} {rounded(_median(own))}" if own else f"{label} none")
        parts.append(f"{choice.label}: {', '.join(told)}.")
    return " ".join(parts)


def points_of(estimates: pl.DataFrame) -> list[Point]:
    """The analyses that could be estimated. Raises ``PaperError`` for fewer than two."""
    shown = estimates.filter(pl.col("component") == "cell", pl.col("estimate").is_not_null())
    if shown.height < 2:
        raise PaperError(
            "there are no analyses to draw", todo="Name a model of the family `multiverse` with two cells or more."
        )
    return [
        Point(row["estimate"], row["conf_low"], row["conf_high"], frozenset(_marks(row["term"])))
        for row in shown.iter_rows(named=True)
    ]


def chosen(term: str) -> dict[str, str]:
    """Choice → value, from the term of a cell."""
    return dict(part.split(": ", 1) for part in term.split("; "))


def _marks(term: str) -> list[tuple[str, str]]:
    """The rows in which a cell has a mark: of a subset, one for each of its covariates."""
    return [
        (choice, part)
        for choice, value in chosen(term).items()
        for part in (value.split(" + ") if choice == "subsets" else [value])
    ]


def choices_of(estimates: pl.DataFrame, labels: Mapping[str, str] | None = None) -> list[Choice]:
    """The choices and their values in the order of the grid, in words."""
    values: dict[str, dict[str, None]] = {}
    for term in estimates.filter(pl.col("component") == "cell")["term"]:
        for choice, value in _marks(term):
            values.setdefault(choice, {})[value] = None
    say = _say(labels or {})
    return [
        Choice(say(choice), tuple(((choice, value), say(value)) for value in own)) for choice, own in values.items()
    ]


def _say(labels: Mapping[str, str]) -> Callable[[str], str]:
    """A choice or value in words: the figure's, or else those of the field."""

    def words(key: str) -> str:
        own = labels.get(key) or WORDS.get(key) or VERSIONS.get(key)
        if own is None and key in FAMILIES:
            own = FAMILIES[key].label
        text = own or key.replace("_", " ")
        return text[:1].upper() + text[1:]

    return words


def _median(points: Sequence[Point]) -> float:
    values = sorted(one.value for one in points)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def _data(estimates: pl.DataFrame, labels: Mapping[str, str], confidence: float) -> pl.DataFrame:
    """One row per analysis, in rising order, those withheld last: its choices, estimate, interval and people."""
    say = _say(labels)
    low, high = interval_columns(confidence)
    shown = estimates.sort("estimate", nulls_last=True, maintain_order=True)
    rows: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    for row in shown.iter_rows(named=True):
        words = {say(choice): say(value) for choice, value in chosen(row["term"]).items()}
        names |= dict.fromkeys(words)
        ends = (row["conf_low"], row["conf_high"])
        places = places_of(ends, value=row["estimate"]) if row["estimate"] is not None else 2
        values = {"Estimate": printed(row["estimate"], places), low: printed(ends[0], places)}
        values |= {high: printed(ends[1], places), PEOPLE: row["n_persons"]}
        rows.append(words | values | {NOTE: "withheld" if row["estimate"] is None else ""})
    return cleared(rows, tuple(names))
