"""A least-squares fit as what covariances are made of: an orthonormal basis, residuals, and what was absorbed.

On the basis Q of the columns (weighted by the roots of the weights, with absorbed effects taken out) X = Q R, the
"bread" of every sandwich is the identity, so that no digit is lost to the units of the columns: a covariance V of the
coefficients on the basis is R⁻¹ V R⁻¹' of those of the columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from pipeline.errors import ModelError

FULL = 1e-9
"""A column of which less than this share is left by those before it is a sum of them."""
MOST_EXPLICIT = 1_000
"""Of two absorbed effects the one with fewer levels becomes columns; more than these do not fit in memory."""


@dataclass(frozen=True)
class Absorbed:
    """Effects of one grouping that were taken out: codes (n) and roots of the weights (n)."""

    codes: np.ndarray
    root: np.ndarray

    @cached_property
    def total(self) -> np.ndarray:
        """The weight of each group."""
        return np.bincount(self.codes, self.root**2)

    @property
    def count(self) -> int:
        return len(self.total)

    @property
    def leverage(self) -> np.ndarray:
        """What the effects add to each row's leverage (n)."""
        return np.asarray(self.root**2 / self.total[self.codes])

    def out(self, values: np.ndarray) -> np.ndarray:
        """Columns (n × m), already times the roots, less their (weighted) group means."""
        left = np.empty_like(values, dtype=float, order="F")
        for place, column in enumerate(values.T):
            mean = np.bincount(self.codes, self.root * column) / self.total
            left[:, place] = column - self.root * mean[self.codes]
        return left


@dataclass(frozen=True)
class LeastSquares:
    """A fit of n rows on K columns, of which the first ``n_terms`` are reported.

    ``basis`` (n × K) is orthonormal, ``back`` (K × K) takes its coefficients to those of the columns, ``residuals`` (n)
    are times the roots of the weights (``root``, n). ``explicit`` (n) are the codes of those effects that are columns
    and not reported.
    """

    basis: np.ndarray
    back: np.ndarray
    on_basis: np.ndarray
    residuals: np.ndarray
    root: np.ndarray
    absorbed: Absorbed | None
    n_terms: int
    explicit: np.ndarray | None = None

    @property
    def n_obs(self) -> int:
        return len(self.residuals)

    @property
    def rank(self) -> int:
        """Columns, without the effects that were absorbed."""
        return int(self.basis.shape[1])

    @property
    def n_absorbed(self) -> int:
        return 0 if self.absorbed is None else self.absorbed.count

    @property
    def df(self) -> int:
        """Residual degrees of freedom: absorbed effects are estimated, too."""
        return self.n_obs - self.rank - self.n_absorbed

    @property
    def estimates(self) -> np.ndarray:
        return np.asarray((self.back @ self.on_basis)[: self.n_terms])

    @cached_property
    def scores(self) -> np.ndarray:
        """Each row's part of Q'e (n × K)."""
        return np.asarray(self.basis * self.residuals[:, None])

    @cached_property
    def leverage(self) -> np.ndarray:
        """The diagonal of the hat matrix (n), with the absorbed effects."""
        own = np.einsum("ij,ij->i", self.basis, self.basis)
        return np.asarray(own if self.absorbed is None else own + self.absorbed.leverage)

    def covariance(self, on_basis: np.ndarray) -> np.ndarray:
        """The covariance of the reported terms from that of the coefficients on the basis."""
        return np.asarray((self.back @ on_basis @ self.back.T)[: self.n_terms, : self.n_terms])


def least_squares(
    outcome: ArrayLike, matrix: ArrayLike, *, weights: ArrayLike | None = None, absorb: ArrayLike | None = None
) -> LeastSquares:
    """The (weighted) least-squares fit of ``outcome`` (n) on ``matrix`` (n × k, with its own intercept if any).

    ``absorb`` (n, or n × 2) are groups whose effects are taken out exactly, such as persons, or persons and waves; the
    columns of the smaller of two are kept explicitly, so that nothing that follows is approximate. ``weights`` (n) are
    positive. Raises ModelError for missing or infinite values, arrays of different lengths, terms that cannot be
    separated, and no residual degree of freedom.
    """
    values, columns = numbers("outcome", outcome), numbers("matrix", matrix)
    columns = columns[:, None] if columns.ndim == 1 else columns
    n, n_terms = len(values), columns.shape[1]
    same_length("outcome", n, matrix=len(columns))
    root = np.ones(n) if weights is None else _root(numbers("weights", weights))
    same_length("outcome", n, weights=len(root))
    group, explicit = _effects(absorb, n)
    size = np.linalg.norm(columns * root[:, None], axis=0)
    if explicit is not None:
        levels = np.eye(int(explicit.max()) + 1)[explicit][:, 1:]
        columns = np.column_stack([columns, levels])
        size = np.append(size, np.full(levels.shape[1], np.sqrt(n)))
    made = columns * root[:, None], values * root
    absorbed = None if group is None else Absorbed(group, root)
    if absorbed is not None:
        made = absorbed.out(made[0]), absorbed.out(made[1][:, None])[:, 0]
    return replace(_solved(made[0], made[1], root, absorbed, n_terms, size), explicit=explicit)


def transformed(
    outcome: np.ndarray,
    matrix: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    effects: np.ndarray | None = None,
    n_terms: int | None = None,
) -> LeastSquares:
    """The fit of rows that were transformed already (differences, quasi-deviations) or are taken as they are.

    ``effects`` (n) are absorbed; columns after the first ``n_terms`` are not reported.
    """
    root = np.ones(len(outcome)) if weights is None else _root(weights)
    size = np.linalg.norm(matrix * root[:, None], axis=0)
    made = matrix * root[:, None], outcome * root
    absorbed = None if effects is None else Absorbed(effects, root)
    if absorbed is not None:
        made = absorbed.out(made[0]), absorbed.out(made[1][:, None])[:, 0]
    return _solved(made[0], made[1], root, absorbed, n_terms or matrix.shape[1], size)


def _solved(
    columns: np.ndarray,
    outcome: np.ndarray,
    root: np.ndarray,
    absorbed: Absorbed | None,
    n_terms: int,
    size: np.ndarray,
) -> LeastSquares:
    scale = np.maximum(size, 1e-300)
    df = len(outcome) - columns.shape[1] - (0 if absorbed is None else absorbed.count)
    if df < 1:
        raise ModelError("more parameters than rows", count=len(outcome), todo="Use fewer terms, or more rows.")
    basis, triangle = np.linalg.qr(columns / scale)
    tied = np.flatnonzero(np.abs(np.diag(triangle)) < FULL)
    if tied.size:
        place = int(tied[0])
        raise ModelError(f"column {place} of the matrix is determined by those before it and the absorbed effects")
    back = np.linalg.inv(triangle) / scale[:, None]
    on_basis = basis.T @ outcome
    residuals = outcome - basis @ on_basis
    correction = basis.T @ residuals  # one step of refinement
    return LeastSquares(basis, back, on_basis + correction, residuals - basis @ correction, root, absorbed, n_terms)


def _root(weights: np.ndarray) -> np.ndarray:
    """Roots of the weights over their mean. Raises ModelError for weights that are not positive."""
    wrong = int((weights <= 0).sum())
    if wrong:
        raise ModelError("weights are positive", where="weights", count=wrong, todo="Leave rows without weight out.")
    return np.asarray(np.sqrt(weights / weights.mean()))


def _effects(absorb: ArrayLike | None, n: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Codes to absorb, and codes of a second grouping, whose levels but the first become columns."""
    if absorb is None:
        return None, None
    ways = ways_of("absorb", absorb, n)
    ways.sort(key=lambda codes: -int(codes.max()))
    if len(ways) == 1:
        return ways[0], None
    levels = int(ways[1].max()) + 1
    if levels > MOST_EXPLICIT:
        raise ModelError("two large groups of effects", where="absorb", count=levels, todo="Absorb one of them.")
    return ways[0], ways[1]


def numbers(name: str, given: ArrayLike) -> np.ndarray:
    """An array of finite numbers. Raises ModelError naming the argument."""
    try:
        values = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise ModelError(f"`{name}` must be numbers", where=name) from None
    if not values.size or values.ndim not in (1, 2):
        raise ModelError(f"`{name}` has no rows" if not values.size else f"`{name}` has {values.ndim} axes", where=name)
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise ModelError("missing or infinite values", where=name, count=wrong, todo="Leave those rows out.")
    return values


def same_length(name: str, n: int, **others: int) -> None:
    """Raises ModelError for an argument with another number of rows than ``name`` has."""
    for other, length in others.items():
        if length != n:
            raise ModelError(f"`{other}` has {length:,} rows and `{name}` has {n:,}", where=other)


def column_of(matrix: ArrayLike, place: int, n: int) -> np.ndarray:
    """The column (n) of a matrix that is tested. Raises ModelError if there is none at that place."""
    columns = numbers("matrix", matrix).reshape(n, -1)
    if not 0 <= place < columns.shape[1]:
        raise ModelError(f"the matrix has no column {place}", where="tested", count=columns.shape[1])
    return columns[:, place]


def ways_of(name: str, given: ArrayLike | Sequence[ArrayLike], n: int) -> list[np.ndarray]:
    """One or two arrays of codes 0, 1, 2 … by first appearance, from labels of any kind: (n), (n × 2), or two of (n).

    Raises ModelError for a missing label, another number of rows, or more than two ways.
    """
    if isinstance(given, (tuple, list)) and len(given) == 2 and all(np.ndim(one) == 1 for one in given):
        columns = [np.asarray(one) for one in given]
    else:
        columns = _split(np.asarray(given))
    if len(columns) > 2:
        raise ModelError("there are one or two ways", where=name, count=len(columns))
    for column in columns:
        same_length("outcome", n, **{name: len(column)})
    return [_coded(name, column) for column in columns]


def _split(labels: np.ndarray) -> list[np.ndarray]:
    return [labels] if labels.ndim == 1 else list(labels.T)


def _coded(name: str, labels: np.ndarray) -> np.ndarray:
    if labels.dtype == object:
        missing = sum(one is None or one != one for one in labels.tolist())
        labels = labels if missing else labels.astype(str)
    else:
        missing = int(np.isnan(labels).sum()) if labels.dtype.kind == "f" else 0
    if missing:
        raise ModelError("rows without a group", where=name, count=missing, todo="Leave those rows out.")
    return by_appearance(labels)


def by_appearance(labels: np.ndarray) -> np.ndarray:
    """0, 1, 2 … in the order in which the labels appear: no result may depend on how ids sort."""
    _, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return np.asarray(place[codes.reshape(-1)])


def crossed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Codes of the intersections of two ways."""
    return np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)[1].reshape(-1)


def sums_by(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Sums (groups × columns) of ``values`` (n × columns) by group."""
    n_groups = int(codes.max()) + 1
    return np.column_stack([np.bincount(codes, column, n_groups) for column in values.T])
