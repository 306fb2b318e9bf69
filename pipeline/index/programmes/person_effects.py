"""Effects of a programme in each of its areas, from rows of people: with and without it, before and after.

Difference in differences in standard deviations of the baseline (d_ppc2, Morris 2008), or, where nobody was asked
before the start, the difference at one wave (Hedges' g). Both may be weighted for attrition; errors are clustered by
person or by what else is named, and one comparison group that serves all areas is seen in ``shared``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import LARGEST, public
from pipeline.index.programmes.cells import Cell, Contrast, cell, contrast
from pipeline.index.programmes.effect_sizes import morris_factor, morris_variance, small_sample_factor
from pipeline.index.programmes.errors import refused
from pipeline.index.programmes.heterogeneity import Array
from pipeline.index.programmes.meta_analysis import quantile

Design = Literal["before_after", "difference"]
Scale = Literal["standardised", "raw"]
People = Literal["same", "all"]
Standardiser = Literal["programme", "area"]
Errors = Literal["linearised", "closed_form"]
FEWEST = 2
"""People of an area in a wave: of fewer there is no standard deviation."""
SCHEMA = {
    "area": pl.String, "wave": pl.String, "baseline": pl.String, "estimate": pl.Float64, "std_error": pl.Float64,
    "df": pl.Float64, "conf_low": pl.Float64, "conf_high": pl.Float64, "shared": pl.Float64, "sd": pl.Float64,
    "correlation": pl.Float64, "n_persons": pl.Int64, "n_comparison": pl.Int64, "note": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """How effects are computed."""

    design: str
    scale: str
    people: str
    standardiser: str
    errors: str
    smallest: int
    confidence: float


@public(once=True, ordered=True, infinite=False)
def programme_effects(
    frame: pl.DataFrame,
    outcome: str,
    starts: Mapping[str, str | None],
    comparison: Sequence[str],
    *,
    area: str = "area",
    wave: str = "wave",
    person: str = "person_id",
    weights: str | None = None,
    cluster: str | None = None,
    waves: Sequence[str] = (),
    design: Design = "before_after",
    scale: Scale = "standardised",
    people: People = "same",
    standardiser: Standardiser = "programme",
    errors: Errors = "linearised",
    smallest: int = 10,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """One row per area of the programme and wave: the effect, its interval, and how many people it rests on.

    ``starts``: area → the first wave after its start (None: before the first wave). ``comparison``: areas without the
    programme. ``before_after``: change since the last wave before the start, less the change of the comparison; of
    ``people`` who answered both waves (``same``, in the area of the earlier one), or of all. ``difference``: from the
    comparison at each wave after the start, which is no effect unless the areas were alike before. ``standardised``: in
    pooled standard deviations of the baseline (of the wave itself for ``difference``), over all the programme's areas
    and the comparison, or of each ``area`` and the comparison, times Morris' or Hedges' small-sample factor.
    ``closed_form`` errors are Morris' (2008, equation 25) and Hedges', without weights; ``linearised`` ones have the
    weights, the clusters and the error of the standard deviation. ``shared``: the sampling variance that the effects of
    a wave have in common. Where fewer than ``smallest`` people of an area or the comparison answered, the row says so
    and has no number.

    Raises CohesionError for areas, waves or columns that are not there, an area in both groups, a start without a wave
    before it in ``before_after``, and weights that are negative.
    """
    chosen = Chosen(design, scale, people, standardiser, errors, max(smallest, FEWEST), confidence)
    columns = {"person": person, "area": area, "wave": wave, "outcome": outcome}
    rows = _rows(frame, columns, weights, cluster)
    order = frame[wave].drop_nulls().unique().sort().cast(pl.String).to_list()
    _require_areas(rows, starts, comparison, order, chosen)
    _require_weights(rows, weights, chosen)
    asked = _asked(order, waves)
    made = [_wave_effects(rows, at, order, starts, list(comparison), chosen) for at in asked]
    return pl.concat(made) if made else pl.DataFrame(schema=SCHEMA)


def _rows(frame: pl.DataFrame, columns: Mapping[str, str], weights: str | None, cluster: str | None) -> pl.DataFrame:
    """The rows that can be used, under names of our own, in an order that no pseudonym decides."""
    named = [*columns.values(), *filter(None, [weights, cluster])]
    missing = [name for name in named if name not in frame.columns]
    if missing:
        raise refused(
            f"the frame has no column {', '.join(f'`{name}`' for name in missing)}",
            todo=f"It has {', '.join(frame.columns[:20])}.",
        )
    if not (frame[columns["outcome"]].dtype.is_numeric() or frame[columns["outcome"]].dtype == pl.Boolean):
        raise refused("must be numbers", where=columns["outcome"], todo="Name a score.")
    rows = frame.select(
        pl.col(columns["person"]).cast(pl.String).alias("person"),
        pl.col(columns["area"]).cast(pl.String).alias("area"),
        pl.col(columns["wave"]).cast(pl.String).alias("wave"),
        pl.col(columns["outcome"]).cast(pl.Float64).alias("outcome"),
        (pl.col(weights).cast(pl.Float64) if weights else pl.lit(1.0)).alias("weight"),
        pl.col(cluster or columns["person"]).cast(pl.String).alias("cluster"),
    ).drop_nulls()
    infinite = rows.filter((pl.col("outcome").abs() > LARGEST) | (pl.col("weight") > LARGEST)).height
    if infinite:
        raise refused("infinite values", where=f"{columns['outcome']}, {weights or ''}".rstrip(", "), count=infinite)
    negative = int((rows["weight"] < 0).sum())
    if negative:
        raise refused("weights must not be negative", where=str(weights), count=negative, todo="Correct the weights.")
    return rows.filter(pl.col("weight") > 0)


def _require_areas(
    rows: pl.DataFrame,
    starts: Mapping[str, str | None],
    comparison: Sequence[str],
    order: Sequence[str],
    chosen: Chosen,
) -> None:
    if not starts or not comparison:
        raise refused("a programme has areas, and areas it is compared with", where="starts, comparison")
    both = sorted(set(starts) & set(comparison))
    if both:
        raise refused(f"`{both[0]}` is an area of the programme and of the comparison", todo="Keep one.")
    there = set(rows["area"].unique())
    absent = [one for one in [*starts, *comparison] if one not in there]
    if absent:
        raise refused(
            f"no row with an answer is of {', '.join(f'`{one}`' for one in absent[:12])}",
            where="area",
            todo="Name areas as the column has them.",
        )
    for one, start in starts.items():
        if start is not None and start not in order:
            raise refused(f"`{start}`, the start of `{one}`, is no wave", todo=f"Waves: {', '.join(order)}.")
        if chosen.design == "before_after" and (start is None or order.index(start) == 0):
            raise refused(
                f"no wave lies before the start of `{one}`, so that there is no change since then",
                where="starts",
                todo='Give the first wave after its start, or design="difference".',
            )


def _require_weights(rows: pl.DataFrame, weights: str | None, chosen: Chosen) -> None:
    if chosen.errors == "closed_form":
        if weights is not None:
            raise refused(
                "closed-form errors know no weights", where="errors", todo='Give errors="linearised", or no weights.'
            )
        if chosen.scale == "raw" or chosen.standardiser == "programme" or chosen.people == "all":
            raise refused(
                "closed-form errors are of an effect standardised by each area and the comparison, of the same people",
                where="errors",
                todo='Give scale="standardised", standardiser="area" and people="same", or errors="linearised".',
            )
    if rows.is_empty():
        raise refused("no row has person, area, wave, outcome and a weight above zero")


def _asked(order: Sequence[str], waves: Sequence[str]) -> list[str]:
    unknown = [one for one in waves if one not in order]
    if unknown:
        raise refused(f"`{unknown[0]}` is no wave", where="waves", todo=f"Waves: {', '.join(order)}.")
    return [one for one in order if not waves or one in waves]


def _wave_effects(
    rows: pl.DataFrame,
    at: str,
    order: Sequence[str],
    starts: Mapping[str, str | None],
    comparison: list[str],
    chosen: Chosen,
) -> pl.DataFrame:
    """The effects of one wave, with what their errors have in common."""
    due = {one: start for one, start in starts.items() if start is None or order.index(at) >= order.index(start)}
    before = {one: _baseline(start, order, chosen) for one, start in due.items()}
    cells = {
        base: {
            one: cell(rows, [one] if one else comparison, base, at, chosen.people)
            for one in [*(area for area, own in before.items() if own == base), ""]
        }
        for base in dict.fromkeys(before.values())
    }
    found = {}
    for of in cells.values():
        many = {one: made for one, made in of.items() if made.n >= chosen.smallest}
        for one in of:
            if one and "" in many and one in many:
                others = [many[one]] if chosen.standardiser == "area" else [m for name, m in many.items() if name]
                found[one] = contrast(many[one], many[""], [*others, many[""]], chosen.scale == "standardised")
    shared = _shared(list(found.values()))
    made = [_row(one, at, base, cells[base], found.get(one), shared, chosen) for one, base in before.items()]
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def _baseline(start: str | None, order: Sequence[str], chosen: Chosen) -> str | None:
    return order[order.index(start) - 1] if chosen.design == "before_after" and start is not None else None


def _shared(found: Sequence[Contrast]) -> float:
    """The mean covariance of two effects: what one comparison group gives to all."""
    if len(found) < 2:
        return 0.0
    names: dict[str, int] = {}
    for one in found:
        for name in one.clusters:
            names.setdefault(name, len(names))
    matrix = np.zeros((len(names), len(found)))
    for column, one in enumerate(found):
        matrix[[names[name] for name in one.clusters], column] = one.influence
    both = matrix.T @ matrix
    return max(0.0, float((both.sum() - np.trace(both)) / (len(found) * (len(found) - 1))))


def _row(
    one: str,
    at: str,
    base: str | None,
    of: Mapping[str, Cell],
    found: Contrast | None,
    shared: float,
    chosen: Chosen,
) -> tuple[object, ...]:
    own, other = of[one], of[""]
    if found is None:
        few = own if own.n < chosen.smallest else other
        whose = "the area" if few is own else "the comparison"
        note = f"withheld: fewer than {chosen.smallest} people of {whose} answered"
        return (one, at, base, *[None] * 8, None if own.n < chosen.smallest else own.n, None, note)
    factor, error, df = _scaled(found, own, other, chosen)
    value = factor * found.difference / (found.sd or 1.0)
    half = quantile(chosen.confidence, df) * error
    common = min(shared * factor**2, 0.999 * error**2)
    return (
        one, at, base, value, error, df, value - half, value + half, common, found.sd, own.correlation, own.n, other.n,
        None,
    )  # fmt: skip


def _scaled(found: Contrast, own: Cell, other: Cell, chosen: Chosen) -> tuple[float, float, float]:
    """The small-sample factor, the standard error of the effect, and its degrees of freedom."""
    df = found.df
    if found.sd is None:
        return 1.0, found.std_error, df
    people = found.sd_df
    factor = float(morris_factor(people) if own.change else small_sample_factor(people))
    if chosen.errors == "linearised":
        return factor, factor * found.std_error, df
    effect = np.array(factor * found.difference / found.sd)
    n, m = np.array(float(own.n)), np.array(float(other.n))
    if own.change:
        variance: Array = morris_variance(effect, n, m, np.array(_pooled_correlation(own, other)))
    else:
        variance = 1 / n + 1 / m + effect**2 / (2 * (n + m))
    return factor, math.sqrt(float(variance)), float(own.n + other.n - 2)


def _pooled_correlation(own: Cell, other: Cell) -> float:
    """Of before and after, pooled over both groups by their degrees of freedom."""
    a, b = own.correlation, other.correlation
    return ((own.n - 1) * (a or 0.0) + (other.n - 1) * (b or 0.0)) / (own.n + other.n - 2)
