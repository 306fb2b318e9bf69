"""Coefficients with their intervals: effects within a person and between people in one row."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.figures.data import of_rows
from pipeline.figures.effects import as_percentages, legends, level_of, row_words, rows_of
from pipeline.figures.forest import Scale, forest
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study


def picture(spec: FigureSpec, _study: Study, material: Material) -> Picture:
    """The declared effects of ``spec.models``; ``spec.y_label`` is what they change."""
    estimates = material.of(spec)
    effects = estimates.filter(pl.col("component").is_in(list(legends())))
    terms = spec.terms or tuple(effects["term"].unique(maintain_order=True))
    shown, caution = material.marked(spec, effects.filter(pl.col("term").is_in(terms)))
    shown = as_percentages(shown) if spec.percent else shown
    shared: Arguments = {
        "labels": {term: material.label(term, spec) for term in terms},
        "models": {model: _model_label(model, spec, material) for model in spec.models},
        "confidence": material.confidence(spec),
    }
    axis: Arguments = {"x_label": spec.y_label} if spec.y_label else {}
    estimate = "Estimate (percentage points)" if spec.percent else "Estimate"
    data = of_rows(rows_of(shown, shared["labels"], shared["models"]), estimate, shared["confidence"])
    return Picture(alt_coefficients(shown, **shared), partial(coefficients, shown, **shared, **axis), caution, data)


def _model_label(model: str, spec: FigureSpec, material: Material) -> str:
    declared = material.models.get(model)
    outcome = getattr(declared, "outcome", None)
    if model in spec.labels or outcome is None:
        return spec.labels.get(model, model)
    return material.label(outcome, spec)


@public(infinite=False)
@styled
def coefficients(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    title: str,
    subtitle: str = "",
    source: str = "",
    models: Mapping[str, str] | None = None,
    x_label: str = "Change in the outcome for one more unit",
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each term's effects in one row, with a line at zero, intervals and printed values.

    ``estimates``: rows of ``Estimates`` with component ``within``, ``between``, ``contextual`` or ``coefficient``.
    ``labels``: term → label, in the order to be drawn; other terms are left out. ``models``: model → label; with
    several models each is a row, or a heading over its terms. A withheld result is named with its reason.

    Raises ``PaperError`` if no term named is among the estimates.
    """
    rows = rows_of(estimates, labels, models)
    heading = Heading(title, subtitle, source, note, level_of(confidence), synthetic)
    return forest(heading, rows, Scale(x_label, 0.0), "Estimate (interval)", width)


@public(infinite=False)
def alt_coefficients(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    models: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> str:
    """What ``coefficients`` with these arguments shows: every effect with its interval."""
    start = f"Dot plot of effects with {confidence * 100:g}% confidence intervals and a line at zero."
    return " ".join([start, *row_words(rows_of(estimates, labels, models))])
