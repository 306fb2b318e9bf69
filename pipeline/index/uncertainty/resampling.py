"""Replicates of people: as delivered with their variance factors, or drawn by a rescaled bootstrap (Rao & Wu 1988)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import FloatArray, IntArray
from pipeline.index.uncertainty.canonical import PLACE, ranks_of_groups

HEAD = ("person_id", "panel_weight")
SAME = 8
"""Replicates by whose weights people who answer the same are put in order."""
RANDOM = ("bootstrap", "canty_davison")
"""Kinds whose replicates are draws from the sampling distribution; others only have its variance."""


@dataclass(frozen=True)
class Resamples:
    """How often each person's weight counts in each replicate (persons × replicates), and the factors of a variance.

    variance = Σ factor_r (estimate_r - centre)², the centre being the mean of the replicates, as in R's ``survey``.
    """

    persons: pl.Series
    multiples: FloatArray
    variance_factors: FloatArray
    kind: str
    degrees_of_freedom: int
    merged: int = 0
    """Strata of one unit that were drawn from together with others."""


def delivered(people: pl.DataFrame, replicates: pl.DataFrame, scales: pl.DataFrame, person: str) -> Resamples:
    """The replicates of ``weights/<study>/<set>`` for the people (``person``, and their place) of the frame.

    ``replicates`` has ``person_id``, ``panel_weight`` and a column per replicate; ``scales`` the columns ``replicate``,
    ``variance_factor``, ``kind``, ``degrees_of_freedom``. Each row's own weight is multiplied by the ratio of a
    replicate's weight to the panel weight, so that the waves of a person vary together.
    """
    names = _checked(replicates, scales)
    if replicates["person_id"].is_duplicated().any():
        twice = int(replicates["person_id"].is_duplicated().sum())
        raise CohesionError("a person more than once", where="replicates", count=twice, todo="Give one row per person.")
    joined = people.rename({person: "person_id"}).join(replicates, on="person_id", how="left", maintain_order="left")
    joined = joined.sort(PLACE, "panel_weight", *names[:SAME])
    lost = int(joined.select((pl.col("panel_weight").is_null() | (pl.col("panel_weight") <= 0)).sum()).item())
    if lost:
        raise CohesionError(
            "persons have no replicate weights",
            where="replicates",
            count=lost,
            todo="Keep only the people of this weight set in the frame, or give replicates of all of them.",
        )
    weights = joined.select(names).to_numpy().astype(np.float64)
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise CohesionError("replicate weights that are negative or missing", where="replicates")
    multiples = weights / joined["panel_weight"].to_numpy()[:, None]
    order = (
        scales.select("replicate")
        .with_row_index("at")
        .join(pl.DataFrame({"replicate": names}).with_row_index("to"), on="replicate")
        .sort("to")["at"]
        .to_numpy()
    )
    factors = scales["variance_factor"].cast(pl.Float64).to_numpy()[order]
    return Resamples(joined["person_id"], multiples, factors, scales["kind"][0], int(scales["degrees_of_freedom"][0]))


def _checked(replicates: pl.DataFrame, scales: pl.DataFrame) -> list[str]:
    """The names of the replicates, in the order of their columns. Raises CohesionError where the two do not fit."""
    lost = [name for name in HEAD if name not in replicates.columns]
    if lost:
        raise CohesionError(
            f"has no column {', '.join(lost)}", where="replicates", todo="Give weights with replicates."
        )
    lost = [n for n in ("replicate", "variance_factor", "kind", "degrees_of_freedom") if n not in scales.columns]
    if lost:
        raise CohesionError(
            f"has no column {', '.join(lost)}", where="scales", todo="Give the scales of the replicates."
        )
    names = [name for name in replicates.columns if name not in HEAD and name in set(scales["replicate"])]
    others = sorted(set(scales["replicate"]) - set(names))
    if others or len(names) < 2:
        raise CohesionError(
            "replicates that are in the scales have no column"
            if others
            else "fewer than two replicates have no variance",
            where="replicates",
            count=len(others) or len(names),
        )
    if scales["replicate"].is_duplicated().any() or scales["kind"].n_unique() > 1:
        raise CohesionError("a replicate twice, or replicates of several kinds", where="scales")
    return names


def drawn(
    frame: pl.DataFrame,
    people: pl.DataFrame,
    *,
    person: str,
    stratum: str,
    psu: str | None,
    replicates: int,
    seed: int | None,
    is_of_areas: bool = True,
) -> Resamples:
    """A rescaled bootstrap of primary units within strata: m of n with replacement (Rao & Wu 1988, section 4).

    ``frame`` is sorted by its contents, ``people`` has each person's place by what its rows say. A person, or where
    ``psu`` names one, a cluster of people, is drawn once for all of its waves; its stratum is the first that its people
    have. ``is_of_areas``: strata are the areas, of whose n units n - 1 are drawn; an area's only unit is in every
    replicate and adds no variance. Otherwise areas lie within or across strata: half of n - 1 are drawn, so that all
    units keep a weight above zero (of three or more) and no area is empty in a replicate, and strata of one unit are
    drawn from together, with another stratum where there is but one.
    """
    if seed is None:
        raise CohesionError(
            "a bootstrap needs a declared seed", where="seed", todo="Declare one, or give replicate weights."
        )
    if replicates < 2:
        raise CohesionError("fewer than two replicates have no variance", where="replicates", count=replicates)
    first = frame.group_by(person, maintain_order=True).agg(
        pl.col(stratum).cast(pl.String).drop_nulls().first().fill_null("").alias("_stratum"),
        *([pl.col(psu).cast(pl.String).first().alias("_unit")] if psu else []),
    )
    placed = people.join(first, on=person, how="left").sort(PLACE, "_stratum")
    if psu and placed["_unit"].null_count():
        raise CohesionError("persons have no primary unit", where=psu, count=placed["_unit"].null_count())
    unit, units = _units(placed, psu)
    strata, merged = (units["_stratum"].to_numpy(), 0) if is_of_areas else _merged(units["_stratum"].to_numpy())
    multiples = _bootstrap(strata, replicates, np.random.default_rng(seed), 1 if is_of_areas else 2)
    degrees = min(units.height - len(np.unique(strata)), replicates - 1)
    factors = np.full(replicates, 1 / (replicates - 1))
    return Resamples(placed[person], multiples[unit], factors, "bootstrap", max(degrees, 1), merged)


def _merged(strata: np.ndarray) -> tuple[np.ndarray, int]:
    """The strata with those of one unit as one, and how many those are; a single one is put to the smallest other."""
    names, of_unit, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    alone = np.flatnonzero(sizes == 1)
    if not len(alone) or len(names) == 1:
        return strata, 0
    others = np.flatnonzero(sizes > 1)
    home = alone[0] if len(alone) > 1 else others[np.argmin(sizes[others])]
    code = np.arange(len(names))
    code[alone] = home
    return names[code[of_unit.reshape(-1)]], len(alone)


def _units(people: pl.DataFrame, psu: str | None) -> tuple[IntArray, pl.DataFrame]:
    """Each person's unit (its place), and the units in order with their stratum."""
    if psu is None:
        return np.arange(people.height), people.select(pl.col("_stratum"))
    order = ranks_of_groups(people["_unit"], people[PLACE].to_numpy())
    units = (
        order.with_row_index("_at")
        .join(
            people.group_by(pl.col("_unit").alias("group"), maintain_order=True).agg(pl.col("_stratum").first()),
            on="group",
        )
        .sort("_at")
    )
    placed = people.select(pl.col("_unit").alias("group")).join(units, on="group", how="left", maintain_order="left")
    return placed["_at"].cast(pl.Int64).to_numpy(), units


def _bootstrap(strata: np.ndarray, replicates: int, rng: np.random.Generator, share: int) -> FloatArray:
    """Units × replicates: 1 - λ + λ n/m times drawn, of m = (n - 1) / ``share`` draws, λ² = m / (n - 1)."""
    multiples = np.ones((len(strata), replicates))
    for label in np.unique(strata):
        members = np.flatnonzero(strata == label)
        n = len(members)
        if n > 1:
            many = max((n - 1) // share, 1)
            by = np.sqrt(many / (n - 1))
            picks = rng.integers(0, n, size=(replicates, many)) + n * np.arange(replicates)[:, None]
            times = np.bincount(picks.ravel(), minlength=n * replicates).reshape(replicates, n).T
            multiples[members] = 1 - by + by * (n / many) * times
    return multiples
