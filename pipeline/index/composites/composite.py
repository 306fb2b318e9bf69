"""A composite indicator from raw indicators of areas to the index, every stage of it kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.checks import require_columns
from pipeline.index.composites.aggregate import aggregate
from pipeline.index.composites.checks import Structure, directed, leaves, levels, matrix, ordered
from pipeline.index.composites.impute import Method as Imputing
from pipeline.index.composites.impute import impute
from pipeline.index.composites.normalise import normalise
from pipeline.index.composites.treat import DETAILS, treat
from pipeline.index.composites.weights import budget_weights, effective_weights, pca_weights

STAGES = ("raw", "imputed", "treated", "normalised", "aggregated")


@dataclass(frozen=True)
class Composite:
    """The stages of a composite indicator, each one row per area, and what was done on the way.

    ``stages``: raw, imputed, treated, normalised, aggregated. ``outliers``: one row per indicator; ``weights``: one row
    per element with its effective weight.
    """

    stages: Mapping[str, pl.DataFrame]
    outliers: pl.DataFrame
    weights: pl.DataFrame

    @property
    def scores(self) -> pl.DataFrame:
        """One row per area: every normalised indicator and aggregate, the index last."""
        return self.stages["aggregated"]


@dataclass(frozen=True)
class Framework:
    """What a table of elements says: aggregate → members, and the direction and weight of each element."""

    structure: dict[str, list[str]]
    directions: dict[str, int] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)


@public()
def framework(elements: pl.DataFrame) -> Framework:
    """The framework that a table declares: columns ``element, parent`` and, if there, ``direction, weight``.

    COINr's ``iMeta`` is such a table, its ``iCode, Parent, Direction, Weight`` renamed; the index has no parent. Raises
    CohesionError for elements without a place, twice there, or in a circle, and for other directions than 1 and -1.

    >>> table = pl.DataFrame({"element": ["a", "b", "i"], "parent": ["i", "i", None], "direction": [1, -1, 1]})
    >>> framework(table).structure, framework(table).directions
    ({'i': ['a', 'b']}, {'a': 1, 'b': -1})
    """
    require_columns(elements, ("element", "parent"), "the table of elements has")
    if elements["element"].n_unique() != elements.height or elements["element"].null_count():
        raise CohesionError("an element has one row with its name", count=elements.height)
    rows = elements.to_dicts()
    structure: dict[str, list[str]] = {}
    for row in rows:
        if row["parent"] is not None:
            structure.setdefault(row["parent"], []).append(row["element"])
    strange = [name for name in structure if name not in set(elements["element"])]
    if strange:
        raise CohesionError("is a parent and has no row of its own", where=strange[0])
    ordered(structure)
    names = leaves(structure)
    alone = [row["element"] for row in rows if row["element"] not in structure and row["element"] not in names]
    if alone:
        raise CohesionError("is an indicator without a parent", where=alone[0])
    said = {name: _numbers(rows, name) for name in ("direction", "weight")}
    turned = {name: one for name, one in said["direction"].items() if name in names}
    directed(names, turned)
    return Framework(structure, {name: int(one) for name, one in turned.items()}, said["weight"])


def _numbers(rows: Sequence[Mapping[str, Any]], column: str) -> dict[str, float]:
    """Element → its number in the column, where it has one. Raises CohesionError for text that is none."""
    found: dict[str, float] = {}
    for row in rows:
        if row.get(column) not in (None, ""):
            try:
                found[row["element"]] = float(row[column])
            except (TypeError, ValueError):
                raise CohesionError(f"a {column} must be a number", where=str(row["element"])) from None
    return found


@public()
def composite(
    frame: pl.DataFrame,
    structure: Mapping[str, Sequence[str]],
    *,
    directions: Mapping[str, int] | None = None,
    weights: Mapping[str, float] | str | None = None,
    budget: Mapping[str, Mapping[str, float]] | None = None,
    imputation: Imputing = "none",
    group: str | None = None,
    outliers: Mapping[str, Any] | None = None,
    normalisation: Mapping[str, Any] | None = None,
    aggregation: str | Sequence[str] = "arithmetic",
    available: float | Sequence[float] = 0.0,
    area: str = "area",
) -> Composite:
    """A composite indicator of areas: imputed, outliers treated, normalised, aggregated, as COINr does each.

    ``structure``: aggregate → members, any number of levels. ``weights``: element → weight, or ``"equal"``, ``"pca"``
    (first components within each aggregate, from the lowest level) or ``"budget"`` with the points of ``budget``.
    ``imputation`` as in ``impute``; ``outliers`` the options of ``treat`` (None: untreated); ``normalisation`` those of
    ``normalise``, ``{"method": "min_max"}`` by default; ``aggregation`` and ``available`` as in ``aggregate``. Raises
    CohesionError for what a step refuses.

    >>> areas = pl.DataFrame({"area": ["a", "b", "c"], "x": [1.0, None, 3.0], "y": [9.0, 6.0, 3.0]})
    >>> made = composite(areas, {"index": ["x", "y"]}, directions={"y": -1}, imputation="mean")
    >>> made.scores["index"].to_list()
    [0.0, 50.0, 100.0]
    """
    names = leaves(structure)
    matrix(frame, names, area)
    stages = {"raw": frame, "imputed": impute(frame, names, imputation, group, area=area)}
    details = pl.DataFrame(schema=DETAILS)
    stages["treated"] = stages["imputed"]
    if outliers is not None:
        stages["treated"], details = treat(stages["imputed"], names, area=area, **_further("outliers", outliers))
    options = {"method": "min_max", **_further("normalisation", normalisation or {})}
    stages["normalised"] = normalise(stages["treated"], names, directions=directions, area=area, **options)
    chosen = _weights(stages["normalised"], structure, weights, budget, aggregation, available, area)
    stages["aggregated"] = aggregate(
        stages["normalised"], structure, weights=chosen, method=aggregation, available=available, area=area
    )
    positive = {name: max(one, 0.0) for name, one in chosen.items()}
    return Composite(stages, details, effective_weights(structure, positive))


def _weights(
    frame: pl.DataFrame,
    structure: Structure,
    weights: Mapping[str, float] | str | None,
    budget: Mapping[str, Mapping[str, float]] | None,
    aggregation: str | Sequence[str],
    available: float | Sequence[float],
    area: str,
) -> dict[str, float]:
    """Element → weight; of principal components each level's, from what the levels below have become."""
    if isinstance(weights, Mapping):
        return dict(weights)
    if weights == "budget":
        return budget_weights(budget or {})
    if weights in (None, "equal"):
        return {}
    if weights != "pca":
        raise CohesionError(
            f"`{weights}` is no kind of weights", where="weights", todo="There are equal, pca and budget."
        )
    chosen: dict[str, float] = {}
    level = levels(structure)
    for step in sorted({level[parent] for parent in structure}):
        made = aggregate(frame, structure, weights=chosen, method=aggregation, available=available, area=area)
        for parent in (name for name in ordered(structure) if level[name] == step):
            chosen |= pca_weights(made, list(structure[parent]), area=area)
    return chosen


def _further(name: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of a step. Raises CohesionError for what the composite itself gives every step."""
    given = [key for key in options if key in ("frame", "indicators", "directions", "area")]
    if given:
        raise CohesionError(f"`{given[0]}` is an argument of the composite, not of one step", where=name)
    return options
