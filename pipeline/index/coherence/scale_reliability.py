"""Reliability of scales: Cronbach's alpha with Feldt's interval, and McDonald's omega, both weighted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.coherence.one_factor import one_factor
from pipeline.index.coherence.rows import Row, table
from pipeline.index.coherence.weighted import complete, covariance_of, effective_number

FloatArray = NDArray[np.float64]


@public(once=True, ordered=True)
def scale_reliability(
    frame: pl.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    weight: str | None = "weight",
    wave: str = "wave",
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Two rows per wave and scale (``coherence``): alpha with its interval, and omega.

    Of people who answered every item. alpha = k/(k-1) (1 - Σ var / var of the sum) (Cronbach 1951; R:
    ``psych::alpha``); its interval is Feldt's (1965) with the effective number of people. omega = (Σλ)² / ((Σλ)² +
    Σψ) of one factor by maximum likelihood (McDonald 1999), for three or more items. All items are oriented alike.
    What cannot be computed has a note.

    >>> frame = pl.DataFrame({"person_id": list("abcd"), "wave": "w01", "x": [1.0, 2, 3, 4], "y": [1.0, 3, 2, 4]})
    >>> scale_reliability(frame, {"trust": ["x", "y"]}, weight=None)["value"].round(4).to_list()
    [0.8889, None]
    """
    rows = []
    for name, part in complete(frame, wave, weight, list(dict.fromkeys(i for m in scales.values() for i in m))):
        for scale, items in scales.items():
            values, weights = part.take(items)
            rows += [_alpha(values, weights, scale, name, confidence), _omega(values, weights, scale, name)]
    return table(rows)


def _alpha(values: FloatArray, weights: FloatArray, scale: str, wave: str, confidence: float) -> Row:
    size = values.shape[1]
    if size < 2 or len(values) < 3:
        note = "a single item has no alpha" if size < 2 else "fewer than three complete answers"
        return Row("alpha", scale, wave=wave, n_persons=len(values), note=note)
    covariance = covariance_of(values, weights)
    total = float(covariance.sum())
    if total <= 1e-12 * float(np.trace(covariance)) or (np.diag(covariance) <= 0).any():
        note = "items do not vary, or cancel out: is one reversed?"
        return Row("alpha", scale, wave=wave, n_persons=len(values), note=note)
    alpha = size / (size - 1) * (1 - float(np.trace(covariance)) / total)
    low, high = feldt(alpha, size, effective_number(weights), confidence)
    return Row("alpha", scale, wave=wave, value=alpha, conf_low=low, conf_high=high, n_persons=len(values))


def feldt(alpha: float, items: int, number: float, confidence: float) -> tuple[float, float]:
    """The interval of an alpha: (1 - alpha) over its population value is F with (n - 1)(k - 1) and n - 1 degrees."""
    from scipy.stats import f

    first, second = number - 1, (number - 1) * (items - 1)
    ends = f.ppf([(1 + confidence) / 2, (1 - confidence) / 2], first, second)
    return float(1 - (1 - alpha) * ends[0]), float(1 - (1 - alpha) * ends[1])


def _omega(values: FloatArray, weights: FloatArray, scale: str, wave: str) -> Row:
    if len(values) <= values.shape[1] + 1:
        return Row("omega", scale, wave=wave, n_persons=len(values), note="too few complete answers")
    try:
        found = one_factor(covariance_of(values, weights), effective_number(weights))
    except CohesionError as error:
        return Row("omega", scale, wave=wave, n_persons=len(values), note=error.what)
    note = None if found.proper else "an item's unique variance is zero"
    return Row("omega", scale, wave=wave, value=found.omega, n_persons=len(values), note=note)
