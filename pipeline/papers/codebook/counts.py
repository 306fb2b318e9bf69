"""How many people gave each answer, unweighted, without counts that rest on few people or give such a count away."""

from __future__ import annotations

import polars as pl

from pipeline.specs.disclosure import hidden
from pipeline.specs.rounding import to_base

IN_RANGE = "in range"
"""The code under which the ledger counts numbers."""


def codebook_counts(crosswalk: pl.DataFrame, ledger: pl.DataFrame, smallest: int, base: int = 1) -> pl.DataFrame:
    """One row per wave, item and code: its label, what it becomes, and how many people gave it.

    ``count`` is null where it is confidential, and a multiple of ``base``, as the study prints counts. ``crosswalk``
    and ``ledger`` are those of the study's answers; the arms of a wave are counted together.
    """
    keys = ["wave", "item", "code"]
    listed = crosswalk.group_by(keys, maintain_order=True).agg(pl.col("label", "value", "reason").drop_nulls().first())
    counted = (
        _asked(ledger)
        .group_by(keys, maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("reason").drop_nulls().first().alias("why"))
    )
    found = listed.join(counted, on=keys, how="full", coalesce=True, maintain_order="left_right").with_columns(
        pl.col("count").fill_null(0), reason=pl.coalesce("reason", "why")
    )
    asked = _asked(found).drop("why")
    shown = [_protected(part, smallest, base) for part in asked.partition_by("wave", "item", maintain_order=True)]
    return pl.concat(shown) if shown else asked


def _asked(rows: pl.DataFrame) -> pl.DataFrame:
    """Without those who were not asked: an arm of which nobody was asked did not leave a question blank."""
    return rows.filter(pl.col("reason").is_null() | (pl.col("reason") != "not_asked"))


def _protected(part: pl.DataFrame, smallest: int, base: int) -> pl.DataFrame:
    """One question of one wave; how many were asked it is known from elsewhere, so that its counts add up."""
    gone = hidden(part["count"].to_list(), smallest)
    kept = [None if place in gone else int(to_base(count, base)) for place, count in enumerate(part["count"])]
    return part.with_columns(count=pl.Series(kept, dtype=pl.Int64))


def codebook_cells(counts: pl.DataFrame, total: pl.DataFrame, base: int = 1) -> pl.DataFrame:
    """One row per count of the codebook, as the frame that is judged (``disclosure/frame.py``), shown or not.

    ``total``: how many were asked each question of each wave (``wave``, ``item``, ``count``), which a reader knows from
    elsewhere.
    """
    cell = {"statistic": pl.lit("count"), "rounding": pl.lit(float(base)), "item": pl.col("item")}
    each = counts.select(
        "wave", value=pl.col("count").cast(pl.Float64), category="code", table=pl.format("{} in {}", "item", "wave"),
        place=pl.format("codebook, {} in {}, code {}", "item", "wave", "code"), **cell,
    )  # fmt: skip
    whole = total.select(
        "wave", value=pl.col("count").cast(pl.Float64), table=pl.format("{} in {}", "item", "wave"),
        place=pl.format("codebook, {} in {}, all who were asked", "item", "wave"), **cell,
    )  # fmt: skip
    return pl.concat([each, whole], how="diagonal")


def people_asked(crosswalk: pl.DataFrame, ledger: pl.DataFrame, smallest: int, base: int = 1) -> pl.DataFrame:
    """One row per wave and item with a code: how many were asked it, where that is no few people."""
    listed = crosswalk.select("wave", "item").unique(maintain_order=True)
    total = _asked(ledger).group_by("wave", "item", maintain_order=True).agg(pl.col("count").sum())
    known = total.join(listed, on=["wave", "item"], how="semi", maintain_order="left").filter(
        pl.col("count") >= smallest
    )
    return known.with_columns(pl.col("count").map_elements(lambda count: int(to_base(count, base)), pl.Int64))
