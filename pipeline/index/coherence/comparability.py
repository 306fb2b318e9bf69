"""Comparability of areas on each scale, as rows of ``coherence``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.coherence.alignment import Aligned, aligned
from pipeline.index.coherence.one_factor import OneFactor, one_factor
from pipeline.index.coherence.rows import Row, table
from pipeline.index.coherence.weighted import complete, covariance_of, effective_number

FloatArray = NDArray[np.float64]
LIMIT = 0.25
"""Means of areas can be compared where no more than this share of parameters differs (Muthén & Asparouhov 2014)."""


@public(once=True, ordered=True)
def area_comparability(
    frame: pl.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    weight: str | None = "weight",
    area: str = "area",
    wave: str = "wave",
    smallest: int = 100,
    seed: int = 1,
) -> pl.DataFrame:
    """Rows of ``coherence`` (check ``invariance``) per wave and scale of three items or more, from its alignment.

    Without ``other`` and ``area``: the share of loadings and intercepts that are not invariant; up to a quarter
    means can be compared. With ``other``: that share of one item. With ``area``: the aligned factor mean of an area
    (weighted mean of areas 0, in standard deviations of people). Areas with fewer than ``smallest`` people who
    answered all items are left out, and their number is noted.
    """
    if area not in frame.columns:
        raise CohesionError(f"has no column {area}", where="frame", todo="Name the column that holds areas.")
    codes = frame[area].drop_nulls().cast(pl.String).unique().sort().to_list()
    coded = frame.filter(pl.col(area).is_not_null()).with_columns(
        pl.col(area)
        .cast(pl.String)
        .replace_strict(codes, list(range(len(codes))), return_dtype=pl.Float64)
        .alias("_area")
    )
    items = list(dict.fromkeys(item for members in scales.values() for item in members))
    rows: list[Row] = []
    for name, part in complete(coded, wave, weight, [*items, "_area"]):
        for scale, members in scales.items():
            values, weights = part.take([*members, "_area"])
            place = values[:, -1].astype(np.int64)
            rows += _scale(values[:, :-1], weights, place, codes, scale, members, name, smallest, seed)
    return table(rows)


def _scale(
    values: FloatArray,
    weights: FloatArray,
    place: NDArray[np.int64],
    codes: list[str],
    scale: str,
    items: Sequence[str],
    wave: str,
    smallest: int,
    seed: int,
) -> list[Row]:
    count = np.bincount(place, minlength=len(codes))
    large = np.flatnonzero(count >= smallest)
    left = int(((count > 0) & (count < smallest)).sum())
    if len(items) < 3 or len(large) < 2:
        why = "fewer than three items" if len(items) < 3 else f"fewer than two areas with {smallest} people"
        return [Row("invariance", scale, wave=wave, n_persons=len(values), n_areas=len(large), note=why)]
    kept, models, means, errors, number = [], [], [], [], []
    for one in large:
        here = place == one
        made = _model(values[here], weights[here])
        if made is not None:
            kept.append(int(one))
            models.append(made)
            total = effective_number(weights[here])
            number.append(total)
            means.append(weights[here] @ values[here] / weights[here].sum())
            errors.append(np.sqrt((made.loadings**2 + made.unique) / total))
    if len(kept) < 2:
        note = "one factor does not fit in two areas or more"
        return [Row("invariance", scale, wave=wave, n_areas=len(kept), note=note)]
    # in units of the whole sample, so that the loss is the same whatever the scale of the items
    unit = np.sqrt(np.diag(covariance_of(values, weights)))
    found = aligned(
        np.array([one.loadings for one in models]) / unit,
        np.array(means) / unit,
        np.array(number),
        loading_errors=np.array([one.errors for one in models]) / unit,
        intercept_errors=np.array(errors) / unit,
        seed=seed,
    )
    return _rows(
        found,
        [codes[one] for one in kept],
        count[kept].astype(np.int64),
        scale,
        items,
        wave,
        left + len(large) - len(kept),
    )


def _model(values: FloatArray, weights: FloatArray) -> OneFactor | None:
    """One area's factor; None where it has none of its own."""
    number = effective_number(weights)
    try:
        made = one_factor(covariance_of(values, weights) * (number - 1) / number, number)
    except CohesionError:
        return None
    return made if made.proper and np.isfinite(made.errors).all() else None


def _rows(
    found: Aligned, areas: list[str], count: NDArray[np.int64], scale: str, items: Sequence[str], wave: str, left: int
) -> list[Row]:
    persons, size = int(count.sum()), len(areas)
    verdict = "means can be compared" if found.share <= LIMIT else "means are not comparable without reservation"
    note = f"{verdict}: {found.share:.0%} of parameters differ" + (f"; {left} areas left out" if left else "")
    rows = [Row("invariance", scale, wave=wave, value=found.share, n_persons=persons, n_areas=size, note=note)]
    for at, item in enumerate(items):
        loading, intercept = int(found.loading_differs[:, at].sum()), int(found.intercept_differs[:, at].sum())
        words = f"loading differs in {loading}, intercept in {intercept} of {size} areas"
        share = (loading + intercept) / (2 * size)
        rows.append(Row("invariance", scale, item, wave=wave, value=share, n_persons=persons, n_areas=size, note=words))
    for at, area in enumerate(areas):
        note = "aligned factor mean"
        rows.append(
            Row(
                "invariance",
                scale,
                area=area,
                wave=wave,
                value=float(found.means[at]),
                n_persons=int(count[at]),
                note=note,
            )
        )
    return rows
