"""Simple slopes: how much an association depends on a moderator, and where it differs from zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.figures.data import cleared, interval_columns, printed
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.slope_lines import Label, SlopeLine, slope_lines
from pipeline.figures.slope_plot import slope_plot
from pipeline.figures.style import WIDE, styled
from pipeline.specs.terms import label_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

COMPONENTS = ("slope_curve", "slope_region", "moderator")
Y_LABEL = "Change in the outcome for one more unit"


def picture(spec: FigureSpec, _study: Study, material: Material) -> Picture:
    """The slopes of ``spec.models``; ``spec.terms`` chooses some, ``spec.y_label`` is what they change."""
    rows = material.of(spec).filter(pl.col("component").is_in(COMPONENTS))
    shown, caution = material.marked(spec, rows)
    names = {*shown["term"].unique(), *_moderators(shown)}
    shared: Arguments = {
        "labels": {name: material.label(name, spec) for name in sorted(names)},
        "terms": spec.terms,
        "confidence": material.confidence(spec),
    }
    axis: Arguments = {"y_label": spec.y_label} if spec.y_label else {}
    lines = slope_lines(shown, _label(shared["labels"]), spec.terms)
    data = _data(lines, shared["confidence"])
    return Picture(alt_simple_slopes(shown, **shared), partial(simple_slopes, shown, **shared, **axis), caution, data)


@public(infinite=False)
@styled
def simple_slopes(
    estimates: pl.DataFrame,
    *,
    title: str,
    labels: Mapping[str, str] | None = None,
    terms: Sequence[str] = (),
    subtitle: str = "",
    source: str = "",
    y_label: str = Y_LABEL,
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each slope along its moderator with a band of intervals, over a line at zero and a rug of where the answers lie.

    ``estimates``: rows of ``Estimates`` with components ``slope_curve``, ``slope_region`` and ``moderator``, as a model
    with ``slopes`` gives them. Where the slope differs from zero (Johnson & Neyman) the line is solid and the band
    hatched. ``labels``: term or moderator → label. Raises ``PaperError`` if there are no slopes along a moderator.
    """
    lines = slope_lines(estimates, _label(labels or {}), terms)
    key = (
        f"The band is the {confidence * 100:g}% confidence interval. Solid line, hatched band: the slope differs from "
        "zero; dashed line, plain band: it does not. Bars at the foot: where the answers lie."
    )
    return slope_plot(Heading(title, subtitle, source, note, key, synthetic), lines, y_label, width)


@public(infinite=False)
def alt_simple_slopes(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    terms: Sequence[str] = (),
    confidence: float = 0.95,
) -> str:
    """What ``simple_slopes`` with these arguments shows."""
    start = f"Line chart of slopes along a moderator, with {confidence * 100:g}% confidence bands."
    return " ".join([start, *(line.words() for line in slope_lines(estimates, _label(labels or {}), terms))])


def _label(labels: Mapping[str, str]) -> Label:
    return partial(label_of, labels=labels)


def _moderators(rows: pl.DataFrame) -> list[str]:
    return rows["group"].drop_nulls().str.extract(r"^(.*)=[^=]*$", 1).unique().to_list()


def _data(lines: Sequence[SlopeLine], confidence: float) -> pl.DataFrame:
    """One row per slope that is drawn."""
    low, high = interval_columns(confidence)
    rows = [
        {"Slope of": line.label, "Along": line.by, "At": f"{line.at[place]:.4g}"}
        | {"Slope": printed(line.slope[place], line.places), low: printed(line.low[place], line.places)}
        | {high: printed(line.high[place], line.places), "People": line.people}
        for line in lines
        for place in range(len(line.at))
    ]
    return cleared(rows, ("Slope of", "Along", "At"))
