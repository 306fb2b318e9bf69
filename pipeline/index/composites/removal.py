"""What each indicator or domain does to the ranks, and how alike the members of an aggregate are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.composites.aggregate import aggregate
from pipeline.index.composites.checks import leaves, levels, matrix, ordered, values_of
from pipeline.index.composites.kernels import descending


@public()
def removal_effects(
    frame: pl.DataFrame,
    structure: Mapping[str, Sequence[str]],
    *,
    of_level: int = 1,
    weights: Mapping[str, float] | None = None,
    method: str | Sequence[str] = "arithmetic",
    available: float | Sequence[float] = 0.0,
    area: str = "area",
) -> pl.DataFrame:
    """One row per element of the level: mean and largest absolute change of the areas' ranks without it.

    Rank 1 is the highest index, ties sharing the best. An element is left out of its parent, a parent with nothing left
    of its own. COINr's ``remove_elements``, but that ``available`` is the share of what is left, and that scores which
    differ by rounding alone share a rank. Columns: ``element, mean_rank_change, largest_rank_change``.
    ``frame`` holds the normalised indicators.

    >>> frame = pl.DataFrame({"area": ["a", "b"], "x": [9.0, 0.0], "y": [0.0, 1.0]})
    >>> removal_effects(frame, {"index": ["x", "y"]})["mean_rank_change"].to_list()
    [1.0, 0.0]
    """
    found = levels(structure)
    removed = [name for name in [*leaves(structure), *ordered(structure)] if found[name] == of_level]
    top = ordered(structure)[-1]
    if not removed or removed == [top]:
        raise CohesionError(f"there is nothing to leave out at level {of_level}", where="of_level")

    def ranks(shape: Mapping[str, Sequence[str]]) -> np.ndarray:
        kept = {name for members in shape.values() for name in members} | set(shape)
        chosen = {name: one for name, one in (weights or {}).items() if name in kept}
        made = aggregate(frame, shape, weights=chosen, method=method, available=available, area=area)
        return descending(values_of(made, [top])[:, 0])

    nominal = ranks(structure)
    rows = []
    for name in removed:
        without = _without(structure, name)
        if top not in without:
            raise CohesionError("without it nothing is left of the index", where=name)
        change = np.abs(ranks(without) - nominal)
        rows.append({"element": name, "mean_rank_change": np.nanmean(change), "largest_rank_change": np.nanmax(change)})
    return pl.DataFrame(rows)


def _without(structure: Mapping[str, Sequence[str]], element: str) -> dict[str, list[str]]:
    """The structure without an element and what is below it, and without parents that are then empty."""
    gone = {element}
    for parent in reversed(ordered(structure)):
        if parent in gone:
            gone |= set(structure[parent])
    kept = {parent: [name for name in members if name not in gone] for parent, members in structure.items()}
    kept = {parent: members for parent, members in kept.items() if parent not in gone}
    while empty := [parent for parent, members in kept.items() if not members]:
        kept = {
            parent: [name for name in members if name not in empty]
            for parent, members in kept.items()
            if parent not in empty
        }
    return kept


@public()
def composite_alpha(frame: pl.DataFrame, members: Sequence[str], area: str = "area") -> float:
    """Cronbach's alpha of areas' indicators from their pairwise covariances: k² mean covariance / sum of all.

    COINr's ``get_cronbach``. Of normalised indicators. Raises CohesionError for fewer than two members.

    >>> frame = pl.DataFrame({"area": ["a", "b", "c", "d"], "x": [1.0, 2, 3, 4], "y": [1.0, 3, 2, 4]})
    >>> round(composite_alpha(frame, ["x", "y"]), 4)
    0.8889
    """
    if len(members) < 2:
        raise CohesionError("a single indicator has no alpha", where=", ".join(members))
    values = matrix(frame, members, area)
    size = len(members)
    covariance = np.full((size, size), np.nan)
    for one in range(size):
        for other in range(size):
            both = ~np.isnan(values[:, one]) & ~np.isnan(values[:, other])
            if both.sum() > 1:
                pair = values[both][:, [one, other]]
                covariance[one, other] = np.sum(np.prod(pair - pair.mean(axis=0), axis=1)) / (both.sum() - 1)
    if np.isnan(covariance).any():
        one, other = (members[place[0]] for place in np.nonzero(np.isnan(covariance)))
        raise CohesionError(f"no two areas have it and `{other}`", where=one, todo="Leave it out.")
    total = float(covariance.sum())
    if abs(total) <= 1e-12 * float(np.trace(covariance)):
        raise CohesionError("the indicators cancel out: is one not reversed?", where=", ".join(members))
    mean = (total - float(np.trace(covariance))) / (size * (size - 1))
    return float(size**2 * mean / total)
