"""How many people gave each answer, unweighted, without counts that rest on few people or give such a count away."""

from __future__ import annotations

import polars as pl

IN_RANGE = "in range"
"""The code under which the ledger counts numbers."""


def codebook_counts(crosswalk: pl.DataFrame, ledger: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """One row per wave, item and code: its label, what it becomes, and how many people gave it.

    ``count`` is null where it is confidential. ``crosswalk`` and ``ledger`` are those of the study's answers; the arms
    of a wave are counted together.
    """
    keys = ["wave", "item", "code"]
    listed = crosswalk.group_by(keys, maintain_order=True).agg(pl.col("label", "value", "reason").drop_nulls().first())
    counted = ledger.group_by(keys, maintain_order=True).agg(
        pl.col("count").sum(), pl.col("reason").drop_nulls().first().alias("why")
    )
    found = listed.join(counted, on=keys, how="full", coalesce=True, maintain_order="left_right").with_columns(
        pl.col("count").fill_null(0), reason=pl.coalesce("reason", "why")
    )
    asked = found.filter(pl.col("reason").is_null() | (pl.col("reason") != "not_asked")).drop("why")
    shown = [_protected(part, smallest) for part in asked.partition_by("wave", "item", maintain_order=True)]
    return pl.concat(shown) if shown else asked


def _protected(part: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """One question of one wave; how many were asked it is known from elsewhere, so that its counts add up."""
    gone = hidden(part["count"].to_list(), smallest)
    kept = [None if place in gone else count for place, count in enumerate(part["count"])]
    return part.with_columns(count=pl.Series(kept, dtype=pl.Int64))


def hidden(counts: list[int], smallest: int) -> set[int]:
    """The places of the counts not shown: those below ``smallest``, zero included, and as few others as needed.

    The sum of all is known, and with it the sum of those not shown. They are safe if that is zero (nobody is in any),
    or if they are several and it is at least ``smallest``: then none of them can be said to be of fewer people.
    """
    gone = {place for place, count in enumerate(counts) if count < smallest}
    rest = sorted(
        (place for place in range(len(counts)) if place not in gone), key=lambda place: (counts[place], place)
    )
    while rest and not _safe([counts[place] for place in gone], smallest):
        gone.add(rest.pop(0))
    return gone


def _safe(shut: list[int], smallest: int) -> bool:
    return sum(shut) == 0 or (len(shut) > 1 and sum(shut) >= smallest)
