"""Indicators of areas on one scale, higher being better (COINr ``Normalise``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.checks import require_columns
from pipeline.index.composites.checks import columns, directed, matrix
from pipeline.index.composites.kernels import Floats, normalised

Method = Literal[
    "own_range", "min_max", "z_score", "percentile", "rank", "borda", "distance", "distance_to_max",
    "share_of_max", "goalposts", "none",
]  # fmt: skip
Ends = tuple[float, float]


@public()
def normalise(
    frame: pl.DataFrame,
    indicators: Sequence[str],
    method: Method = "min_max",
    *,
    directions: Mapping[str, int] | None = None,
    bounds: Ends | None = None,
    mean_sd: Ends = (0.0, 1.0),
    ranges: Mapping[str, Ends] | None = None,
    references: Mapping[str, float] | None = None,
    reference_area: str | None = None,
    cap: bool = False,
    area: str = "area",
) -> pl.DataFrame:
    """The frame with its indicators normalised; ``directions`` has -1 for those that are better lower.

    ``min_max`` of what is observed, ``own_range`` of the declared ``ranges`` (not cut), ``goalposts`` the same and cut,
    onto ``bounds`` (by itself 0 to 100); ``z_score`` to ``mean_sd``, with the sample's standard deviation; ``rank``
    and ``borda`` (rank less 1), ``percentile`` ((rank - 1) / (n - 1)), ties sharing the lowest rank;
    ``distance`` 1 - (reference - x) / (reference - min), the reference from ``references`` or the ``reference_area``,
    ``cap`` cutting above it; ``distance_to_max``; ``share_of_max`` x / max, of what is better higher and above zero
    somewhere. COINr's ``n_minmax, n_scaled, n_goalposts, n_zscore, n_rank, n_borda, n_prank, n_dist2targ, n_dist2ref,
    n_dist2max, n_fracmax``. Raises CohesionError for an indicator that is the same everywhere,
    where the method divides by its range, and for what a method needs and was not given.

    >>> frame = pl.DataFrame({"area": ["a", "b", "c"], "x": [1.0, 2.0, 5.0], "y": [3.0, 2.0, 1.0]})
    >>> normalise(frame, ["x", "y"], directions={"y": -1}).rows()
    [('a', 0.0, 0.0), ('b', 25.0, 50.0), ('c', 100.0, 100.0)]
    """
    values = matrix(frame, indicators, area)
    ends = _ends(indicators, ranges or {}) if method in ("own_range", "goalposts") else None
    to = _references(frame, indicators, references, reference_area, area) if method == "distance" else None
    if mean_sd[1] <= 0:
        raise CohesionError("a standard deviation is above 0", where="mean_sd")
    if bounds is not None and not bounds[0] < bounds[1]:
        raise CohesionError("bounds run from the lowest to the highest", where="bounds")
    _require_spread(values, indicators, method)
    if method == "share_of_max":
        _require_highest(values, indicators, directions or {})
    made = normalised(
        values, directed(indicators, directions or {}), method,
        bounds=bounds, mean_sd=mean_sd, ranges=ends, references=to, cap=cap,
    )  # fmt: skip
    if np.isinf(made).any() or (np.isnan(made) & ~np.isnan(values)).any():
        raise CohesionError(f"`{method}` divides by nothing: the reference is the lowest value", where="references")
    return columns(frame, indicators, made)


def _ends(indicators: Sequence[str], ranges: Mapping[str, Ends]) -> Floats:
    missing = [name for name in indicators if name not in ranges]
    if missing:
        raise CohesionError(
            "no range is given", where=missing[0], todo="Give its lowest and highest value in `ranges`."
        )
    wrong = [name for name in indicators if not ranges[name][0] < ranges[name][1]]
    if wrong:
        raise CohesionError("a range runs from the lowest to the highest", where=wrong[0])
    return np.array([ranges[name] for name in indicators], dtype=float).T


def _references(
    frame: pl.DataFrame,
    indicators: Sequence[str],
    references: Mapping[str, float] | None,
    reference_area: str | None,
    area: str,
) -> Floats:
    if (references is None) == (reference_area is None):
        raise CohesionError("`distance` is to `references` or to a `reference_area`: give one of them")
    if references is None:
        require_columns(frame, [area], "the frame has")
        row = frame.filter(pl.col(area).cast(pl.String) == reference_area)
        if row.height != 1:
            raise CohesionError("the reference is not among the areas", where=str(reference_area))
        found = matrix(row, indicators, area)[0]
        for name, one in zip(indicators, found, strict=True):
            if np.isnan(one):
                raise CohesionError("the reference has no value", where=name)
        return np.asarray(found)
    missing = [name for name in indicators if name not in references]
    if missing:
        raise CohesionError("no reference is given", where=missing[0])
    return np.array([float(references[name]) for name in indicators])


def _require_highest(values: Floats, indicators: Sequence[str], directions: Mapping[str, int]) -> None:
    for place, name in enumerate(indicators):
        if directions.get(name) == -1 or not np.nanmax(values[:, place], initial=0) > 0:
            raise CohesionError(
                "`share_of_max` is of what is better higher, with a value above zero",
                where=name, todo="Take `min_max` or `distance_to_max`.",
            )  # fmt: skip


def _require_spread(values: Floats, indicators: Sequence[str], method: str) -> None:
    if method not in ("min_max", "z_score", "distance", "distance_to_max", "percentile"):
        return
    for place, name in enumerate(indicators):
        there = values[~np.isnan(values[:, place]), place]
        needed = method == "percentile" and len(there) < 2
        if needed or (method != "percentile" and (not len(there) or there.max() - there.min() <= 0)):
            todo = "Leave it out, or normalise on its own range."
            raise CohesionError(
                f"is the same in every area, so that `{method}` divides by nothing", where=name, todo=todo
            )
