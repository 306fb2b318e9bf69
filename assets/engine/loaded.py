"""Tables that a process has read for its nodes, kept for the next ones as long as they are few and small."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from assets.engine import store
from assets.engine.node import Key
from pipeline.paths import Paths

if TYPE_CHECKING:
    import polars as pl

MOST_TABLES = 12
MOST_BYTES = 256_000_000
"""What a worker that waits may hold. Larger tables are read again, which takes a second; idle workers that kept the
waves of a large panel took as much memory as the one that compared them."""
VIEW_BYTES = 16


class Loaded:
    """The tables read last, by key and content. Frames do not change, so that every node may have the same."""

    def __init__(self, tables: int = MOST_TABLES, size: int = MOST_BYTES) -> None:
        self._most, self._size = tables, size
        self._kept: OrderedDict[tuple[Paths, Key, str], tuple[pl.DataFrame, int]] = OrderedDict()

    def load(self, paths: Paths, key: Key, sha256: str) -> pl.DataFrame:
        """As ``store.load``. A worker reads a panel once, not once for every model."""
        place = (paths, key, sha256)
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place][0]
        frame = store.load(paths, key, sha256)
        size = held_by(frame)
        if size <= self._size:
            self._kept[place] = frame, size
        while len(self._kept) > self._most or sum(own for _, own in self._kept.values()) > self._size:
            self._kept.popitem(last=False)
        return frame

    def clear(self) -> None:
        self._kept.clear()


def held_by(frame: pl.DataFrame) -> int:
    """Bytes in memory. ``estimated_size`` leaves out the 16 bytes that each cell of text has besides its letters."""
    texts = sum(str(dtype) == "String" for dtype in frame.dtypes)
    return int(frame.estimated_size()) + VIEW_BYTES * texts * frame.height


LOADED = Loaded()
"""Those of this process."""
