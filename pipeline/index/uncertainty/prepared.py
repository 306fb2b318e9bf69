"""From a frame of people to arrays in a fixed order, with what cannot be used refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import FloatArray, IntArray
from pipeline.index.uncertainty.canonical import PLACE, ranks_of_groups, ranks_of_rows
from pipeline.index.uncertainty.recipe import Recipe


@dataclass(frozen=True)
class Rows:
    """People's answers, sorted by wave, area and contents; ``groups`` has a row per wave and area.

    ``people`` has each person's ``_place`` by the contents of its rows, equal for people who say the same throughout.
    """

    frame: pl.DataFrame
    people: pl.DataFrame
    groups: pl.DataFrame
    names: list[str]
    values: FloatArray
    weights: FloatArray
    group: IntArray
    wave_of_group: IntArray
    person: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def with_people(self, persons: pl.Series, person: str) -> Rows:
        """The same, each row with the place of its person among ``persons``."""
        places = pl.DataFrame({person: persons}).with_row_index("_at")
        found = self.frame.select(person).join(places, on=person, how="left", maintain_order="left")
        return replace(self, person=found["_at"].cast(pl.Int64).to_numpy())

    def numbers(self, recipe: Recipe) -> tuple[IntArray, FloatArray]:
        """People in each group with each domain, the index, each indicator; their effective number (Σ w)² / Σ w²."""
        there = np.isfinite(self.values)
        domains = []
        for members in recipe.kept.values():
            share = there[:, [self.names.index(name) for name in members]].mean(axis=1)
            domains.append((share > 0) & (share >= recipe.coverage - 1e-12))
        share = np.mean(domains, axis=0)
        whole = (share > 0) & ((share >= recipe.domain_coverage - 1e-12) | (recipe.composed == "areas"))
        stacked = np.column_stack([*domains, whole, there]).astype(float)
        starts = np.searchsorted(self.group, np.arange(self.groups.height))
        count = np.add.reduceat(stacked, starts)
        sums = np.add.reduceat(stacked * self.weights[:, None], starts)
        squares = np.add.reduceat(stacked * self.weights[:, None] ** 2, starts)
        effective = np.where(squares > 0, sums**2 / np.where(squares > 0, squares, 1.0), 0.0)
        return count.astype(np.int64), effective


def prepared(
    frame: pl.DataFrame,
    indicators: Sequence[str],
    *,
    weight: str | None,
    area: str,
    wave: str,
    person: str,
    extra: Sequence[str] = (),
) -> Rows:
    """The rows that have an area and a weight above zero.

    Raises CohesionError for columns that are absent or hold text, a negative weight, and a frame without such rows.
    """
    _require(frame, [area, wave, person, *([weight] if weight else []), *extra, *indicators])
    _numbers(frame, indicators)
    held = pl.col(weight).cast(pl.Float64) if weight else pl.lit(1.0)
    named = frame.select(
        pl.col(person),
        pl.col(wave).cast(pl.String).alias("wave"),
        pl.col(area).cast(pl.String).alias("area"),
        held.alias("weight"),
        *(pl.col(name).alias(name) for name in extra if name not in (area, wave, person)),
        *(pl.col(name).cast(pl.Float64) for name in indicators),
    )
    if int(named.select((pl.col("weight") < 0).sum()).item()):
        raise CohesionError("weights below zero", where=str(weight), todo="Correct them.")
    waves = _waves(frame, wave)
    kept = named.filter(pl.col("area").is_not_null() & (pl.col("weight") > 0)).with_columns(
        pl.col("wave").replace_strict(waves, list(range(len(waves))), return_dtype=pl.Int64).alias("_wave")
    )
    if kept["wave"].null_count() or not kept.height:
        raise CohesionError("no rows with an area, a wave and a weight", where=f"{area}, {wave}", count=frame.height)
    contents = ["_wave", "area", "weight", *(n for n in extra if n in kept.columns), *indicators]
    rank = ranks_of_rows(kept, contents)
    people = ranks_of_groups(kept[person], rank).rename({"group": person})
    place = kept.select(person).join(people, on=person, how="left", maintain_order="left")[PLACE].to_numpy()
    kept = kept[np.lexsort((place, rank))]
    groups = kept.select("_wave", "wave", "area").unique(maintain_order=True).with_row_index("_group")
    codes = kept.join(groups, on=["_wave", "area"], how="left", maintain_order="left")["_group"]
    kept = kept.rename({"wave": wave, "area": area} if (wave, area) != ("wave", "area") else {})
    return Rows(
        kept.drop("_wave"),
        people,
        groups.select("area", "wave"),
        list(indicators),
        kept.select(indicators).to_numpy().astype(np.float64),
        kept["weight"].to_numpy().astype(np.float64),
        codes.cast(pl.Int64).to_numpy(),
        groups["_wave"].to_numpy(),
    )


def _waves(frame: pl.DataFrame, wave: str) -> list[str]:
    """The waves in their order."""
    column = frame[wave].drop_nulls()
    return [str(value) for value in column.unique().sort().cast(pl.String).to_list()]


def _require(frame: pl.DataFrame, names: Sequence[str]) -> None:
    lost = [name for name in dict.fromkeys(names) if name not in frame.columns]
    if lost:
        raise CohesionError(f"has no column {', '.join(lost)}", where="frame", todo="Name the columns that it has.")


def _numbers(frame: pl.DataFrame, names: Sequence[str]) -> None:
    text = [name for name in names if not (frame.schema[name].is_numeric() or frame.schema[name] == pl.Boolean)]
    if text:
        raise CohesionError("must be numbers", where=", ".join(text), todo="Score them first.")
    empty = [name for name in names if frame[name].null_count() == frame.height]
    if empty:
        raise CohesionError("has no answers", where=", ".join(empty), todo="Leave it out of the index.")
