"""A forest plot of a programme: the effect in each of its areas, pooled, and where that of another area is expected."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

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

    from pipeline.specs.figure_kinds import ProgrammeOptions
    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

NEEDED = ("area", "row", "estimate", "conf_low", "conf_high", "i2", "n_persons", "n_areas", "note")
POOLED, EXPECTED = "All areas, pooled", "Expected in another area"


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The declared outcome and wave of a programme; without a wave the last one that has a pooled effect."""
    options: Any = spec.options
    declared: ProgrammeOptions = options
    name = declared.programme or next(iter(study.programmes))
    programme = study.programmes[name]
    if material.programme is None:
        raise PaperError("the figure draws a programme, but there is no table of it", todo="Build it first.")
    outcome = spec.outcomes[0]
    table = material.programme.filter(programme=name, outcome=outcome)
    rows = table.filter(wave=declared.wave or _last(table, outcome))
    shared: Arguments = {
        "labels": {name: area.label for name, area in programme.areas.items()},
        "smallest": programme.smallest_effect,
        "confidence": programme.method.confidence,
    }
    unit = "standard deviations" if programme.scale == "standardised" else "units of the outcome"
    axis = spec.y_label or f"{material.label(outcome, spec)}: difference in {unit}"
    drawn = partial(programme_forest, rows, **shared, x_label=axis)
    data = of_rows(forest_rows(rows, shared["labels"]), "Effect", shared["confidence"])
    return Picture(alt_programme_forest(rows, **shared), drawn, data=data)


def _last(table: pl.DataFrame, outcome: str) -> str:
    waves = table.filter(row="pooled").drop_nulls("estimate")["wave"].to_list()
    if not waves:
        raise PaperError(f"no wave of the programme has a pooled effect on `{outcome}`", todo="Name a `wave`.")
    return str(max(waves))


@public(infinite=False)
@styled
def programme_forest(
    effects: pl.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    source: str = "",
    labels: Mapping[str, str] | None = None,
    smallest: float | None = None,
    x_label: str = "Effect in standard deviations",
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """One row per area with its interval, the pooled effect as a diamond, and the interval of another area.

    ``effects``: rows of one programme, outcome and wave, as ``pipeline.index.pooled_effects`` gives them. ``labels``:
    area → its name. ``smallest``: the smallest effect of interest; effects below it lie in a grey band. Raises
    ``PaperError`` for effects of several waves, or none.
    """
    rows = forest_rows(effects, labels)
    small = "" if smallest is None else f"Effects below {smallest:g}, in the grey band, are too small to matter."
    told = (f"Lines show {confidence * 100:g}% confidence intervals.", _heterogeneity(effects), small)
    key = " ".join(filter(None, told))
    band = None if smallest is None else (-smallest, smallest)
    scale = Scale(x_label, 0.0, band=band)
    return forest(Heading(title, subtitle, source, note, key, synthetic), rows, scale, "Effect (interval)", width)


@public(infinite=False)
def alt_programme_forest(
    effects: pl.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    smallest: float | None = None,
    confidence: float = 0.95,
) -> str:
    """What ``programme_forest`` with these arguments shows: every effect with its interval."""
    rows = forest_rows(effects, labels)
    areas = sum(mark.marker == "s" for row in rows for mark in row.marks)
    start = f"Forest plot of effects in {areas} areas with {confidence * 100:g}% confidence intervals."
    told = [f"{row.label}: {row.marks[0].text}." for row in rows]
    band = [] if smallest is None else [f"Effects below {smallest:g} are too small to matter."]
    return " ".join(filter(None, [start, *told, _heterogeneity(effects), *band]))


def forest_rows(effects: pl.DataFrame, labels: Mapping[str, str] | None) -> list[Row]:
    """Areas as they come, then what is pooled. Raises ``PaperError`` for effects that cannot be one plot."""
    missing = [name for name in NEEDED if name not in effects.columns]
    if missing:
        raise PaperError(f"the effects have no column `{missing[0]}`", todo="Give what `pooled_effects` returns.")
    for name in ("programme", "outcome", "wave"):
        if name in effects.columns and effects[name].n_unique() > 1:
            raise PaperError(f"effects of several {name}s are no one plot", where=name, todo="Choose one.")
    areas = effects.filter(row="area")
    if areas.is_empty():
        raise PaperError("there is no effect of an area to draw")
    names = dict(labels or {})
    rows = [
        Row(names.get(row["area"], str(row["area"]).replace("_", " ").capitalize()), (_mark(row, DARK_GREY, "s"),))
        for row in areas.iter_rows(named=True)
    ]
    for kind, label, marker in (("pooled", POOLED, "D"), ("prediction", EXPECTED, "|")):
        found = effects.filter(row=kind)
        rows += [Row(label, (_mark(row, DARK_BLUE, marker),)) for row in found.iter_rows(named=True)]
    return rows


def _mark(row: Mapping[str, Any], colour: str, marker: str) -> Mark:
    value, low, high, people = row["estimate"], row["conf_low"], row["conf_high"], row["n_persons"]
    if value is None or low is None or high is None:
        return Mark(None, None, None, "", colour, marker, "withheld", people)
    places = places_of((low, high), value=value)
    text = with_interval(value, low, high)
    if marker == "|":
        text = text[text.index("(") + 1 : -1] if "(" in text else text
    return Mark(value, low, high, "", colour, marker, text, people, places)


def _heterogeneity(effects: pl.DataFrame) -> str:
    share = effects.filter(row="pooled")["i2"].drop_nulls()
    if share.is_empty():
        return ""
    return f"Of the variance between areas {share[0]:.0%} is more than chance would give (I squared)."
