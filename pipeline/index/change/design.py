"""The sampling design under persons' scores, and the variance of sums over it.

A person is a unit unless units are named, and ties the waves together: influence values are added up within units
before their variance is taken, which carries the covariance between waves:
Σ_h n_h/(n_h − 1) Σ_i (z_hi − z̄_h)² over strata h and units i (Binder 1983; R's ``survey::svyrecvar``). Units outside
an area count as zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import CohesionError

LonelyPsu = Literal["certainty", "adjust", "remove", "average", "fail"]
Subset = Literal["domain", "answered"]


@dataclass(frozen=True)
class Design:
    """``unit``: a code for each row. ``stratum_of_unit``, ``size``: of each unit, and how many units a stratum has."""

    unit: np.ndarray
    stratum_of_unit: np.ndarray
    size: np.ndarray
    lonely: LonelyPsu
    subset: Subset

    def variance(self, units: np.ndarray, totals: np.ndarray) -> float:
        """The variance of the sum of ``totals`` of ``units`` (each once), all others being zero."""
        strata = self.stratum_of_unit[units]
        size = self.size if self.subset == "domain" else np.bincount(strata, minlength=len(self.size))
        squares = np.bincount(strata, totals**2, len(size))
        sums = np.bincount(strata, totals, len(size))
        several = size > 1
        spread = squares[several] - sums[several] ** 2 / size[several]
        variance = float((size[several] / (size[several] - 1) * spread).sum())
        alone = (size == 1) & (np.bincount(strata, minlength=len(size)) > 0)
        if self.lonely == "adjust":
            variance += float(squares[alone].sum())
        elif self.lonely == "average" and alone.any():
            reached = np.bincount(strata, minlength=len(size)) > 0
            variance *= reached.sum() / max((reached & ~alone).sum(), 1)
        return max(variance, 0.0)

    def degrees(self, units: np.ndarray) -> int:
        """Units reached less strata reached: what is known of a variance within an area."""
        return len(units) - len(np.unique(self.stratum_of_unit[units]))


def design_of(
    frame: pl.DataFrame,
    person: str,
    strata: str | None = None,
    psu: str | None = None,
    lonely: LonelyPsu = "certainty",
    subset: Subset = "domain",
) -> Design:
    """The design of ``frame``, whose rows are in the order of waves: a person keeps the first stratum and unit.

    Units are nested in strata. Raises CohesionError for a row without stratum or unit, and under the rule ``fail`` for
    strata of one unit.
    """
    for name in (strata, psu):
        if name is not None and (missing := frame[name].null_count()):
            raise CohesionError(
                "people without a value for the design", where=name, count=missing, todo="Leave them out."
            )
    first = frame.select(
        person=pl.col(person),
        stratum=pl.col(strata).first().over(person) if strata else pl.lit(0),
        unit=pl.col(psu).first().over(person) if psu else pl.col(person),
    )
    unit = first.select(pl.struct("stratum", "unit").rank("dense") - 1).to_series().to_numpy().astype(np.int64)
    stratum = first.select(pl.col("stratum").rank("dense") - 1).to_series().to_numpy().astype(np.int64)
    home = np.zeros(int(unit.max(initial=-1)) + 1, dtype=np.int64)
    home[unit] = stratum
    size = np.bincount(home)
    if lonely == "fail" and (alone := int((size == 1).sum())):
        raise CohesionError(
            "strata with one sampling unit, whose variance cannot be estimated",
            count=alone,
            todo="Choose another rule for `lonely_psu`, or merge strata.",
        )
    return Design(unit, home, size, lonely, subset)
