"""Area means of people's domain scores, in the sample and in every replicate, for any recipe.

People who answered the same indicators of a domain form a pattern. Within a pattern an arithmetic domain score is
linear in the indicators, so that the sums of each indicator by area, pattern and replicate give the area means of every
choice of weights, removals and linear normalisation exactly: people are visited once, and all choices are made on the
small array. What is not linear (a geometric mean of each person's answers) is computed from people again, once for each
choice that differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CohesionError
from pipeline.index.uncertainty.aggregating import combine
from pipeline.index.uncertainty.arrays import FloatArray, IntArray
from pipeline.index.uncertainty.grouped import Groups
from pipeline.index.uncertainty.normalising import lifted, pca_weights, scaled
from pipeline.index.uncertainty.recipe import Recipe

SCALES = {"z_score": (50.0, 10.0), "min_max": (0.0, 100.0)}
"""Where the origin of a normalisation lies on the scale of scores, and how much its unit is worth."""
PLACES = 9
"""Indicators are compared after rounding to so many digits where ranks are made: rounding error is no difference."""


@dataclass
class PersonDomains:
    """Answers (rows × indicators, sorted by group) and what was computed of them already."""

    groups: Groups
    values: FloatArray
    names: Sequence[str]
    _done: dict[Any, Any] = field(default_factory=dict)

    def domain(self, recipe: Recipe, members: Sequence[str], kept: Sequence[str]) -> FloatArray:
        """(1 + replicates) × groups: the area means of one domain's scores.

        ``members`` are all its indicators, ``kept`` those that are not left out.
        """
        weights = self.indicator_weights(recipe, kept)
        key = (
            "domain",
            tuple(kept),
            weights.tobytes(),
            recipe.normalisation,
            recipe.within,
            recipe.coverage,
            recipe.lowest,
        )
        if key not in self._done:
            if recipe.within == "arithmetic" and not (recipe.lowest > 0 and recipe.normalisation == "z_score"):
                self._done[key] = self._linear(recipe, members, kept, weights)
            else:
                self._done[key] = self._again(recipe, kept, weights)
        return np.asarray(self._done[key])

    def indicator_weights(self, recipe: Recipe, kept: Sequence[str]) -> FloatArray:
        """(1 + replicates, or 1) × indicators: weights within a domain."""
        if recipe.weights != "pca" or len(kept) == 1:
            return np.array([[recipe.weight(name) for name in kept]])
        key = ("pca", tuple(kept))
        if key not in self._done:
            self._done[key] = pca_weights(self.correlations(self._columns(kept)))
        return np.asarray(self._done[key])

    def domain_weights(self, recipe: Recipe) -> FloatArray:
        """(1 + replicates, or 1) × domains: weights of the domains; "pca" of people's own-range scores."""
        kept = recipe.kept
        if recipe.weights != "pca" or len(kept) == 1:
            return np.array([[recipe.weight(name) for name in kept]])
        key = ("domains pca", tuple((name, tuple(members)) for name, members in kept.items()), recipe.coverage)
        if key not in self._done:
            scores = [combine(self._columns(m), np.ones(len(m)), "arithmetic", recipe.coverage) for m in kept.values()]
            self._done[key] = pca_weights(self.correlations(np.column_stack(scores)))
        return np.asarray(self._done[key])

    def correlations(self, columns: FloatArray) -> FloatArray:
        """(1 + replicates) × k × k: weighted correlations of the rows that have all columns."""
        size = columns.shape[1]
        complete = np.asarray(np.isfinite(columns).all(axis=1))
        held = np.where(complete[:, None], columns, 0.0)
        middle = held.sum(axis=0) / max(int(complete.sum()), 1)
        held = np.where(complete[:, None], held - middle, 0.0)
        upper = np.triu_indices(size)
        sums = self.groups.total_sums(np.column_stack([complete, held, held[:, upper[0]] * held[:, upper[1]]]))
        products = np.empty((len(sums), size, size))
        number, first, second = sums[:, :1], sums[:, 1 : 1 + size], sums[:, 1 + size :]
        covered = second - first[:, upper[0]] * first[:, upper[1]] / np.where(number > 0, number, np.nan)
        products[:, upper[0], upper[1]] = products[:, upper[1], upper[0]] = covered
        return scaled(products)

    def places(self, names: Sequence[str]) -> list[int]:
        """The columns of these indicators."""
        return [self.names.index(name) for name in names]

    def ends(self, kind: str, names: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """(1 + replicates) × indicators: origin and unit of a linear normalisation. Raises where one does not vary."""
        key = ("ends", kind, tuple(names))
        if key not in self._done:
            origin, unit = self._spread(names) if kind == "z_score" else self._ends(names)
            constant = int((unit[0] <= 0).sum())
            if constant:
                raise CohesionError("indicators that do not vary cannot be normalised", where=kind, count=constant)
            self._done[key] = origin, np.where(unit > 0, unit, np.nan)
        origin, unit = self._done[key]
        return origin, unit

    def _columns(self, names: Sequence[str]) -> FloatArray:
        return self.values[:, self.places(names)]

    def _linear(self, recipe: Recipe, members: Sequence[str], kept: Sequence[str], weights: FloatArray) -> FloatArray:
        patterns, counts, sums = self._pattern_sums(recipe, members)
        if recipe.lowest > 0:
            number = counts[..., None] * patterns[None, None]
            sums = recipe.lowest * number + (100 - recipe.lowest) / 100 * sums
        places = [list(members).index(name) for name in kept]
        there = patterns[:, places]
        covered = (there.mean(axis=1) >= recipe.coverage - 1e-12) & there.any(axis=1)
        held = weights[:, None, :] * there[None]  # replicates × patterns × indicators
        total = held.sum(axis=2, keepdims=True)
        covered = covered & (total[0, :, 0] > 0)
        share = np.where(covered[None, :, None], held / np.where(total > 0, total, 1.0), 0.0)
        numerator = np.einsum(
            "rgsi,rsi->rg", sums[:, :, :, places], np.broadcast_to(share, (len(sums), *share.shape[1:]))
        )
        denominator = counts[:, :, covered].sum(axis=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(numerator / denominator)

    def _pattern_sums(self, recipe: Recipe, members: Sequence[str]) -> tuple[np.ndarray, FloatArray, FloatArray]:
        """The patterns, the weight of each (replicates × groups × patterns), and the normalised sums (× indicators)."""
        raw = ("patterns", tuple(members))
        if raw not in self._done:
            self._done[raw] = self._count_patterns(members)
        patterns, code, counts, sums = self._done[raw]
        key = ("normalised", tuple(members), recipe.normalisation)
        if key not in self._done:
            if recipe.normalisation == "own_range":
                self._done[key] = sums
            elif recipe.normalisation in ("z_score", "min_max"):
                ends = self.ends(recipe.normalisation, members)
                self._done[key] = _standardised(counts, sums, patterns, ends, recipe.normalisation)
            else:
                self._done[key] = self._percentile_sums(members, code, len(patterns))
        return patterns, counts, self._done[key]

    def _count_patterns(self, members: Sequence[str]) -> tuple[np.ndarray, IntArray, FloatArray, FloatArray]:
        columns = self._columns(members)
        patterns, code = _patterns(np.isfinite(columns))
        filled = np.nan_to_num(columns, nan=0.0)
        of_pattern = code[:, None] == np.arange(len(patterns))[None, :]
        size = len(members)
        stacked = np.column_stack([of_pattern, *(filled * one[:, None] for one in of_pattern.T)]).astype(float)
        found = self.groups.sums(stacked)
        counts = found[:, :, : len(patterns)]
        sums = found[:, :, len(patterns) :].reshape(*found.shape[:2], len(patterns), size)
        return patterns, code, counts, sums

    def _spread(self, members: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """Each indicator's weighted mean and standard deviation over everybody, in every replicate."""
        columns = self._columns(members)
        there = np.isfinite(columns)
        middle = np.nansum(columns, axis=0) / np.maximum(there.sum(axis=0), 1)
        held = np.where(there, columns - middle, 0.0)
        size = len(members)
        sums = self.groups.total_sums(np.column_stack([there, held, held**2]))
        mean = sums[:, size : 2 * size] / sums[:, :size]
        variance = sums[:, 2 * size :] / sums[:, :size] - mean**2
        return mean + middle, np.sqrt(np.maximum(variance, 0.0))

    def _ends(self, members: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """Each indicator's lowest value among those with weight, and its range, in every replicate."""
        columns = self._columns(members)
        low, high = np.empty((2, self.groups.draws, len(members)))
        for draw, weights in enumerate(self.groups.each()):
            there = columns[weights > 0]
            low[draw], high[draw] = np.nanmin(there, axis=0), np.nanmax(there, axis=0)
        return low, high - low

    def _percentile_sums(self, members: Sequence[str], code: IntArray, patterns: int) -> FloatArray:
        """Sums of percentiles, which are ranked anew in every replicate."""
        groups, size = self.groups, len(members)
        cell = np.repeat(np.arange(groups.count), np.diff(groups.bounds)) * patterns + code
        found = np.zeros((groups.draws, groups.count, patterns, size))
        columns = [places_of(column) for column in self._columns(members).T]
        for draw, weights in enumerate(groups.each()):
            for at, (there, place, values) in enumerate(columns):
                held = weights[there]
                scores = _percentiles(np.bincount(place, weights=held, minlength=values))[place]
                sums = np.bincount(cell[there], weights=held * scores, minlength=groups.count * patterns)
                found[draw, :, :, at] = sums.reshape(groups.count, patterns)
        return found

    def _again(self, recipe: Recipe, kept: Sequence[str], weights: FloatArray) -> FloatArray:
        """From people's answers, where scores are not linear in them."""
        columns = self._columns(kept)
        if recipe.normalisation == "own_range" and len(weights) == 1:
            lifting = lifted(columns, recipe.normalisation, recipe.lowest)
            score = combine(lifting, weights[0], recipe.within, recipe.coverage)
            return self.groups.means(score[:, None])[:, :, 0]
        affine = recipe.normalisation in SCALES
        origin, unit = self.ends(recipe.normalisation, kept) if affine else (None, None)
        zero, size = SCALES.get(recipe.normalisation, (0.0, 1.0))
        found = np.empty((self.groups.draws, self.groups.count))
        places = [places_of(column) for column in columns.T] if recipe.normalisation == "percentile" else []
        for draw, held in enumerate(self.groups.each()):
            made = ranked_people(columns, places, held) if places else columns
            if origin is not None and unit is not None:
                made = zero + size * (columns - origin[draw]) / unit[draw]
            made = lifted(made, recipe.normalisation, recipe.lowest)
            score = combine(made, weights[draw if len(weights) > 1 else 0], recipe.within, recipe.coverage)
            found[draw] = row_means(score, held, self.groups.bounds)
        return found


def _standardised(
    counts: FloatArray, sums: FloatArray, patterns: np.ndarray, ends: tuple[FloatArray, FloatArray], kind: str
) -> FloatArray:
    """Sums of (value - origin) / unit, on the scale of this normalisation."""
    origin, unit = ends
    zero, size = SCALES[kind]
    number = counts[..., None] * patterns[None, None]
    return np.asarray(zero * number + size * (sums - number * origin[:, None, None, :]) / unit[:, None, None, :])


def _patterns(there: np.ndarray) -> tuple[np.ndarray, IntArray]:
    """The distinct rows, and which of them each row is; as numbers, which sort much faster than rows."""
    if there.shape[1] > 62:
        patterns, code = np.unique(there, axis=0, return_inverse=True)
        return patterns, code.reshape(-1)
    bits = 1 << np.arange(there.shape[1], dtype=np.int64)
    numbers, code = np.unique(there.astype(np.int64) @ bits, return_inverse=True)
    return (numbers[:, None] & bits[None, :]) > 0, code.reshape(-1)


def places_of(column: FloatArray) -> tuple[np.ndarray, IntArray, int]:
    """Which rows have a value, the place of each among the distinct values, and how many of these there are."""
    there = np.isfinite(column)
    values, place = np.unique(np.round(column[there], PLACES), return_inverse=True)
    return there, place.reshape(-1), len(values)


def _percentiles(weights: NDArray[Any]) -> FloatArray:
    """100 times the share below each of the ordered values, and half of the share at it."""
    upto = np.cumsum(weights)
    return np.asarray(100 * (upto - weights / 2) / upto[-1])


def ranked_people(
    columns: FloatArray, places: Sequence[tuple[np.ndarray, IntArray, int]], weights: FloatArray
) -> FloatArray:
    """Rows × indicators as percentiles among the rows with these weights."""
    found = np.full(columns.shape, np.nan)
    for at, (there, place, values) in enumerate(places):
        found[there, at] = _percentiles(np.bincount(place, weights=weights[there], minlength=values))[place]
    return found


def row_means(score: FloatArray, weights: FloatArray, bounds: IntArray) -> FloatArray:
    """The weighted mean of the rows of each group that have a score."""
    there = np.isfinite(score)
    held = there * weights
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.add.reduceat(held * np.where(there, score, 0.0), bounds[:-1])
        return np.asarray(total / np.add.reduceat(held, bounds[:-1]))
