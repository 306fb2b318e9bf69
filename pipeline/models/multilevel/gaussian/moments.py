"""Sums of products by group, which are all that the likelihood of a linear mixed model needs of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.models.multilevel.gaussian.crossing import Crossing
from pipeline.models.multilevel.gaussian.rows import MixedRows


@dataclass(frozen=True)
class Moments:
    """Of the first grouping Z'Z (q × q × groups) and Z'[X y] (q × (p+1) × groups); [X y]'[X y]; further groupings."""

    own: np.ndarray
    joined: np.ndarray
    total: np.ndarray
    crossing: Crossing | None
    log_scale: float  # log-determinant of the residuals' relative covariance


def moments(rows: MixedRows, free: float | None = None) -> Moments:
    """The sums, of rows made independent and of equal variance: divided by their weight's root, freed of
    φ(``free``).
    """
    whiten, log_scale = _whitener(rows, free)
    first = rows.factors[0]
    joined, columns = whiten(rows.joined), whiten(first.scaled())
    codes, q, width = first.codes, first.q, rows.p + 1
    own, with_joined = np.empty((q, q, first.n_groups)), np.empty((q, width, first.n_groups))
    for i in range(q):
        for j in range(i + 1):
            own[i, j] = own[j, i] = np.bincount(codes, columns[:, i] * columns[:, j], first.n_groups)
        for j in range(width):
            with_joined[i, j] = np.bincount(codes, columns[:, i] * joined[:, j], first.n_groups)
    total = (joined if rows.mass is None else joined * rows.mass[codes][:, None]).T @ joined
    crossing = _crossing(rows, whiten, joined, columns) if len(rows.factors) > 1 else None
    return Moments(own, with_joined, total, crossing, log_scale)


def _whitener(rows: MixedRows, free: float | None) -> tuple[Any, float]:
    """A function of columns (rows × k), sparse or not, and the log-determinant of what it takes away."""
    import scipy.sparse as sp

    log_scale, scale = 0.0, None
    if rows.precision is not None:
        scale = np.sqrt(rows.precision)
        log_scale = 0.0 if rows.mass is not None else -float(np.log(rows.precision).sum())
    if rows.serial is None or free is None:
        if scale is None:
            return (lambda columns: columns), log_scale
        return (
            lambda columns: sp.diags(scale) @ columns if sp.issparse(columns) else columns * scale[:, None]
        ), log_scale
    with_last = rows.serial.correlation(free)
    left = np.sqrt(1 - with_last**2)
    operator = sp.diags([1 / left, -(with_last / left)[1:]], [0, -1], format="csr")
    if scale is not None:
        operator = operator @ sp.diags(scale)
    return (lambda columns: operator @ columns), log_scale + 2 * float(np.log(left).sum())


def _crossing(rows: MixedRows, whiten: Any, joined: np.ndarray, columns: np.ndarray) -> Crossing:
    import scipy.sparse as sp

    n, first = rows.n, rows.factors[0]
    further, start = [], 0
    for factor in rows.factors[1:]:
        scaled = factor.scaled()
        place = start + factor.codes[:, None] * factor.q + np.arange(factor.q)
        pointer = np.arange(0, n * factor.q + 1, factor.q)
        width = factor.n_groups * factor.q
        further.append(sp.csr_matrix((scaled.ravel(), (place - start).ravel(), pointer), shape=(n, width)))
        start += width
    effects = whiten(sp.hstack(further, format="csr"))
    groups = sp.csr_matrix((np.ones(n), first.codes, np.arange(n + 1)), shape=(n, first.n_groups))
    pattern = (groups.T @ abs(effects)).tocsr()
    pattern.sort_indices()
    group = np.repeat(np.arange(first.n_groups), np.diff(pattern.indptr))
    effect = pattern.indices.astype(np.int64)
    products = np.stack(
        [
            np.asarray((groups.multiply(columns[:, [k]]).tocsr().T @ effects)[group, effect]).ravel()
            for k in range(first.q)
        ]
    )
    return Crossing(
        factors=rows.factors[1:],
        group=group,
        effect=effect,
        products=products,
        pointer=pattern.indptr,
        own=(effects.T @ effects).tocsc(),
        joined=np.asarray(effects.T @ joined),
    )
