"""Simple slopes and Johnson–Neyman regions, from the coefficients of a fit and their covariance.

The slope of x at the value z of a moderator is b(z) = b_x + b_xz z, with variance V_x + 2 z C + z² V_xz (Aiken & West
1991). It differs from zero where b(z)² > q² var(z), with the quantile q that the intervals of the model use: the region
ends at the roots of a quadratic in z (Johnson & Neyman 1936; Bauer & Curran 2005).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl

from pipeline.models.contrasts import Combination
from pipeline.models.inference import Term, quantile

Cell = tuple[str, str]
"""Component and name of a coefficient, as the family's table has them."""


@dataclass(frozen=True)
class Point:
    """A value of the moderator: what its row is called, and what is noted of it. ``tilt``: a category's product."""

    name: str
    value: float
    note: str | None = None
    tilt: tuple[tuple[Cell, float], ...] = ()


@dataclass(frozen=True)
class Bin:
    """So many answers (as a share) of so many people at about this value of the moderator."""

    value: float
    share: float
    persons: int


@dataclass(frozen=True)
class SlopePlan:
    """The slopes of a term along a moderator: ``base`` + value × ``tilt``, each a sum of coefficients.

    ``curve``: the values over which a figure draws it, none for categories. ``bins``: where the answers lie.
    """

    of: str
    by: str
    base: tuple[tuple[Cell, float], ...]
    tilt: tuple[tuple[Cell, float], ...]
    points: tuple[Point, ...]
    curve: tuple[float, ...] = ()
    bins: tuple[Bin, ...] = ()

    def combinations(self) -> Iterator[Combination]:
        """Rows of slopes at values (``simple_slope``) and along the moderator (``slope_curve``).

        ``group`` names the moderator and its value.
        """
        for point in self.points:
            term = Term("simple_slope", self.of, group=f"{self.by}={point.name}", note=point.note)
            yield Combination(term, (*self._at(point.value), *point.tilt))
        for value in self.curve:
            yield Combination(Term("slope_curve", self.of, group=f"{self.by}={value:.10g}"), self._at(value))

    def _at(self, value: float) -> tuple[tuple[Cell, float], ...]:
        return (*self.base, *((cell, value * weight) for cell, weight in self.tilt))


def region_rows(estimates: pl.DataFrame, plans: Sequence[SlopePlan], confidence: float) -> pl.DataFrame:
    """The Estimates table with the ends of each region, the share of answers in it, and where the answers lie.

    The line and its variance, a parabola, follow from three slopes of the curve.
    """
    made = []
    for plan in plans:
        curve = estimates.filter(component="slope_curve", term=plan.of).filter(
            pl.col("group").is_in([f"{plan.by}={value:.10g}" for value in plan.curve])
        )
        if curve.is_empty():
            continue
        kept = curve.row(0, named=True) | dict.fromkeys(VALUES)
        region = _region(plan.curve, curve, confidence)
        words = region.in_words(plan.curve[0], plan.curve[-1])
        share = sum(one.share for one in plan.bins if region.holds(one.value))
        for name, value in (("lower", region.lower), ("upper", region.upper), ("share", share)):
            note = words if value is not None else f"{words}; there is no such end"
            row = {"component": "slope_region", "group": f"{plan.by}={name}", "estimate": value, "note": note}
            made.append(kept | row)
        for one in plan.bins:
            row = {"component": "moderator", "group": f"{plan.by}={one.value:.10g}", "estimate": one.share}
            made.append(kept | row | {"n_persons": one.persons, "covariance": None, "note": None})
    if not made:
        return estimates
    return pl.concat([estimates, pl.DataFrame(made, schema=estimates.schema, orient="row")])


VALUES = ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")


def _region(values: Sequence[float], curve: pl.DataFrame, confidence: float) -> Region:
    """The region of a line of slopes, from the first, the middle and the last of them."""
    places = (0, len(values) // 2, len(values) - 1)
    at = np.array([values[place] for place in places])
    middle, half = at[1], (at[2] - at[0]) / 2
    unit = (at - middle) / half
    slopes = curve["estimate"].to_numpy()[list(places)]
    variances = curve["std_error"].to_numpy()[list(places)] ** 2
    own, both, other = np.linalg.solve(np.column_stack([unit**0, 2 * unit, unit**2]), variances)
    degrees = curve["df"].min()
    critical = quantile(confidence, np.inf if degrees is None else float(degrees))  # type: ignore[arg-type]
    tilt = (slopes[2] - slopes[0]) / 2
    found = johnson_neyman(float(slopes[1]), float(tilt), np.array([[own, both], [both, other]]), critical)

    def back(end: float | None) -> float | None:
        return None if end is None else float(middle + half * end)

    return replace(found, lower=back(found.lower), upper=back(found.upper))


@dataclass(frozen=True)
class Region:
    """Where a slope differs from zero: ``inside`` the two ends or outside them; an end that is None does not exist.

    With one end only, ``above`` says on which side; without any, ``everywhere``.
    """

    lower: float | None
    upper: float | None
    inside: bool = False
    above: bool = False
    everywhere: bool = False

    def holds(self, value: float) -> bool:
        """Whether the slope at ``value`` differs from zero."""
        if self.lower is None and self.upper is None:
            return self.everywhere
        if self.lower is not None and self.upper is not None:
            return (self.lower < value < self.upper) == self.inside
        end = self.lower if self.lower is not None else self.upper
        assert end is not None
        return (value > end) == self.above

    def in_words(self, low: float, high: float) -> str:
        """Where it differs from zero, among the values from ``low`` to ``high`` that people have."""
        ends = sorted(end for end in (self.lower, self.upper) if end is not None and low < end < high)
        cuts = [low, *ends, high]
        parts = [(a, b) for a, b in pairwise(cuts) if self.holds((a + b) / 2)]
        if not parts:
            return "the slope differs from zero nowhere among the values that people have"
        if parts == [(low, high)]:
            return "the slope differs from zero at all values that people have"
        said = [
            f"below {b:.3g}" if a == low else f"above {a:.3g}" if b == high else f"between {a:.3g} and {b:.3g}"
            for a, b in parts
        ]
        return f"the slope differs from zero {' and '.join(said)}"


def johnson_neyman(slope: float, tilt: float, covariance: np.ndarray, critical: float) -> Region:
    """The region of z where |slope + tilt z| exceeds ``critical`` standard errors.

    ``covariance`` (2 × 2; its upper triangle is read) is that of slope and tilt. Equals R's
    ``interactions::johnson_neyman`` without its control of the false discovery rate.

    >>> region = johnson_neyman(1.0, -0.5, np.array([[0.04, 0.0], [0.0, 0.01]]), 1.96)
    >>> round(region.lower, 4), round(region.upper, 4), region.inside
    (1.1044, 3.6218, False)
    """
    own, both, other = float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])
    a = tilt**2 - critical**2 * other
    b = slope * tilt - critical**2 * both  # half of the linear coefficient
    c = slope**2 - critical**2 * own
    if a == 0:
        if b == 0:
            return Region(None, None, everywhere=c > 0)
        end = -c / (2 * b)
        return Region(end, None, above=b > 0)
    root = b**2 - a * c
    if root <= 0:
        return Region(None, None, everywhere=a > 0)
    q = -(b + np.copysign(np.sqrt(root), b))  # the root without cancellation first
    ends = sorted((float(q / a), float(c / q) if q else float(-b / a)))
    return Region(ends[0], ends[1], inside=a < 0)
