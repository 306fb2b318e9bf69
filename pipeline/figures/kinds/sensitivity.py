"""One result in several versions: a dot and an interval for each way of estimating it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.data import of_rows
from pipeline.figures.forest import Mark, Row, Scale, forest
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import DARK_BLUE, DARK_GREY, WIDE, styled, with_interval
from pipeline.specs.rounding import places_of, rounded
from pipeline.tables import VERSIONS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

PLAIN, OTHER = ("As answered", DARK_BLUE, "o"), ("Another version", DARK_GREY, "D")


def picture(spec: FigureSpec, _study: Study, material: Material) -> Picture:
    """Every version of the result of ``spec.models``; ``spec.y_label`` is what the result is."""
    estimates, caution = material.marked(spec, material.of(spec).filter(pl.col("component") == "version"))
    shared: Arguments = {"labels": spec.labels, "confidence": material.confidence(spec)}
    axis: Arguments = {"x_label": spec.y_label} if spec.y_label else {}
    data = of_rows(version_rows(estimates, spec.labels), "Estimate", shared["confidence"])
    return Picture(alt_versions(estimates, **shared), partial(versions, estimates, **shared, **axis), caution, data)


@public(infinite=False)
@styled
def versions(
    estimates: pl.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    source: str = "",
    labels: Mapping[str, str] | None = None,
    x_label: str = "Change in the outcome for one more unit",
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each version of a result with its interval and how many people it rests on, over a line at zero.

    ``estimates``: rows of ``Estimates`` with component ``version``. ``labels``: version → label instead of its usual
    words. A version that could not be estimated is named as withheld. Raises ``PaperError`` if there are none.
    """
    key = f"Lines show {confidence * 100:g}% confidence intervals. The vertical line marks no association."
    heading = Heading(title, subtitle, source, note, key, synthetic)
    return forest(heading, version_rows(estimates, labels), Scale(x_label, 0.0), "Estimate (interval)", width)


@public(infinite=False)
def alt_versions(estimates: pl.DataFrame, *, labels: Mapping[str, str] | None = None, confidence: float = 0.95) -> str:
    """What ``versions`` with these arguments shows."""
    start = f"Dot plot of one result in several versions, with {confidence * 100:g}% confidence intervals."
    return " ".join([start, *(f"{row.label}: {row.marks[0].text}." for row in version_rows(estimates, labels))])


def version_rows(estimates: pl.DataFrame, labels: Mapping[str, str] | None = None) -> list[Row]:
    """One row per version, in the order of the table."""
    shown = estimates.filter(pl.col("component") == "version")
    if shown.is_empty():
        raise PaperError("there are no versions to draw", todo="Name a model of the family `sensitivity`.")
    return [Row(_label(row, labels or {}), (_mark(row),)) for row in shown.iter_rows(named=True)]


def _label(row: Mapping[str, object], labels: Mapping[str, str]) -> str:
    name = str(row["group"])
    label = labels.get(name) or VERSIONS.get(name, name)
    return label if row["n_persons"] is None else f"{label} ({row['n_persons']:,}\N{NO-BREAK SPACE}people)"


def _mark(row: Mapping[str, object]) -> Mark:
    _, colour, marker = PLAIN if row["group"] == "unweighted" else OTHER
    mark = str(row.get("mark", ""))
    value, low, high = (row[name] for name in ("estimate", "conf_low", "conf_high"))
    people = row["n_persons"] if isinstance(row["n_persons"], int) else None
    if not isinstance(value, float):
        return Mark(None, None, None, "", colour, marker, "withheld")
    if isinstance(low, float) and isinstance(high, float):
        text, places = with_interval(value, low, high, mark=mark), places_of((low, high), value=value)
        return Mark(value, low, high, "", colour, marker, text, people, places)
    return Mark(value, None, None, "", colour, marker, rounded(value) + mark, people, places_of((), value=value))
