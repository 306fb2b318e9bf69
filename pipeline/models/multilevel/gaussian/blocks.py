"""Independent blocks of rows, and their covariance in full: of all rows that share a group of any grouping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.multilevel.gaussian.maximum import MixedFit
from pipeline.models.multilevel.gaussian.rows import MixedRows

LARGEST_BLOCK = 3000
"""A block's matrices have so many rows and columns at most: beyond, they take minutes and gigabytes."""
AT_ONCE = 4_000_000
"""Elements of the covariance matrices that are stacked at one time."""


@dataclass(frozen=True)
class Blocks:
    """Blocks of equally many rows, stacked: their covariance V and its derivatives, which V is linear in.

    ``rows`` blocks × n (places); ``whole`` blocks × n × n; ``parts`` a list of the same, one a variance or covariance.
    """

    rows: np.ndarray
    whole: np.ndarray
    parts: list[np.ndarray]


def independent(rows: MixedRows) -> np.ndarray:
    """The block of each row: rows that share a group of some grouping, at once or through others, are in one."""
    if len(rows.factors) == 1:
        return rows.factors[0].codes
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    first = rows.factors[0]
    start, pairs = first.n_groups, []
    for factor in rows.factors[1:]:
        pairs.append(np.stack([first.codes, factor.codes + start]))
        start += factor.n_groups
    links = np.concatenate(pairs, axis=1)
    graph = sp.coo_matrix((np.ones(links.shape[1]), (links[0], links[1])), shape=(start, start))
    return np.asarray(connected_components(graph, directed=False)[1][first.codes])


def covariance_parameters(fit: MixedFit) -> list[float]:
    """The elements of the random effects' covariances, and the residual variance: what V is linear in."""
    values: list[float] = []
    for (term, _), covariance in zip(fit.terms, fit.random_covariances(), strict=True):
        values += [float(covariance[i, j]) for i, j in _elements(term.q, term.structure)]
    return [*values, fit.variance]


def _elements(q: int, structure: str) -> list[tuple[int, int]]:
    if structure == "uncorrelated":
        return [(i, i) for i in range(q)]
    return [(i, j) for i in range(q) for j in range(i + 1)]


def blocks(fit: MixedFit) -> Iterator[Blocks]:
    """The blocks by their number of rows. Raises ModelError for one that is too large."""
    values = covariance_parameters(fit)
    member = independent(fit.rows)
    order = np.argsort(member, kind="stable")
    _, starts, counts = np.unique(member[order], return_index=True, return_counts=True)
    if counts.max() > LARGEST_BLOCK:
        raise ModelError(
            "Kenward and Roger's adjustment needs the covariance of all rows that are not independent, and these are "
            "too many",
            where="degrees",
            count=int(counts.max()),
            todo="Declare `degrees: satterthwaite`.",
        )
    for n in np.unique(counts):
        first = starts[counts == n]
        for some in np.array_split(first, max(1, int(len(first) * n * n * len(values) / AT_ONCE))):
            places = order[some[:, None] + np.arange(n)]
            parts = _parts(fit, places)
            yield Blocks(places, sum((v * part for v, part in zip(values, parts, strict=True)), np.zeros(1)), parts)


def _parts(fit: MixedFit, places: np.ndarray) -> list[np.ndarray]:
    parts = []
    for term, _ in fit.terms:
        codes = term.codes[places]
        same = codes[:, :, None] == codes[:, None, :]
        for i, j in _elements(term.q, term.structure):
            one, two = term.columns[places, i], term.columns[places, j]
            product = one[:, :, None] * two[:, None, :]
            parts.append(np.where(same, product if i == j else product + product.swapaxes(1, 2), 0.0))
    rest = np.ones(places.shape) if fit.rows.precision is None else 1 / fit.rows.precision[places]
    parts.append(np.eye(places.shape[1]) * rest[:, None, :])
    return parts
