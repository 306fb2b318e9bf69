"""Odds ratios of a logistic regression with their intervals, on a log scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.figures.data import of_rows
from pipeline.figures.effects import level_of, row_words, rows_of
from pipeline.figures.forest import Scale, forest
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, interval, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

SMALL_ODDS_RATIO = math.exp(0.2 * math.pi / math.sqrt(3))
"""1.44: the odds ratio of Cohen's small effect, d = 0.2, by ln(OR) = d·π/√3 (Chinn 2000, Statistics in Medicine 19)."""


def picture(spec: FigureSpec, _study: Study, material: Material) -> Picture:
    """The declared odds ratios of ``spec.models``, of ``spec.outcomes`` alone if there are any."""
    estimates = material.of(spec)
    terms = spec.terms or tuple(
        term for term in estimates["term"].unique(maintain_order=True) if "ntercept" not in term
    )
    if spec.outcomes:
        estimates = estimates.filter(pl.col("outcome").is_in(spec.outcomes))
    estimates, caution = material.marked(spec, estimates.filter(pl.col("term").is_in(terms)))
    shared: Arguments = {
        "labels": {term: material.label(term, spec) for term in terms},
        "per": spec.per,
        "confidence": material.confidence(spec),
    }
    band: Arguments = {"small": spec.small} if spec.small else {}
    rows = rows_of(as_ratios(estimates, spec.per), shared["labels"], None)
    data = of_rows(rows, "Odds ratio", shared["confidence"])
    return Picture(
        alt_odds_ratios(estimates, **shared), partial(odds_ratios, estimates, **shared, **band), caution, data
    )


@public(infinite=False)
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
    called = "conventionally called small" if small == SMALL_ODDS_RATIO else "declared as too small to matter"
    key = f"{level_of(confidence)} Grey: odds ratios {called} ({interval(1 / small, small)})."
    heading = Heading(title, subtitle, source, note, key, synthetic)
    scale = Scale(
        "Odds ratio (log scale)", 1.0, "log", band=(1 / small, small), band_label="small effects", sides=sides
    )
    return forest(heading, rows, scale, "Odds ratio (interval)", width)


def as_ratios(estimates: pl.DataFrame, per: Mapping[str, float] | None = None) -> pl.DataFrame:
    """The coefficients of a logit as odds ratios, for ``per`` units of a term (1 unless named)."""
    log_odds = estimates.filter(pl.col("component") == "coefficient")
    times = pl.col("term").replace_strict(dict(per or {}), default=1.0, return_dtype=pl.Float64)
    return log_odds.with_columns((pl.col("estimate", "conf_low", "conf_high") * times).exp(), null=pl.lit(1.0))


@public(infinite=False)
def alt_odds_ratios(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    per: Mapping[str, float] | None = None,
    confidence: float = 0.95,
) -> str:
    """What ``odds_ratios`` with these arguments shows: every odds ratio with its interval."""
    start = (
        f"Dot plot of odds ratios on a log scale, with {confidence * 100:g}% confidence intervals and a line at one."
    )
    return " ".join([start, *row_words(rows_of(as_ratios(estimates, per), labels, None))])
