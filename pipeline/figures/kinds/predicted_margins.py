"""Predictions of a model at declared values, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.data import of_rows
from pipeline.figures.effects import level_of, row_words
from pipeline.figures.forest import Scale, forest
from pipeline.figures.margins import margin_rows
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

RANGE = "The axis covers the values shown, not the whole scale."


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The predictions of the one declared model; ``spec.terms`` chooses, ``spec.groups`` names values."""
    if len(spec.models) != 1:
        raise PaperError("a figure of predictions draws one model", todo="Name one.")
    rows = material.of(spec).filter(pl.col("component") == "prediction")
    rows = rows.filter(pl.col("term").is_in(spec.terms)) if spec.terms else rows
    rows = rows.filter(pl.col("outcome").is_in(spec.outcomes)) if spec.outcomes else rows
    shown, caution = material.marked(spec, rows)
    named = [name for term in shown["term"].unique(maintain_order=True) for name in str(term).split(" × ")]
    named.extend(shown["outcome"].unique(maintain_order=True))
    shared: Arguments = {
        "labels": {name: material.label(name, spec) for name in named},
        "values": {**{f"wave={key}": wave.title for key, wave in study.waves.items()}, **spec.groups},
        "percent": spec.percent,
        "confidence": material.confidence(spec),
    }
    drawn = margin_rows(shown, shared["labels"], shared["values"], percent=spec.percent)
    estimate = "Predicted (%)" if spec.percent else "Predicted"
    data = of_rows(drawn, estimate, shared["confidence"])
    axis: Arguments = {"x_label": spec.y_label} if spec.y_label else {}
    alt = alt_predicted_margins(shown, **shared)
    return Picture(alt, partial(predicted_margins, shown, **shared, **axis), caution, data)


@public(infinite=False)
@styled
def predicted_margins(
    estimates: pl.DataFrame,
    *,
    title: str,
    labels: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    subtitle: str = "",
    source: str = "",
    x_label: str = "Predicted by the model",
    percent: bool = False,
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each prediction in a row with its interval and printed value; values of a second term as marks of other shapes.

    ``estimates``: rows of ``Estimates`` with component ``prediction``, at one set of terms (``predict_at``).
    ``labels``: term or outcome → label. ``values``: value, or ``term=value`` → label. ``percent``: probabilities.

    Raises ``PaperError`` if there are none, or more than can be read.
    """
    rows = margin_rows(estimates, labels or {}, values or {}, percent=percent)
    key = f"{level_of(confidence)} Everybody is given the value, and keeps their own of all else. {RANGE}"
    marks = [mark.value for row in rows for mark in row.marks if mark.value is not None]
    if not marks:
        raise PaperError("every prediction is withheld", todo="Leave the figure out, or correct the model.")
    scale = Scale(x_label, marks[0], unit="%" if percent else "", line=False)
    return forest(Heading(title, subtitle, source, note, key, synthetic), rows, scale, "Predicted (interval)", width)


@public(infinite=False)
def alt_predicted_margins(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    percent: bool = False,
    confidence: float = 0.95,
) -> str:
    """What ``predicted_margins`` with these arguments shows: every prediction with its interval."""
    rows = margin_rows(estimates, labels or {}, values or {}, percent=percent)
    start = (
        f"Dot plot of predictions with {confidence * 100:g}% confidence intervals{', in per cent' if percent else ''}."
    )
    return " ".join([start, *row_words(rows)])
