"""Outliers among areas: winsorise, then transform, while skew and kurtosis exceed their limits (COINr ``Treat``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.composites.checks import columns, matrix
from pipeline.index.composites.kernels import Floats

Then = Literal["none", "log_ct", "log_ct_plus"]
FEWEST = 4
"""Of fewer values there is no kurtosis: they stay as they are."""


@dataclass(frozen=True)
class Limits:
    """Passes below the limit of |skew| or below that of kurtosis; ``winsorised``: at most so many points, or any."""

    winsorised: int | None
    skew: float
    kurtosis: float


def skewness(values: Floats) -> float:
    """Of a sample, as ``e1071::skewness(type = 2)`` and spreadsheets; NaN of fewer than three, or of a constant."""
    x = values[~np.isnan(values)]
    n = len(x)
    centred = x - x.mean() if n else x
    square = np.sum(centred**2)
    if n < 3 or square <= 0:
        return float("nan")
    return float(np.sqrt(n) * np.sum(centred**3) / square**1.5 * np.sqrt(n * (n - 1)) / (n - 2))


def kurtosis(values: Floats) -> float:
    """Excess kurtosis of a sample, as ``e1071::kurtosis(type = 2)``; NaN of fewer than four, or of a constant."""
    x = values[~np.isnan(values)]
    n = len(x)
    centred = x - x.mean() if n else x
    square = np.sum(centred**2)
    if n < FEWEST or square <= 0:
        return float("nan")
    ratio = n * np.sum(centred**4) / square**2
    return float(((n + 1) * (ratio - 3) + 6) * (n - 1) / ((n - 2) * (n - 3)))


def _passes(values: Floats, limits: Limits) -> bool:
    """Also what has no kurtosis: there is nothing to judge it by."""
    skew, kurt = skewness(values), kurtosis(values)
    return bool(np.isnan(skew) or np.isnan(kurt) or abs(skew) < limits.skew or kurt < limits.kurtosis)


def _winsorised(values: Floats, limits: Limits) -> tuple[Floats, int]:
    """The outermost values on the side of the skew take the next value, until they pass or enough are changed.

    No further than that two values are left: of an event that one area had, nothing else would remain.
    """
    x, changed = values.copy(), 0
    top = bottom = 0
    while not _passes(x, limits) and (limits.winsorised is None or changed < limits.winsorised):
        high = skewness(x) >= 0
        end = np.nanmax(x) if high else np.nanmin(x)
        at_end = x == end
        inner = x[~at_end & ~np.isnan(x)]
        if not len(inner) or np.ptp(inner) <= 0:
            break  # it would be the same in every area
        x[at_end] = inner.max() if high else inner.min()
        top, bottom = (int(at_end.sum()), bottom) if high else (top, int(at_end.sum()))
        changed = top + bottom
    return x, changed


def _transformed(values: Floats, then: str) -> Floats:
    """``log(x - min + a)``, a being a hundredth of the range; ``log_ct_plus`` mirrors it where the skew is negative."""
    least, most = np.nanmin(values), np.nanmax(values)
    a = 0.01 * (most - least)
    if then == "log_ct_plus" and not skewness(values) > 0:
        return np.asarray(-np.log(most + a - values))
    return np.asarray(np.log(values - least + a))


@public()
def treat(
    frame: pl.DataFrame,
    indicators: Sequence[str],
    *,
    winsorised: int | None = 5,
    skew_limit: float = 2.0,
    kurtosis_limit: float = 3.5,
    then: Then = "log_ct",
    combine: bool = False,
    untreated: Sequence[str] = (),
    area: str = "area",
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The frame with outliers treated, and one row per indicator: what was done, with skew and kurtosis at each step.

    An indicator passes while \\|skew\\| is below its limit or kurtosis below its own. What does not is winsorised, at
    most ``winsorised`` points (None: any number); what still does not pass is transformed by ``then``, from its raw
    values unless ``combine``. Equal to COINr's ``Treat`` with ``winsorise``, ``log_CT`` and ``check_SkewKurt``. Columns
    of the second frame: ``indicator, passed, skew, kurtosis, winsorised, passed_after, skew_after, kurtosis_after,
    transformed``. Raises CohesionError for limits that are none and columns that are absent.

    >>> frame = pl.DataFrame({"area": list("abcdefghijkl"), "x": [*range(1, 11), 30, 100]})
    >>> treated, done = treat(frame, ["x"], winsorised=2)
    >>> treated["x"].to_list()[-2:], done["winsorised"].to_list()
    ([30.0, 30.0], [1])
    """
    values = matrix(frame, indicators, area)
    if skew_limit <= 0 or (winsorised is not None and winsorised < 1):
        raise CohesionError("limits of outliers are above 0, and at least one point is winsorised", where="winsorised")
    strange = [name for name in untreated if name not in indicators]
    if strange:
        raise CohesionError("is not among the indicators", where=strange[0])
    limits, rows, made = Limits(winsorised, skew_limit, kurtosis_limit), [], values.copy()
    for place, name in enumerate(indicators):
        if name in untreated:
            continue
        made[:, place], row = _treated(values[:, place], limits, then, combine)
        rows.append({"indicator": name, **row})
    return columns(frame, indicators, made), pl.DataFrame(rows, schema=DETAILS)


DETAILS = {
    "indicator": pl.String,
    "passed": pl.Boolean,
    "skew": pl.Float64,
    "kurtosis": pl.Float64,
    "winsorised": pl.Int64,
    "passed_after": pl.Boolean,
    "skew_after": pl.Float64,
    "kurtosis_after": pl.Float64,
    "transformed": pl.String,
}


def _treated(values: Floats, limits: Limits, then: str, combine: bool) -> tuple[Floats, dict[str, object]]:
    done, changed, transformed = values, 0, "none"
    passed = _passes(values, limits)
    if not passed:
        done, changed = _winsorised(values, limits)
    if not _passes(done, limits) and then != "none":
        done = _transformed(done if combine else values, then)
        transformed, changed = then, changed if combine else 0
    return done, {
        "passed": passed,
        "skew": _known(skewness(values)),
        "kurtosis": _known(kurtosis(values)),
        "winsorised": changed,
        "passed_after": _passes(done, limits),
        "skew_after": _known(skewness(done)),
        "kurtosis_after": _known(kurtosis(done)),
        "transformed": transformed,
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
