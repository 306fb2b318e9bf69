"""The rows of a linear mixed model: outcome, fixed and random parts on scales that one tolerance fits, and weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.multilevel.gaussian.random import Factor, Random, factors

NO_REST = 1e-14
"""Share of the outcome's sum of squares below which its remainder is rounding error."""


@dataclass(frozen=True)
class Serial:
    """Residuals correlated φ^|s − t| within ``codes`` (rows), at ``times``; rows of a code stand together, in time
    order.

    ``discrete``: the times are whole steps, and φ may be negative (nlme's ``corAR1``); otherwise φ lies between 0 and 1
    (``corCAR1``, continuous time).
    """

    codes: np.ndarray
    times: np.ndarray
    discrete: bool

    @cached_property
    def gaps(self) -> np.ndarray:
        """Time since the row before of the same code; infinite for the first."""
        gaps = np.full(len(self.times), np.inf)
        same = self.codes[1:] == self.codes[:-1]
        gaps[1:][same] = np.diff(self.times)[same]
        return gaps

    def phi(self, free: float) -> float:
        """φ of its unbounded parameter."""
        return float(np.tanh(free)) if self.discrete else float(1 / (1 + np.exp(-free)))

    def slope(self, free: float) -> float:
        """The derivative of φ by its unbounded parameter."""
        phi = self.phi(free)
        return 1 - phi**2 if self.discrete else phi * (1 - phi)

    def correlation(self, free: float) -> np.ndarray:
        """The correlation of each row with the row before of the same code; 0 for the first."""
        first = np.isinf(self.gaps)
        power = np.where(first, 1.0, self.gaps)
        phi = self.phi(free)
        sign = np.where(power % 2 == 1, np.sign(phi), 1.0) if self.discrete else 1.0
        return np.asarray(np.where(first, 0.0, sign * np.abs(phi) ** power))


@dataclass(frozen=True)
class MixedRows:
    """Fixed columns on an orthonormal basis (× √n), the rest of the outcome that they leave, in standard deviations.

    ``mass``: a weight for each group of the only grouping (a sampling weight); ``precision``: one for each row, by
    which the residual variance is divided, or, where there are masses, by which its log density is multiplied.
    """

    basis: np.ndarray  # rows × p
    rest: np.ndarray  # rows
    back: np.ndarray  # p × p: coefficients of the terms = start + back × coefficients × size
    start: np.ndarray
    size: float
    log_determinant: float
    factors: tuple[Factor, ...]
    precision: np.ndarray | None
    mass: np.ndarray | None
    serial: Serial | None
    reml: bool

    @property
    def n(self) -> int:
        return len(self.rest)

    @property
    def p(self) -> int:
        return int(self.basis.shape[1])

    @property
    def n_theta(self) -> int:
        """The free parameters of the profiled likelihood: θ, and φ where residuals are correlated."""
        return sum(factor.size for factor in self.factors) + (self.serial is not None)

    @cached_property
    def joined(self) -> np.ndarray:
        """[basis, rest], one matrix."""
        return np.column_stack([self.basis, self.rest])

    @cached_property
    def weight(self) -> float:
        """What the rows count for: their number, or the sum of their sampling weights."""
        if self.mass is None:
            return float(self.n)
        row = np.ones(self.n) if self.precision is None else self.precision
        return float(row @ self.mass[self.factors[0].codes])

    @cached_property
    def freedom(self) -> float:
        """n − p by restricted likelihood, n by full likelihood."""
        return self.weight - self.p if self.reml else self.weight


def mixed_rows(
    outcome: np.ndarray,
    matrix: np.ndarray,
    random: Sequence[Random],
    *,
    reml: bool = True,
    precision: np.ndarray | None = None,
    mass: np.ndarray | None = None,
    serial: Serial | None = None,
) -> MixedRows:
    """The rows of y = X b + Z u + e. ``matrix`` X (n × p) has full column rank.

    Raises ModelError where the terms explain the outcome without remainder.
    """
    size = np.linalg.norm(matrix, axis=0)
    root = np.sqrt(len(matrix))
    basis, triangle = np.linalg.qr(matrix / size)
    first = basis.T @ outcome
    rest = outcome - basis @ first
    rest -= basis @ (basis.T @ rest)
    spread = float(np.linalg.norm(rest)) / root
    if spread**2 * len(matrix) <= NO_REST * float(outcome @ outcome):
        raise ModelError("the terms explain the outcome without remainder, so that no uncertainty can be estimated")
    inverse = np.linalg.inv(triangle) / size[:, None]
    return MixedRows(
        basis=basis * root,
        rest=rest / spread,
        back=inverse * root,
        start=inverse @ first,
        size=spread,
        log_determinant=2 * float(np.log(np.abs(np.diag(triangle)) * size / root).sum()),
        factors=factors(random),
        precision=precision,
        mass=mass,
        serial=serial,
        reml=reml,
    )
