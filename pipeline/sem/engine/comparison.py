"""What a χ² difference test of two nested models returns, and the algebra all such tests share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

METHODS = ("standard", "satorra.2000", "satorra.bentler.2001", "satorra.bentler.2010")


@dataclass(frozen=True)
class Comparison:
    """χ² difference of a restricted model against a freer one; statistic and p are NaN where no test can be had."""

    method: str
    statistic: float
    df: int
    p: float
    scaling: float
    note: str | None
    cfi: float  # restricted minus free, like the two below; scaled versions with MLR
    rmsea: float
    srmr: float

    @property
    def is_worse(self) -> bool | None:
        """Whether the restriction is rejected at 5 %; None without a test."""
        return None if np.isnan(self.p) else bool(self.p < 0.05)


def orthogonal_complement(matrix: np.ndarray) -> np.ndarray:
    """Columns spanning what is orthogonal to the columns of ``matrix``."""
    left, singular, _ = np.linalg.svd(matrix)
    rank = int((singular > 1e-10 * singular.max()).sum())
    return left[:, rank:]
