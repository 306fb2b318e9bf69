"""A panel with the weights of a declared set: the rows that have one, their replicates, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.design.sample import Replicated
from pipeline.on_disk import OnDisk, on_disk
from pipeline.specs.components import COMPONENTS

WEIGHT = "panel_weight"
REFITTED = tuple(key for key, component in COMPONENTS.items() if component.refitted)
"""Components whose rows are estimated anew in each replicate."""


@dataclass(frozen=True)
class Weighting:
    """The weight set ``name`` for ``waves``: ``weights`` has a row per person, ``person_id`` and ``panel_weight``.

    ``panel_weight`` is null for those without one. ``replicates`` has the rows of those with a weight, in their order.
    """

    name: str
    waves: tuple[str, ...]
    weights: pl.DataFrame
    replicates: Replicated | None = None


@dataclass(frozen=True)
class Weighted:
    """The panel's rows with a weight, in the column ``panel_weight``; their replicates; how many rows have none.

    The rows are a frame, or a table on disk.
    """

    frame: Any
    replicates: Replicated | None
    left_out: int

    def note(self, name: str) -> str | None:
        return f"{self.left_out:,} rows of people without the weight “{name}” left out" if self.left_out else None


def weighted(panel: Any, weighting: Weighting) -> Weighted:
    """The rows of the set's waves whose persons have a weight; of a panel on disk they stay there.

    Raises ModelError if nobody has.
    """
    require(panel, ["person_id", "wave"])
    if isinstance(panel, OnDisk):
        return _on_disk(panel, weighting)
    panel = panel.filter(pl.col("wave").is_in(list(weighting.waves)))
    given = weighting.weights.select("person_id", WEIGHT).drop_nulls(WEIGHT).with_row_index("_place")
    frame = panel.drop(WEIGHT, strict=False).join(given, on="person_id", how="inner", maintain_order="left")
    if not frame.height:
        raise ModelError("nobody has the weight in these waves", where=f"weights {weighting.name}")
    replicates = None
    if weighting.replicates is not None:
        replicates = weighting.replicates.take(frame["_place"].cast(pl.Int64).to_numpy())
    return Weighted(frame.drop("_place"), replicates, panel.height - frame.height)


def _on_disk(panel: OnDisk, weighting: Weighting) -> Weighted:
    rows = panel.scan().filter(pl.col("wave").is_in(list(weighting.waves)))
    given = weighting.weights.lazy().select("person_id", WEIGHT).drop_nulls(WEIGHT)
    frame = on_disk(rows.drop(WEIGHT, strict=False).join(given, on="person_id", how="inner", maintain_order="left"))
    if not frame.height:
        raise ModelError("nobody has the weight in these waves", where=f"weights {weighting.name}")
    return Weighted(frame, None, rows.select(pl.len()).collect().item() - frame.height)
