"""The index of every area with its replicates: estimates, standard errors, covariances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import BoolArray, FloatArray, IntArray
from pipeline.index.uncertainty.composing import Composer
from pipeline.index.uncertainty.grouped import groups_of
from pipeline.index.uncertainty.person_domains import PersonDomains
from pipeline.index.uncertainty.prepared import Rows, prepared
from pipeline.index.uncertainty.recipe import INDEX, Recipe
from pipeline.index.uncertainty.resampling import RANDOM, Resamples, delivered, drawn
from pipeline.parallel import fan_out

NUMBERS = 60_000_000
"""Numbers that a block of replicates may hold at once."""
LARGEST_BLOCK = 125


@dataclass(frozen=True)
class ReplicatedIndex:
    """Measures of every area and wave (``groups``: area, wave), in the sample and in every replicate.

    ``estimates``: groups × measures; ``replicates``: replicates × groups × measures; ``measures``: the name and level
    (index, domain, indicator) of each. ``rows`` and ``resamples`` are what a draw of methods computes anew from.
    """

    recipe: Recipe
    groups: pl.DataFrame
    measures: pl.DataFrame
    estimates: FloatArray
    replicates: FloatArray
    persons: IntArray
    effective: FloatArray
    rows: Rows
    resamples: Resamples

    def deviations(self, measure: str = INDEX) -> FloatArray:
        """Replicates × groups: what sums, squared, to the variance of a measure."""
        return scaled_deviations(self.replicates[:, :, self.place(measure)], self.resamples.variance_factors)

    def covariance(self, measure: str = INDEX, wave: str | None = None) -> FloatArray:
        """The covariance of a measure's estimates over the areas (of a wave, in the order of ``groups``)."""
        deviations = self.deviations(measure)
        deviations = deviations if wave is None else deviations[:, self.in_wave(wave)]
        return np.asarray(deviations.T @ deviations)

    def in_wave(self, wave: str) -> IntArray:
        """The places of a wave's groups."""
        return np.flatnonzero((self.groups["wave"] == wave).to_numpy())

    def table(self, confidence: float = 0.95) -> pl.DataFrame:
        """One row per area, wave and measure: estimate, standard error, interval, people, effective number.

        Intervals take Student's t with the people of the area less one, or the degrees of freedom of the replicates
        where these are fewer.
        """
        from scipy.stats import t

        factors = self.resamples.variance_factors
        parts = []
        for place, (name, level) in enumerate(self.measures.iter_rows()):
            deviations = scaled_deviations(self.replicates[:, :, place], factors)
            error = np.sqrt((deviations**2).sum(axis=0))
            estimate, persons = self.estimates[:, place], self.persons[:, place]
            freedom = np.minimum(persons - 1, self.resamples.degrees_of_freedom)
            alone = freedom < 1
            error = np.where(alone | ~np.isfinite(estimate), np.nan, error)
            half = t.ppf((1 + confidence) / 2, np.maximum(freedom, 1)) * error
            columns = {
                "measure": [name] * len(estimate), "level": [level] * len(estimate), "estimate": estimate,
                "std_error": error, "conf_low": estimate - half, "conf_high": estimate + half,
                "n_persons": persons, "n_effective": self.effective[:, place],
            }  # fmt: skip
            parts.append(self.groups.hstack(pl.DataFrame(columns)))
        return pl.concat(parts).with_columns(pl.selectors.float().fill_nan(None))

    def absent(self, measure: str = INDEX) -> BoolArray:
        """Which groups have an estimate in the sample, and none in some replicate: their error is not known."""
        values = self.replicates[:, :, self.place(measure)]
        used = self.resamples.variance_factors > 0
        return np.isfinite(self.estimates[:, self.place(measure)]) & ~np.isfinite(values[used]).all(axis=0)

    def place(self, measure: str) -> int:
        """Where a measure stands. Raises CohesionError for one that the index does not have."""
        names = self.measures["measure"].to_list()
        if measure not in names:
            raise CohesionError(f"`{measure}` is no measure of the index", where="measure", todo=f"There are: {names}.")
        return names.index(measure)


def scaled_deviations(replicates: FloatArray, factors: FloatArray) -> FloatArray:
    """Deviations from the replicates' mean that, squared, sum to a variance: the replicates are the first axis."""
    used = factors > 0
    shape = (-1,) + (1,) * (replicates.ndim - 1)
    return np.asarray((replicates[used] - replicates[used].mean(axis=0)) * np.sqrt(factors[used]).reshape(shape))


@public(once=("frame",), ordered=True)
def replicated_index(
    frame: pl.DataFrame,
    recipe: Recipe,
    *,
    weight: str | None = "weight",
    area: str = "area",
    wave: str = "wave",
    person: str = "person_id",
    replicate_weights: pl.DataFrame | None = None,
    scales: pl.DataFrame | None = None,
    replicates: int = 500,
    seed: int | None = None,
    stratum: str | None = None,
    psu: str | None = None,
) -> ReplicatedIndex:
    """Every indicator, domain and the index of each area and wave, with replicates of the whole way from answers to it.

    ``frame`` has one row per person and wave: area, weight, and each indicator of the recipe. ``replicate_weights`` and
    ``scales`` are the tables that the stage weigh makes; without them ``replicates`` are drawn by a rescaled bootstrap
    (Rao & Wu 1988) of persons, or of the clusters that ``psu`` names, within ``stratum`` (by default the area; of other
    strata those of one unit are put together), with ``seed``. Means, deviations, ranks and principal components that a
    recipe takes from the data are made anew in every replicate. The result does not depend on the order of rows, nor on
    how people are called.

    Raises CohesionError for columns, weights or values that a recipe cannot take.

    >>> frame = pl.DataFrame(
    ...     {
    ...         "person_id": ["p1", "p2", "p3", "p4", "p5", "p6"], "wave": ["w01"] * 6, "area": ["A"] * 3 + ["B"] * 3,
    ...         "weight": [1.0] * 6, "trust": [50.0, 60, 70, 20, 30, 40], "vote": [100.0, 0, 50, 50, 100, 0],
    ...     }
    ... )
    >>> recipe = Recipe({"trust": ["trust"], "participation": ["vote"]} | {"trust_domain": ["trust"]})
    Traceback (most recent call last):
    pipeline.errors.CohesionError: domains: trust in two domains. Keep it in one.
    >>> made = replicated_index(frame, Recipe({"vertical_trust": ["trust"], "participation": ["vote"]}), seed=1)
    >>> made.table().filter(measure="index").select("area", "estimate", "n_persons")
    shape: (2, 3)
    ┌──────┬──────────┬───────────┐
    │ area ┆ estimate ┆ n_persons │
    │ ---  ┆ ---      ┆ ---       │
    │ str  ┆ f64      ┆ i64       │
    ╞══════╪══════════╪═══════════╡
    │ A    ┆ 55.0     ┆ 3         │
    │ B    ┆ 40.0     ┆ 3         │
    └──────┴──────────┴───────────┘
    """
    if (replicate_weights is None) != (scales is None):
        raise CohesionError("replicate weights and their scales come together", where="scales", todo="Give both.")
    extra = [name for name in (stratum, psu) if name is not None]
    rows = prepared(frame, recipe.indicators, weight=weight, area=area, wave=wave, person=person, extra=extra)
    if replicate_weights is not None and scales is not None:
        resamples = delivered(rows.people, replicate_weights, scales, person)
    else:
        resamples = drawn(
            rows.frame, rows.people, person=person, stratum=stratum or area, psu=psu, replicates=replicates, seed=seed,
            is_of_areas=stratum is None or stratum == area,
        )  # fmt: skip
    rows = rows.with_people(resamples.persons, person)
    composed = composed_measures(rows, resamples, recipe)
    persons, effective = rows.numbers(recipe)
    names = [*recipe.kept, INDEX, *recipe.indicators]
    levels = ["domain"] * len(recipe.kept) + ["index"] + ["indicator"] * len(recipe.indicators)
    measures = pl.DataFrame({"measure": names, "level": levels})
    return ReplicatedIndex(
        recipe, rows.groups, measures, composed[0], composed[1:], persons, effective, rows, resamples
    )


def composed_measures(rows: Rows, resamples: Resamples, recipe: Recipe) -> FloatArray:
    """(1 + replicates) × groups × (domains that are kept, index, indicators), block by block."""
    pieces = [(resamples.multiples[:, block],) for block in blocks(rows, resamples, 1)]
    parts = fan_out(_measures, pieces, (rows, recipe))
    return np.concatenate([parts[0][:1], *(part[1:] for part in parts)])


def _measures(rows: Rows, recipe: Recipe, multiples: FloatArray) -> FloatArray:
    made = composer(rows, multiples)
    return np.concatenate([made.domains(recipe), made.index(recipe)[:, :, None], made.indicators()], axis=2)


def composer(rows: Rows, multiples: FloatArray) -> Composer:
    """What computes recipes from these rows and replicates."""
    groups = groups_of(rows.group, rows.weights, rows.person, multiples)
    return Composer(PersonDomains(groups, rows.values, rows.names), rows.wave_of_group)


def blocks(rows: Rows, resamples: Resamples, recipes: int) -> list[IntArray]:
    """The replicates in blocks whose size depends on the data alone, so that results do not depend on the workers."""
    count = resamples.multiples.shape[1]
    each = rows.groups.height * (20 * len(rows.names) + 10 * recipes)
    size = max(1, min(LARGEST_BLOCK, NUMBERS // max(each, 1)))
    return [np.arange(first, min(first + size, count)) for first in range(0, count, size)]


def is_random(resamples: Resamples) -> bool:
    """Whether the replicates are draws from the sampling distribution, not only of its variance."""
    return resamples.kind in RANDOM
