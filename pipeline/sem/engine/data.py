"""Answers made ready for the likelihood: persons grouped by which variables they answered.

The normal likelihood of incomplete answers needs of each missing-data pattern only its number of persons, mean and
covariance. Patterns with equally many answers are stacked, so that one batched call serves them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError

CHUNK = 4096  # patterns handled at once: bounds memory at 40,000 persons with as many patterns
MANY_GROUPS = 50
FEW = 400  # up to so many patterns are worth padding to full width: one batched call instead of one per width


@dataclass(frozen=True)
class Block:
    """K patterns handled in one go: of equally many (k) answered variables, or padded to all p of them.

    In a padded block missing variables have mean and covariance zero, and ``mask`` distinguishes them.
    """

    patterns: np.ndarray  # K: numbers of the patterns, in the order of ``GroupData.bounds``
    columns: np.ndarray  # K × k: which variables
    answered: np.ndarray  # K: how many of them were answered
    n: np.ndarray  # K: persons, or their weights summed
    mean: np.ndarray  # K × k
    covariance: np.ndarray | None  # K × k × k, divisor n; None where every pattern is one person
    mask: np.ndarray | None = None  # K × p of 1 and 0

    @cached_property
    def pairs(self) -> np.ndarray | None:
        """K × p × p of 1 and 0: which pairs of variables the pattern has, in a padded block."""
        return None if self.mask is None else self.mask[:, :, None] * self.mask[:, None, :]


@dataclass(frozen=True)
class GroupData:
    """One group's answers. ``y`` is persons × variables with NaN for missing; no row is all missing."""

    label: str | None
    y: np.ndarray
    weights: np.ndarray | None
    clusters: np.ndarray | None
    order: np.ndarray  # persons sorted by pattern
    bounds: np.ndarray  # where each pattern begins in ``order``
    blocks: tuple[Block, ...]

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def total(self) -> float:
        """Persons, or the sum of their weights."""
        return float(self.n) if self.weights is None else float(self.weights.sum())

    @property
    def patterns(self) -> int:
        return len(self.bounds)

    @property
    def is_complete(self) -> bool:
        return self.patterns == 1 and self.blocks[0].columns.shape[1] == self.y.shape[1]

    def persons(self, patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows of ``y`` that have one of the patterns, and for each of them the place of its pattern among these."""
        sizes = np.diff(np.append(self.bounds, self.n))[patterns]
        ends = np.cumsum(sizes)
        within = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
        return self.order[np.repeat(self.bounds[patterns], sizes) + within], np.repeat(np.arange(len(patterns)), sizes)

    def available(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (divisor n) of each variable over those who answered it."""
        weights = np.ones(self.n) if self.weights is None else self.weights
        shares = np.where(np.isnan(self.y), 0.0, weights[:, None])
        filled = np.nan_to_num(self.y)
        mean = (shares * filled).sum(0) / shares.sum(0)
        return mean, (shares * (filled - mean) ** 2).sum(0) / shares.sum(0)


@dataclass(frozen=True)
class Data:
    """All groups, in order of first appearance, and what was left out on the way."""

    variables: tuple[str, ...]
    groups: tuple[GroupData, ...]
    dropped: int  # persons with nothing answered (or, listwise, with something missing)
    missing: str
    is_clustered: bool
    is_weighted: bool
    found: dict[tuple[object, ...], Any] = field(default_factory=dict, compare=False, repr=False)
    """What was worked out about these answers whatever the model: the models of a ladder share it."""

    @property
    def n(self) -> int:
        return sum(group.n for group in self.groups)


def group_data(
    y: np.ndarray, label: str | None = None, weights: np.ndarray | None = None, clusters: np.ndarray | None = None
) -> GroupData:
    """Persons grouped by missing-data pattern; ``y`` persons × variables, every row with at least one answer."""
    answered = ~np.isnan(y)
    keys = _as_bytes(np.packbits(answered, axis=1))
    order = np.argsort(keys, kind="stable")
    changes = np.flatnonzero(keys[order][1:] != keys[order][:-1]) + 1
    bounds = np.concatenate([[0], changes]).astype(np.intp)
    return GroupData(label, y, weights, clusters, order, bounds, _blocks(y, answered, weights, order, bounds))


def _as_bytes(packed: np.ndarray) -> np.ndarray:
    """One sortable key a row; a closing byte keeps trailing zero bytes from being cut."""
    closed = np.column_stack([packed, np.ones(len(packed), dtype=np.uint8)])
    return np.ascontiguousarray(closed).view(f"S{closed.shape[1]}").ravel()


def _blocks(
    y: np.ndarray, answered: np.ndarray, weights: np.ndarray | None, order: np.ndarray, bounds: np.ndarray
) -> tuple[Block, ...]:
    sizes = np.diff(np.append(bounds, len(y)))
    first = answered[order[bounds]]
    widths = first.sum(1)
    if 1 < len(bounds) <= FEW:
        return (_padded(y, weights, order, bounds, sizes, first),)
    blocks: list[Block] = []
    for width in np.unique(widths):
        for single in (True, False):
            chosen = np.flatnonzero((widths == width) & ((sizes == 1) == single))
            for start in range(0, len(chosen), CHUNK):
                part = chosen[start : start + CHUNK]
                columns = np.nonzero(first[part])[1].reshape(len(part), width)
                make = _single if single else _several
                blocks.append(make(y, weights, order, part, bounds[part], sizes[part], columns))
    return tuple(blocks)


def _single(
    y: np.ndarray,
    weights: np.ndarray | None,
    order: np.ndarray,
    patterns: np.ndarray,
    begins: np.ndarray,
    sizes: np.ndarray,
    columns: np.ndarray,
) -> Block:
    persons = order[begins]
    n = sizes.astype(float) if weights is None else weights[persons]
    return Block(patterns, columns, np.full(len(n), columns.shape[1]), n, y[persons[:, None], columns], None)


def _several(
    y: np.ndarray,
    weights: np.ndarray | None,
    order: np.ndarray,
    patterns: np.ndarray,
    begins: np.ndarray,
    sizes: np.ndarray,
    columns: np.ndarray,
) -> Block:
    count, width = columns.shape
    n, mean, covariance = np.empty(count), np.empty((count, width)), np.empty((count, width, width))
    for k in range(count):
        persons = order[begins[k] : begins[k] + sizes[k]]
        rows = y[persons[:, None], columns[k]]
        share = np.ones(sizes[k]) if weights is None else weights[persons]
        n[k] = share.sum()
        mean[k] = share @ rows / n[k]
        centred = rows - mean[k]
        covariance[k] = (share[:, None] * centred).T @ centred / n[k]
    return Block(patterns, columns, np.full(count, width), n, mean, covariance)


def _padded(
    y: np.ndarray,
    weights: np.ndarray | None,
    order: np.ndarray,
    begins: np.ndarray,
    sizes: np.ndarray,
    first: np.ndarray,
) -> Block:
    count, p = first.shape
    n, mean, covariance = np.empty(count), np.zeros((count, p)), np.zeros((count, p, p))
    filled = np.nan_to_num(y)
    for k in range(count):
        persons = order[begins[k] : begins[k] + sizes[k]]
        rows = filled[persons]
        share = np.ones(sizes[k]) if weights is None else weights[persons]
        n[k] = share.sum()
        mean[k] = share @ rows / n[k]
        centred = rows - mean[k]
        covariance[k] = (share[:, None] * centred).T @ centred / n[k]
    columns = np.broadcast_to(np.arange(p), (count, p))
    return Block(np.arange(count), columns, first.sum(1), n, mean, covariance, first.astype(float))


def prepare(
    frame: pl.DataFrame,
    variables: Sequence[str],
    *,
    missing: str = "fiml",
    group: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    complete: Sequence[str] = (),
) -> Data:
    """Answers of ``variables`` from a wide frame (one row per person), by group.

    Persons with nothing answered are dropped and counted; with ``missing="listwise"``, persons with anything missing.
    Persons without a value of ``complete`` (covariates), group, cluster or weight are dropped and counted too.
    Weights are scaled to sum to the number of persons (lavaan's ``sampling.weights.normalization = "total"``).

    Raises ModelError if a column is absent, not numeric or infinite, a weight is negative, nobody is left, or a
    variable does not vary.
    """
    frame = as_frame(frame)
    _check_columns(frame, [*variables, *[name for name in (group, cluster, weights) if name]])
    frame = _without_nan(frame, [name for name in (group, cluster, weights) if name])
    y = _matrix(frame, variables)
    keep = ~np.isnan(y).any(1) if missing == "listwise" else ~np.isnan(y).all(1)
    outcomes = [k for k, name in enumerate(variables) if name not in set(complete)]
    if complete and missing != "listwise":
        needed = [k for k in range(len(variables)) if k not in outcomes]
        keep &= ~np.isnan(y[:, needed]).any(1) & ~np.isnan(y[:, outcomes]).all(1)
    for name in (group, cluster, weights):
        if name:
            keep &= frame[name].is_not_null().to_numpy()
    share = _shares(frame, weights, keep) if weights else None
    groups = _split(frame, y, keep, share, group, cluster)
    _check_variation(groups, variables)
    return Data(tuple(variables), groups, int((~keep).sum()), missing, cluster is not None, weights is not None)


def _shares(frame: pl.DataFrame, weights: str, keep: np.ndarray) -> np.ndarray:
    """Weights scaled to sum to the persons kept; persons without one, or of weight zero, are no longer kept."""
    share = _matrix(frame, [weights])[:, 0]
    negative = int((share < 0).sum())
    if negative:
        raise ModelError("a weight is negative", where=weights, count=negative, todo="Mend the weights.")
    keep &= share > 0
    total = share[keep].sum()
    return share / total * keep.sum() if total > 0 else share


def _split(
    frame: pl.DataFrame,
    y: np.ndarray,
    keep: np.ndarray,
    share: np.ndarray | None,
    group: str | None,
    cluster: str | None,
) -> tuple[GroupData, ...]:
    if not keep.any():
        raise ModelError("nobody answered enough to be analysed", count=len(y), todo="Check the variables named.")
    codes = None
    if cluster:
        names = frame[cluster].cast(pl.String)
        seen = {name: k for k, name in enumerate(names.unique(maintain_order=True))}
        if names.filter(pl.Series(keep)).n_unique() < 2:
            raise ModelError("robust standard errors need two clusters at least", where=cluster, count=1)
        codes = np.array([seen[name] for name in names], dtype=np.int64)
    labels = frame[group].cast(pl.String) if group else None
    held: list[str | None] = [None]
    if labels is not None:
        present = set(labels.filter(pl.Series(keep)))
        held = [name for name in labels.unique(maintain_order=True) if name in present]
    if len(held) > MANY_GROUPS:
        raise ModelError("the grouping column has too many different values", where=group or "", count=len(held))
    groups = []
    for name in held:
        rows = keep if labels is None else keep & (labels == name).fill_null(False).to_numpy()
        pick = None if share is None else share[rows]
        groups.append(group_data(y[rows], name, pick, None if codes is None else codes[rows]))
    return tuple(groups)


def several(names: str | Sequence[str]) -> tuple[str, ...]:
    """One name, or several, as several."""
    return (names,) if isinstance(names, str) else tuple(names)


def as_frame(frame: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """A polars frame, collected if it is lazy. Raises ModelError for anything else."""
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if not isinstance(frame, pl.DataFrame):
        raise ModelError(
            f"the answers come as {type(frame).__name__}, not as a polars frame",
            todo="Convert it: pl.DataFrame().",
        )
    return frame


def _without_nan(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return frame.with_columns(pl.col(name).fill_nan(None) for name in names if frame.schema[name].is_float())


def _check_columns(frame: pl.DataFrame, names: Sequence[str]) -> None:
    odd = [name for name in names if not isinstance(name, str)]
    if odd:
        raise ModelError(
            f"variables are named in words, not as {type(odd[0]).__name__}", count=len(odd),
            todo="Leave a wave or item that was not asked out.",
        )  # fmt: skip
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise ModelError(
            f"the frame has no column {', '.join(absent)}", todo="Check the names of constructs and waves."
        )


def _matrix(frame: pl.DataFrame, names: Sequence[str]) -> np.ndarray:
    columns = numeric(frame, list(dict.fromkeys(names)))
    return np.column_stack([columns[name].to_numpy() for name in names]).astype(float, order="C")


def numeric(frame: pl.DataFrame | pl.LazyFrame, names: Sequence[str]) -> pl.DataFrame:
    """The columns as numbers, NaN turned into null. Raises ModelError if one is absent, not numeric or infinite."""
    frame = as_frame(frame)
    _check_columns(frame, names)
    for name in names:
        kind = frame.schema[name]
        if not (kind.is_numeric() or kind in (pl.Boolean, pl.Null)):
            raise ModelError("the variable is not numeric", where=name, todo="Score it before it is modelled.")
    columns = frame.select(pl.col(name).cast(pl.Float64).fill_nan(None) for name in names)
    for name in columns.columns:
        infinite = int(columns[name].is_infinite().sum())
        if infinite:
            raise ModelError("an answer is infinite", where=name, count=infinite, todo="Mend the values, or leave out.")
    return columns


def _check_variation(groups: Sequence[GroupData], variables: Sequence[str]) -> None:
    for group in groups:
        place = f" in group {group.label}" if group.label else ""
        for k, name in enumerate(variables):
            values = group.y[:, k][~np.isnan(group.y[:, k])]
            if not len(values):
                raise ModelError(f"nobody answered{place}", where=name, todo="Leave the variable or the group out.")
            if np.ptp(values) <= 1e-11 * np.abs(values).max():
                raise ModelError(
                    f"no variance{place}: everybody gave the same answer", where=name, count=len(values),
                    todo="Leave the variable or the group out.",
                )  # fmt: skip
