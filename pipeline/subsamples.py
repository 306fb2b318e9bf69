"""The rows of people who answered everything, who took part in every wave, or who did from the first."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def _asked(panel: pl.DataFrame, concepts: Sequence[str]) -> pl.DataFrame:
    """The rows of waves (of an arm) in which each of the concepts was asked."""
    every = pl.all_horizontal(pl.col(name).is_not_null().any().over("arm", "wave") for name in concepts)
    return panel.filter(every)


def complete_cases(panel: pl.DataFrame, concepts: Sequence[str]) -> pl.DataFrame:
    """The rows of people without an unanswered question in any wave they took part in."""
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in concepts)
    return _asked(panel, concepts).filter(whole.all().over("person_id"))


def balanced(panel: pl.DataFrame, concepts: Sequence[str]) -> pl.DataFrame:
    """The rows of people who took part in every wave of their arm in which the concepts were asked."""
    asked = _asked(panel, concepts)
    waves = asked.group_by("arm").agg(all_waves=pl.col("wave").n_unique())
    everywhere = pl.len().over("person_id") == pl.col("all_waves")
    return asked.join(waves, on="arm", how="left", maintain_order="left").filter(everywhere).drop("all_waves")


def from_the_start(panel: pl.DataFrame) -> pl.DataFrame:
    """The rows of people who took part in the first wave of their arm."""
    first = pl.col("wave").min().over("arm")
    return panel.filter((pl.col("wave") == first).any().over("person_id"))
