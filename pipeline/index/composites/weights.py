"""Weights of indicators and domains: from points that people gave, from principal components, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.composites.checks import Structure, is_number, leaves, levels, matrix, ordered
from pipeline.index.composites.kernels import Floats
from pipeline.options import known_options


def first_component(values: Floats) -> Floats:
    """Loadings of the first principal component of standardised complete rows, their sum not negative."""
    complete = values[~np.isnan(values).any(axis=1)]
    if complete.shape[1] == 1:
        return np.ones(1)
    scaled = (complete - complete.mean(axis=0)) / complete.std(axis=0, ddof=1)
    loadings = np.linalg.svd(scaled, full_matrices=False)[2][0]
    return np.asarray(loadings if loadings.sum() >= 0 else -loadings)


@public()
def pca_weights(frame: pl.DataFrame, indicators: Sequence[str], *, area: str = "area") -> dict[str, float]:
    """Indicator → its loading on the first principal component of the correlations, over areas that have all.

    COINr's ``get_PCA``: ``prcomp`` of the centred and scaled indicators. Loadings may be negative, and of opposed
    indicators are. Raises CohesionError for fewer than three complete areas, and for an indicator without variance.

    >>> frame = pl.DataFrame({"area": ["a", "b", "c"], "x": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 6.0]})
    >>> {name: round(one, 4) for name, one in pca_weights(frame, ["x", "y"]).items()}
    {'x': 0.7071, 'y': 0.7071}
    """
    values = matrix(frame, indicators, area)
    complete = values[~np.isnan(values).any(axis=1)]
    if len(complete) < 3:
        raise CohesionError("too few areas have every indicator for principal components", count=len(complete))
    constant = [name for place, name in enumerate(indicators) if np.ptp(complete[:, place]) <= 0]
    if constant:
        raise CohesionError("is the same in every area, so that it has no loading", where=constant[0])
    return dict(zip(indicators, map(float, first_component(values)), strict=True))


@known_options
def budget_weights(points: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Name → weight: each person's points as shares of all that they gave, averaged over people; they sum to 1.

    Raises CohesionError where nobody gave any, someone gave none or less, or to other names than the first person.

    >>> budget_weights({"Ada": {"trust": 3, "contact": 1}, "Grace": {"trust": 5, "contact": 5}})
    {'trust': 0.625, 'contact': 0.375}
    """
    if not points:
        raise CohesionError("nobody gave points")
    names = list(next(iter(points.values())))
    for person, given in points.items():
        if not isinstance(given, Mapping) or set(given) != set(names):
            raise CohesionError("gave points to other names than the first person", where=person)
        if not all(is_number(one) and one >= 0 for one in given.values()) or sum(given.values()) <= 0:
            raise CohesionError("points are 0 or more, and not all 0", where=person)
    shares = [{name: given[name] / sum(given.values()) for name in names} for given in points.values()]
    return {name: sum(one[name] for one in shares) / len(shares) for name in names}


@known_options
def effective_weights(structure: Structure, weights: Mapping[str, float] | None = None) -> pl.DataFrame:
    """One row per element of the index: its weight, and its effective weight in the whole (COINr ``get_eff_weights``).

    Within its parent an element's share is its weight by the sum of weights there; the effective weight is the product
    of the shares upwards, so that those of the indicators sum to 1. Columns: ``element, level, parent, weight,
    effective_weight``. Raises CohesionError for a weight that is negative or of nothing.

    >>> effective_weights({"index": ["a", "b"]}, {"a": 3})["effective_weight"].to_list()
    [0.75, 0.25, 1.0]
    """
    order, weight = ordered(structure), checked(structure, weights or {})
    effective = {order[-1]: 1.0}
    parents = {member: parent for parent, members in structure.items() for member in members}
    for parent in reversed(order):
        total = sum(weight[member] for member in structure[parent])
        if total <= 0:
            raise CohesionError("the weights of its members sum to nothing", where=parent)
        effective |= {member: effective[parent] * weight[member] / total for member in structure[parent]}
    level = levels(structure)
    names = [*leaves(structure), *order]
    return pl.DataFrame(
        {
            "element": names,
            "level": [level[name] for name in names],
            "parent": [parents.get(name) for name in names],
            "weight": [weight[name] for name in names],
            "effective_weight": [effective[name] for name in names],
        },
        schema_overrides={"parent": pl.String, "weight": pl.Float64},
    )


def checked(structure: Structure, weights: Mapping[str, float], *, negative: bool = False) -> dict[str, float]:
    """The weight of every element, 1 where nothing is said. Raises CohesionError for a weight of nothing."""
    names = {*structure, *(member for members in structure.values() for member in members)}
    strange = [name for name in weights if name not in names]
    if strange:
        raise CohesionError("a weight of what is not in the index", where=strange[0])
    wrong = [name for name, one in weights.items() if not is_number(one) or (one < 0 and not negative)]
    if wrong:
        raise CohesionError("a weight is a number of 0 or more", where=wrong[0])
    return {name: float(weights.get(name, 1.0)) for name in names}
