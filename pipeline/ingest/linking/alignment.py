"""The distance between two ids: how many slips of a key turn one into the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

_BATCH = 1_000_000


def slips_between(ids: pl.Series, others: pl.Series) -> pl.Series:
    """The distance of each id from the other in the same place, by optimal string alignment."""
    distances = [
        _alignment(ids.slice(start, _BATCH), others.slice(start, _BATCH)) for start in range(0, len(ids), _BATCH)
    ]
    return pl.Series("distance", np.concatenate([np.empty(0, np.int8), *distances]), dtype=pl.Int8)


def _alignment(ids: pl.Series, others: pl.Series) -> npt.NDArray[np.int8]:
    """The recursion over both strings, for all pairs at once; characters beyond an id's end are never looked at."""
    left, right = (np.ascontiguousarray(characters(texts).T) for texts in (ids, others))
    left_ends, right_ends = (texts.str.len_chars().to_numpy() for texts in (ids, others))
    pairs = np.arange(len(ids))
    table = np.empty((left.shape[0] + 1, right.shape[0] + 1, len(ids)), np.int8)
    table[:, 0] = np.arange(left.shape[0] + 1, dtype=np.int8)[:, None]
    table[0] = np.arange(right.shape[0] + 1, dtype=np.int8)[:, None]
    for i in range(1, left.shape[0] + 1):
        for j in range(1, right.shape[0] + 1):
            cell = np.minimum(table[i - 1, j], table[i, j - 1], out=table[i, j])
            cell += 1
            np.minimum(cell, table[i - 1, j - 1] + (left[i - 1] != right[j - 1]), out=cell)
            if i > 1 and j > 1:
                swapped = (left[i - 1] == right[j - 2]) & (left[i - 2] == right[j - 1])
                np.minimum(cell, table[i - 2, j - 2] + 1, out=cell, where=swapped)
    distances: npt.NDArray[np.int8] = table[left_ends, right_ends, pairs]
    return distances


def characters(texts: pl.Series) -> npt.NDArray[np.uint32]:
    """One row per text, one column per character, zero beyond a text's end."""
    width = int(texts.str.len_chars().max() or 0)  # type: ignore[arg-type]
    padded = "".join(texts.str.pad_end(width, "\0").str.join(""))
    return np.frombuffer(padded.encode("utf-32-le"), np.uint32).reshape(len(texts), width)
