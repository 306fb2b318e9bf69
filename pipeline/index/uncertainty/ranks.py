"""Ranks of areas with intervals, and how probable it is that one area is above another."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import Draws, FloatArray, IntArray
from pipeline.index.uncertainty.method_draws import MethodDraws, joint_draws
from pipeline.index.uncertainty.recipe import INDEX
from pipeline.index.uncertainty.replicated import ReplicatedIndex

PAIR_DRAWS = 20_000
"""Joint draws by which pairs of areas are compared, at the most: evenly spaced among all."""


def ranked(values: Draws) -> FloatArray:
    """1 for the highest over the last axis; equal values share the better rank; NaN stays NaN.

    >>> ranked(np.array([3.0, 5.0, 5.0, np.nan, 1.0]))
    array([ 3.,  1.,  1., nan,  4.])
    """
    from scipy.stats import rankdata

    there = np.isfinite(values)
    ranks = rankdata(np.where(there, -values, np.inf), method="min", axis=-1).astype(np.float64)
    return np.where(there, ranks, np.nan)


@public()
def rank_intervals(
    source: ReplicatedIndex | MethodDraws,
    measure: str = INDEX,
    *,
    confidence: float = 0.95,
    only: pl.DataFrame | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """One row per wave and area: rank (1 is highest), and the percentile interval of its rank.

    Of a ``ReplicatedIndex`` intervals carry sampling error; of ``MethodDraws`` method choice as well. ``only`` (columns
    ``area``, ``wave``) names the areas that are ranked; others have no row. ``seed`` is for replicates that are no
    random draws (jackknife, half samples), from whose variance normal draws are made. Percentiles of drawn ranks
    describe how firm a rank is; ``rank_sets`` has intervals with guaranteed coverage, which are wider where areas
    are close.
    """
    _share(confidence)
    made = source.made if isinstance(source, MethodDraws) else source
    joint, estimates = joint_draws(source, measure, seed)
    parts = []
    for wave, places in ranked_groups(made, measure, only):
        drawn = ranked(joint[:, places])
        low, middle, high = np.nanquantile(
            drawn, [(1 - confidence) / 2, 0.5, (1 + confidence) / 2], axis=0, method="inverted_cdf"
        )
        columns = {"rank": ranked(estimates[places]), "rank_low": low, "rank_median": middle, "rank_high": high}
        parts.append(_head(made, wave, places, measure).hstack(pl.DataFrame(columns)))
    return pl.concat(parts)


@public()
def pairwise(
    source: ReplicatedIndex | MethodDraws,
    measure: str = INDEX,
    *,
    only: pl.DataFrame | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """One row per wave and pair (``area_pairs``): difference, standard error, probability that ``area`` is above.

    Difference and standard error are of the declared recipe, with the covariance of the two areas; the probability is
    the share of joint draws in which the first is above, equal ones counting half: of ``MethodDraws`` it carries
    sampling error and method choice. Raises CohesionError for a wave with fewer than two areas, and for areas that
    some replicates have nobody of.
    """
    made = source.made if isinstance(source, MethodDraws) else source
    joint, estimates = joint_draws(source, measure, seed)
    step = max(1, len(joint) // PAIR_DRAWS)
    joint = joint[::step]
    deviations = made.deviations(measure)
    parts = []
    for wave, places in ranked_groups(made, measure, only, fewest=2):
        first, second = np.triu_indices(len(places), 1)
        covariance = deviations[:, places].T @ deviations[:, places]
        variance = np.diag(covariance)
        error = np.sqrt(np.maximum(variance[first] + variance[second] - 2 * covariance[first, second], 0.0))
        areas = made.groups["area"].to_numpy()[places]
        columns = {
            "wave": [wave] * len(first), "measure": [measure] * len(first), "area": areas[first],
            "other": areas[second], "difference": estimates[places][first] - estimates[places][second],
            "std_error": error, "probability": _above(joint[:, places])[first, second],
        }  # fmt: skip
        parts.append(pl.DataFrame(columns))
    return pl.concat(parts).with_columns(pl.selectors.float().fill_nan(None), pl.col("area", "other").cast(pl.String))


def _above(values: Draws) -> FloatArray:
    """The share of draws in which each area (row) is above each other (column)."""
    areas = values.shape[1]
    found = np.empty((areas, areas))
    for at in range(areas):
        difference = values[:, at : at + 1] - values
        found[at] = (difference > 0).mean(axis=0) + 0.5 * (difference == 0).mean(axis=0)
    return found


def ranked_groups(
    made: ReplicatedIndex, measure: str, only: pl.DataFrame | None, *, fewest: int = 1
) -> list[tuple[str, IntArray]]:
    """The places of the groups that are ranked in each wave: those with an estimate, among ``only``.

    Raises CohesionError for a column, area or wave that is not there, areas without an estimate in some replicate, and
    waves with fewer than ``fewest`` areas.
    """
    there = np.isfinite(made.estimates[:, made.place(measure)])
    if only is not None:
        lost = [name for name in ("area", "wave") if name not in only.columns]
        if lost:
            raise CohesionError(f"has no column {', '.join(lost)}", where="only", todo="Name areas and waves.")
        wanted = only.select(pl.col("area", "wave").cast(pl.String)).unique().with_columns(_in=True)
        joined = made.groups.join(wanted, on=["area", "wave"], how="left", maintain_order="left")
        inside = joined["_in"].fill_null(False).to_numpy()
        strange = wanted.height - int(inside.sum())
        if strange or not there[inside].all():
            what = "areas and waves that have no estimate"
            count = strange + int((~there[inside]).sum())
            raise CohesionError(what, where="only", count=count, todo="Name areas of the replicated index.")
        there = there & inside
    absent = int((there & made.absent(measure)).sum())
    if absent:
        todo = "Leave them out with `only`: how uncertain they are is not known."
        raise CohesionError("areas that some replicates have nobody of", where=measure, count=absent, todo=todo)
    waves = made.groups["wave"].unique(maintain_order=True).to_list()
    found = [(wave, np.intersect1d(made.in_wave(wave), np.flatnonzero(there))) for wave in waves]
    if all(len(places) == 0 for _, places in found):
        raise CohesionError("no area can be ranked", where="areas", todo="Lower the floor, or give more people.")
    kept = [(wave, places) for wave, places in found if len(places)]
    few = [wave for wave, places in kept if len(places) < fewest]
    if few:
        todo = "Leave the wave out with `only`: one area alone has no rank."
        raise CohesionError(f"fewer than {fewest} areas to compare", where=f"wave {few[0]}", todo=todo)
    return kept


def _head(made: ReplicatedIndex, wave: str, places: IntArray, measure: str) -> pl.DataFrame:
    return pl.DataFrame({"wave": [wave] * len(places)}).with_columns(
        made.groups["area"][places], pl.lit(measure).alias("measure")
    )


def _share(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise CohesionError(f"`confidence={confidence!r}` is no share between 0 and 1", where="confidence")
