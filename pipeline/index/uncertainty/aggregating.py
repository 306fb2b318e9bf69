"""Means and outranking over the last axis of arrays whose other axes are replicates and areas."""

from __future__ import annotations

import numpy as np

from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import FloatArray


def combine(values: FloatArray, weights: FloatArray, kind: str, coverage: float = 0.0) -> FloatArray:
    """The weighted mean over the last axis of what is there; NaN where less than ``coverage`` of the members is.

    ``weights`` broadcasts to ``values``. arithmetic: Σ w x / Σ w; geometric: exp(Σ w ln x / Σ w); harmonic:
    Σ w / Σ (w / x). Raises CohesionError for a geometric or harmonic mean of values that are not positive.
    """
    there = np.isfinite(values)
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


def combine_many(values: FloatArray, weights: FloatArray, kind: str, coverage: float) -> FloatArray:
    """Rows × sets of weights: ``combine`` of the rows with each column of ``weights`` (members × sets)."""
    there = np.isfinite(values)
    if kind != "arithmetic":
        refuse_not_positive(values, kind)
    filled = np.where(there, values, 1.0)
    made = {"geometric": np.log, "harmonic": np.reciprocal}.get(kind, np.asarray)(filled) * there
    total = there @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (made @ weights) / total
        if kind != "arithmetic":
            found = np.exp(found) if kind == "geometric" else 1 / found
    found[(there.mean(axis=1) < coverage - 1e-12) | ~there.any(axis=1)] = np.nan
    return np.asarray(found)


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
