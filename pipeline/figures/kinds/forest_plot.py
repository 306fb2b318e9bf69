"""A forest plot: estimates of several models, terms or subgroups with intervals, and where asked a pooled one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.data import of_rows
from pipeline.figures.forest import Mark, Row, Scale, forest
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import DARK_BLUE, DARK_GREY, WIDE, styled, with_interval
from pipeline.specs.rounding import places_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figure_kinds import ForestOptions
    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

Pooling = Literal["common", "random"]
NAMES = {"common": "Pooled (common effect)", "random": "Pooled (random effects)"}


def picture(spec: FigureSpec, _study: Study, material: Material) -> Picture:
    """The declared results of ``spec.models``; ``spec.y_label`` is what they change."""
    options: Any = spec.options
    declared: ForestOptions = options
    estimates, caution = material.marked(spec, results(material.of(spec), declared.component, spec.terms))
    terms = dict.fromkeys(estimates["term"])
    shared: Arguments = {
        "models": {model: spec.labels.get(model, _label(model, material)) for model in spec.models},
        "terms": {term: material.label(term, spec) for term in terms},
        "groups": dict(spec.groups),
        "pooled": declared.pooled,
        "confidence": material.confidence(spec),
    }
    axis: Arguments = {"x_label": spec.y_label} if spec.y_label else {}
    rows = forest_rows(estimates, **shared)
    data = of_rows(rows, "Estimate", shared["confidence"])
    return Picture(alt_forest(estimates, **shared), partial(forest_plot, estimates, **shared, **axis), caution, data)


def _label(model: str, material: Material) -> str:
    outcome = getattr(material.models.get(model), "outcome", None)
    return material.labels.get(outcome or "", model.replace("_", " "))


def results(estimates: pl.DataFrame, component: str, terms: Sequence[str]) -> pl.DataFrame:
    """The rows of a component, and of some terms. Raises ``PaperError`` if there are none."""
    shown = estimates.filter(pl.col("component") == component)
    shown = shown.filter(pl.col("term").is_in(list(terms))) if terms else shown
    if shown.is_empty():
        there = ", ".join(estimates["component"].unique(maintain_order=True)[:12])
        raise PaperError(
            f"none of the models has a `{component}`", todo=f"Name another `component`; there are {there}."
        )
    return shown


@public(infinite=False)
@styled
def forest_plot(
    estimates: pl.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    source: str = "",
    models: Mapping[str, str] | None = None,
    terms: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
    pooled: Pooling | None = None,
    x_label: str = "Change in the outcome for one more unit",
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """One row per result with its interval, over a line at zero, and with ``pooled`` one more of all (``pool``).

    ``estimates``: rows of ``Estimates`` of one component. ``models``, ``terms``, ``groups``: key → label.
    """
    rows = forest_rows(estimates, models=models, terms=terms, groups=groups, pooled=pooled, confidence=confidence)
    key = f"Lines show {confidence * 100:g}% confidence intervals."
    if pooled is not None:
        key += f" {_heterogeneity(pool(estimates, pooled, confidence))}"
    heading = Heading(title, subtitle, source, note, key, synthetic)
    return forest(heading, rows, Scale(x_label, 0.0), "Estimate (interval)", width)


@public(infinite=False)
def alt_forest(
    estimates: pl.DataFrame,
    *,
    models: Mapping[str, str] | None = None,
    terms: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
    pooled: Pooling | None = None,
    confidence: float = 0.95,
) -> str:
    """What ``forest_plot`` with these arguments shows: every result with its interval."""
    rows = forest_rows(estimates, models=models, terms=terms, groups=groups, pooled=pooled, confidence=confidence)
    start = f"Forest plot of {estimates.height:,} results with {confidence * 100:g}% confidence intervals."
    told = [f"{row.label}: {row.marks[0].text}." if row.marks else f"{row.label}:" for row in rows]
    return " ".join([start, *told, *([_heterogeneity(pool(estimates, pooled, confidence))] if pooled else [])])


def forest_rows(
    estimates: pl.DataFrame,
    *,
    models: Mapping[str, str] | None,
    terms: Mapping[str, str] | None,
    groups: Mapping[str, str] | None,
    pooled: Pooling | None,
    confidence: float,
) -> list[Row]:
    """One row per result, named by what distinguishes it; the pooled one last."""
    labels = {"model": models or {}, "term": terms or {}, "group": groups or {}, "wave": {}}
    differ = [name for name in labels if estimates[name].n_unique() > 1] or ["term"]
    rows = [
        Row(
            ", ".join(labels[name].get(str(row[name]), str(row[name])) for name in differ if row[name] is not None),
            (_mark(row, DARK_GREY, "s"),),
        )
        for row in estimates.iter_rows(named=True)
    ]
    if pooled is not None:
        found = pool(estimates, pooled, confidence)
        rows.append(Row(NAMES[pooled], (_mark(vars(found), DARK_BLUE, "D"),)))
    return rows


def _mark(row: Mapping[str, Any], colour: str, marker: str) -> Mark:
    value, low, high, people = row["estimate"], row["conf_low"], row["conf_high"], row.get("n_persons")
    if value is None or low is None or high is None:
        return Mark(None, None, None, "", colour, marker, "withheld", people)
    text = with_interval(value, low, high, mark=row.get("mark", ""))
    return Mark(value, low, high, "", colour, marker, text, people, places_of((low, high), value=value))


@dataclass(frozen=True)
class Pooled:
    """The mean of results of different people, with its interval; ``i_squared``: their variance beyond chance."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    q: float
    df: int
    i_squared: float
    tau_squared: float


def pool(estimates: pl.DataFrame, how: Pooling, confidence: float = 0.95) -> Pooled:
    """The mean weighted by inverse variance: of one common effect, or of effects that vary (DerSimonian & Laird).

    Results must be of different people. R: ``metafor::rma(method = "FE")`` and ``"DL"``. Raises ``PaperError`` for
    several results of one model and group (of the same people), or fewer than two with a standard error.
    """
    from scipy.special import ndtri

    shown = estimates.filter(pl.col("estimate").is_not_null(), pl.col("std_error") > 0)
    if shown.height < 2:
        raise PaperError("a pooled result needs two results with standard errors", todo="Leave `pooled` out.")
    if shown.select("model", "group").is_duplicated().any():
        raise PaperError(
            "results of one model and group are of the same people, and cannot be pooled", todo="Leave `pooled` out."
        )
    y, v = shown["estimate"].to_numpy(), shown["std_error"].to_numpy() ** 2
    w = 1 / v
    mean = float((w * y).sum() / w.sum())
    q, df = float((w * (y - mean) ** 2).sum()), len(y) - 1
    tau = max((q - df) / float(w.sum() - (w**2).sum() / w.sum()), 0.0)
    if how == "random":
        w = 1 / (v + tau)
        mean = float((w * y).sum() / w.sum())
    error = math.sqrt(1 / float(w.sum()))
    half = float(ndtri((1 + confidence) / 2)) * error
    return Pooled(mean, error, mean - half, mean + half, q, df, max(1 - df / q, 0.0) if q > 0 else 0.0, tau)


def _heterogeneity(found: Pooled) -> str:
    return f"Of the variance between the results {found.i_squared:.0%} is more than chance would give (I squared)."
