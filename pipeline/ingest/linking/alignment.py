"""The distance between two ids: how many slips of a key turn one into the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

_BATCH = 1_000_000


@dataclass(frozen=True)
class Signs:
    """Texts as numbers: one row per text, one column per sign (zero beyond a text's end), and the length of each."""

    matrix: npt.NDArray[np.uint32]
    lengths: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: pl.Series) -> Signs:
        lengths = texts.str.len_chars().to_numpy().astype(np.int64)
        width = int(lengths.max(initial=0))
        padded = "".join(texts.str.pad_end(width, "\0").str.join(""))
        return cls(np.frombuffer(padded.encode("utf-32-le"), np.uint32).reshape(len(texts), width), lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    def at(self, places: npt.NDArray[np.int64] | slice) -> Signs:
        """The texts in these places."""
        return Signs(self.matrix[places], self.lengths[places])


def slips_between(ids: Signs, others: Signs) -> npt.NDArray[np.int8]:
    """The distance of each id from the other in the same place, by optimal string alignment."""
    parts = [slice(start, start + _BATCH) for start in range(0, len(ids), _BATCH)]
    return np.concatenate([np.empty(0, np.int8), *(_alignment(ids.at(part), others.at(part)) for part in parts)])


def _alignment(ids: Signs, others: Signs) -> npt.NDArray[np.int8]:
    """The recursion over both strings, for all pairs at once; what lies beyond an id's end is never looked at."""
    rows, columns = (int(signs.lengths.max(initial=0)) for signs in (ids, others))
    left, right = np.ascontiguousarray(ids.matrix[:, :rows].T), np.ascontiguousarray(others.matrix[:, :columns].T)
    table = np.empty((rows + 1, columns + 1, len(ids)), np.int8)
    table[:, 0] = np.arange(rows + 1, dtype=np.int8)[:, None]
    table[0] = np.arange(columns + 1, dtype=np.int8)[:, None]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            cell = np.minimum(table[i - 1, j], table[i, j - 1], out=table[i, j])
            cell += 1
            np.minimum(cell, table[i - 1, j - 1] + (left[i - 1] != right[j - 1]), out=cell)
            if i > 1 and j > 1:
                swapped = (left[i - 1] == right[j - 2]) & (left[i - 2] == right[j - 1])
                np.minimum(cell, table[i - 2, j - 2] + 1, out=cell, where=swapped)
    distances: npt.NDArray[np.int8] = table[ids.lengths, others.lengths, np.arange(len(ids))]
    return distances
