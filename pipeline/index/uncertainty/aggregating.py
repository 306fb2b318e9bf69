"""Means and outranking over the last axis of arrays whose other axes are replicates and areas."""

from __future__ import annotations

import numpy as np

from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import BoolArray, FloatArray, IntArray


def combine(values: FloatArray, weights: FloatArray, kind: str, coverage: float = 0.0) -> FloatArray:
    """The weighted mean over the last axis of what is there; NaN where less than ``coverage`` of the members is.

    ``weights`` broadcasts to ``values``. arithmetic: Σ w x / Σ w; geometric: exp(Σ w ln x / Σ w); harmonic:
    Σ w / Σ (w / x). Raises CohesionError for a geometric or harmonic mean of values that are not positive.
    """
    there = np.isfinite(values)
    if kind == "arithmetic" and weights.ndim == 1:
        return _averaged(values, there, weights, coverage)
    if kind != "arithmetic":
        refuse_not_positive(values, kind)
    held = np.where(there, weights, 0.0)
    total = held.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        if kind == "geometric":
            found = np.exp((held * np.log(np.where(there, values, 1.0))).sum(axis=-1) / total)
        elif kind == "harmonic":
            found = total / (held / np.where(there, values, 1.0)).sum(axis=-1)
        else:
            found = (held * np.where(there, values, 0.0)).sum(axis=-1) / total
    short = there.mean(axis=-1) < coverage - 1e-12
    return np.where(short | (total <= 0), np.nan, found)


def _averaged(values: FloatArray, there: BoolArray, weights: FloatArray, coverage: float) -> FloatArray:
    """The arithmetic mean with the same weights everywhere, as products: people are many."""
    mask = there.astype(np.float64)
    total = mask @ weights
    short = (mask.sum(axis=-1) < coverage * values.shape[-1] - 1e-9) | (total <= 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(short, np.nan, (np.where(there, values, 0.0) @ weights) / total))


def combined_means(
    values: FloatArray,
    held: FloatArray,
    kept: BoolArray,
    kind: str,
    coverage: float,
    weights: FloatArray,
    code: IntArray,
    groups: int,
) -> FloatArray:
    """Groups × sets of weights: the weighted group means of ``combine`` of the rows with each column of ``held``.

    ``held`` (members × sets) is zero where a member is not ``kept``; ``code`` is the rows' group, in order. Rows
    that have all members need no mask, and where the mean is arithmetic only their sums.
    """
    there = np.isfinite(values)
    whole = there.all(axis=1)
    refuse = kind != "arithmetic"
    if refuse:
        refuse_not_positive(values, kind)
    full, share = values[whole], held / held.sum(axis=0)
    if refuse:
        made = _means_of(full, share, kind) * weights[whole, None]
        sums = group_sums(made, code[whole], groups)
    else:
        sums = group_sums(full * weights[whole, None], code[whole], groups) @ share
    number = np.bincount(code[whole], weights=weights[whole], minlength=groups)[:, None]
    part, mask = np.where(there[~whole], values[~whole], 1.0), there[~whole].astype(np.float64)
    total = mask @ held
    enough = (mask @ kept >= (coverage - 1e-12) * kept.sum(axis=0)) & (total > 0)
    inverse = np.where(enough, 1 / np.where(total > 0, total, 1.0), 0.0)
    if kind == "arithmetic":
        scores = ((part * mask) @ held) * inverse
    else:
        turned = np.log(part) if kind == "geometric" else 1 / part
        raw = ((turned * mask) @ held) * inverse
        scores = np.exp(raw) if kind == "geometric" else 1 / np.where(enough, raw, 1.0)
    rest = weights[~whole, None]
    sums = sums + group_sums(np.where(enough, scores, 0.0) * rest, code[~whole], groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / (number + group_sums(enough * rest, code[~whole], groups)))


def _means_of(full: FloatArray, share: FloatArray, kind: str) -> FloatArray:
    """Rows × sets: geometric or harmonic means of rows that have everything."""
    if kind == "geometric":
        return np.asarray(np.exp(np.log(full) @ share))
    return np.asarray(1 / ((1 / full) @ share))


def group_sums(rows: FloatArray, code: IntArray, groups: int) -> FloatArray:
    """The sums of the rows of each group; ``code`` is in order."""
    starts = np.searchsorted(code, np.arange(groups + 1))
    found = np.zeros((groups, rows.shape[1]))
    for group in np.flatnonzero(np.diff(starts)):
        found[group] = rows[starts[group] : starts[group + 1]].sum(axis=0)
    return found


def refuse_not_positive(values: FloatArray, kind: str) -> None:
    """Raises CohesionError where a geometric or harmonic mean has no meaning."""
    bad = int((values <= 0).sum())
    if bad:
        raise CohesionError(
            f"a {kind} mean of values that are zero or negative",
            where="aggregation",
            count=bad,
            todo="Take the arithmetic mean, or rescale so that the lowest value is above zero.",
        )


def copeland(values: FloatArray, weights: FloatArray) -> FloatArray:
    """How many areas each area outranks, less those that outrank it: values … × areas × domains → … × areas.

    An area outranks another where the weights of the domains in which it is higher (half of those in which they are
    equal) are above half of the weights of all domains that both have (OECD & JRC 2008, p. 109; COINr ``a_copeland``).
    """
    areas = values.shape[-2]
    flat = values.reshape(-1, areas, values.shape[-1])
    held = np.broadcast_to(weights, (*values.shape[:-2], 1, values.shape[-1])).reshape(-1, values.shape[-1])
    found = np.empty(flat.shape[:2])
    step = max(1, 20_000_000 // (areas * areas))
    for first in range(0, len(flat), step):
        part, weight = flat[first : first + step], held[first : first + step]
        won = np.zeros((len(part), areas, areas))
        both = np.zeros_like(won)
        for at in range(values.shape[-1]):
            one, other = part[:, :, None, at], part[:, None, :, at]
            share = weight[:, at, None, None]
            won += share * ((one > other) + 0.5 * (one == other))
            both += share * (np.isfinite(one) & np.isfinite(other))
        margin = won - both / 2
        margin[np.abs(margin) < 1e-12 * np.maximum(both, 1e-300)] = 0.0
        sign = np.sign(margin)
        sign[:, np.arange(areas), np.arange(areas)] = 0.0
        found[first : first + step] = sign.sum(axis=2)
    found[~np.isfinite(flat).any(axis=2)] = np.nan
    return found.reshape(values.shape[:-1])
