"""One group of people at one wave, or between two: mean, baseline variance, and what each person adds to their errors.

A contrast of two groups is standardised by the pooled variance; its error is that of its linearisation (delta method),
summed within clusters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.index.programmes.heterogeneity import Array


@dataclass(frozen=True)
class Cell:
    """A group. ``mean``: of the outcome, or of its change. ``influence``, ``variance_influence``: what each cluster
    adds to the mean and to the baseline variance.
    """

    n: int
    clusters: tuple[str, ...]
    mean: float
    variance: float
    influence: Array
    variance_influence: Array
    correlation: float | None
    change: bool


@dataclass(frozen=True)
class Contrast:
    """The difference of two groups, its standardiser, and the linearised effect of each cluster."""

    difference: float
    sd: float | None
    sd_df: float
    clusters: tuple[str, ...]
    influence: Array
    std_error: float
    df: float


def cell(rows: pl.DataFrame, areas: Sequence[str], baseline: str | None, at: str, people: str) -> Cell:
    """The people of some areas: at the wave, or with a baseline their change since."""
    after = rows.filter(pl.col("wave") == at)
    if baseline is None:
        own = after.filter(pl.col("area").is_in(list(areas)))
        return _cell([_part(own, 1.0)], _part(own, 1.0), own, None, change=False)
    before = rows.filter(pl.col("wave") == baseline, pl.col("area").is_in(list(areas)))
    if people == "all":
        later = after.filter(pl.col("area").is_in(list(areas)))
        least = later if later.height < before.height else before
        return _cell([_part(later, 1.0), _part(before, -1.0)], _part(before, 1.0), least, None, change=True)
    both = before.join(after.select("person", later="outcome", later_weight="weight"), on="person")
    both = both.with_columns(weight="later_weight")  # attrition weights are those of people who stayed
    changed = both.with_columns(outcome=pl.col("later") - pl.col("outcome"))
    return _cell([_part(changed, 1.0)], _part(both, 1.0), both, _correlation(both), change=True)


@dataclass(frozen=True)
class _Part:
    """A weighted sample: outcome and weights, sorted by cluster, and its sign in the mean."""

    cluster: list[str]
    y: Array
    w: Array
    sign: float


def _part(rows: pl.DataFrame, sign: float) -> _Part:
    return _Part(rows["cluster"].to_list(), rows["outcome"].to_numpy(), rows["weight"].to_numpy(), sign)


def _cell(
    parts: Sequence[_Part], base: _Part, people: pl.DataFrame, correlation: float | None, *, change: bool
) -> Cell:
    names = tuple(dict.fromkeys(name for part in [*parts, base] for name in part.cluster))
    place = {name: at for at, name in enumerate(names)}
    mean, influence = 0.0, np.zeros(len(names))
    for part in parts:
        if len(part.y):
            centre = _mean(part.y, part.w)
            mean += part.sign * centre
            own = part.sign * part.w * (part.y - centre) / math.fsum(part.w)
            np.add.at(influence, [place[name] for name in part.cluster], own)
    variance, spread = 0.0, np.zeros(len(names))
    n = len(base.y)
    if n > 1:
        squares = (base.y - _mean(base.y, base.w)) ** 2 * n / (n - 1)
        variance = _mean(squares, base.w)
        np.add.at(spread, [place[name] for name in base.cluster], base.w * (squares - variance) / math.fsum(base.w))
    count = len(names)
    finite = math.sqrt(count / (count - 1)) if count > 1 else 1.0
    return Cell(
        people.select(pl.col("person").n_unique()).item() if people.height else 0,
        names,
        mean,
        variance,
        influence * finite,
        spread * finite,
        correlation,
        change,
    )


def _mean(y: Array, w: Array) -> float:
    return math.fsum(w * y) / math.fsum(w)


def _correlation(both: pl.DataFrame) -> float | None:
    """Weighted, of the outcome before and after."""
    if both.height < 3:
        return None
    found = np.cov(both["outcome"].to_numpy(), both["later"].to_numpy(), aweights=both["weight"].to_numpy())
    spread = math.sqrt(float(found[0, 0] * found[1, 1]))
    return float(found[0, 1]) / spread if spread > 0 else None


def contrast(own: Cell, other: Cell, pooled: Sequence[Cell], standardised: bool) -> Contrast:
    """The difference of two groups, over the square root of the variance pooled over ``pooled``."""
    difference = own.mean - other.mean
    df = float(sum(one.n - 1 for one in pooled))
    variance = sum((one.n - 1) * one.variance for one in pooled) / df
    sd = math.sqrt(variance) if standardised and variance > 0 else None
    parts: list[tuple[Cell, Array]] = [(own, own.influence), (other, -other.influence)]
    if sd is not None:
        parts = [(one, part / sd) for one, part in parts]
        slope = -difference / (2 * sd**3)
        parts += [(one, slope * (one.n - 1) / df * one.variance_influence) for one in pooled]
    names = tuple(dict.fromkeys(name for one, _ in parts for name in one.clusters))
    place = {name: at for at, name in enumerate(names)}
    total = np.zeros(len(names))
    for one, part in parts:
        total[[place[name] for name in one.clusters]] += part
    groups = [math.fsum(part**2) for _, part in parts[:2]]
    counts = [max(len(one.clusters) - 1, 1) for one in (own, other)]
    below = sum(part**2 / count for part, count in zip(groups, counts, strict=True))
    return Contrast(
        difference,
        sd,
        df,
        names,
        total,
        math.sqrt(math.fsum(total**2)),
        sum(groups) ** 2 / below if below > 0 else float(sum(counts)),
    )
