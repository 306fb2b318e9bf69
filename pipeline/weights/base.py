"""Whose base weight a set starts from, and who has none: outside the population of the weight, or without an answer."""

from __future__ import annotations

import polars as pl

from pipeline.on_disk import OnDisk

ZERO = "weight zero"
"""How the reason begins of people whose base weight is zero."""


def weight_of_wave(people: pl.DataFrame, panel: pl.DataFrame | OnDisk, wave: str, weight: str) -> pl.DataFrame:
    """``people`` with the weight that each has in ``wave``; who did not answer it is not asked, with the reason.

    A longitudinal weight of the last wave speaks for everybody who answered up to it, and is used for their earlier
    answers, too. Who missed a wave of the set keeps that as the reason.
    """
    rows = panel.scan() if isinstance(panel, OnDisk) else panel.lazy()
    found = rows.filter(pl.col("wave").cast(pl.String) == wave).select("person_id", pl.col(weight), _met=True).collect()
    joined = people.drop(weight, strict=False).join(found, on="person_id", how="left", maintain_order="left")
    without = pl.col("is_asked") & pl.col("_met").is_null()
    return _left_out(joined, without, f"no answer in {wave}, whose weight is the base").drop("_met")


def of_the_population(people: pl.DataFrame, weight: str | None, wave: str | None = None) -> pl.DataFrame:
    """``people``, of whom those with a base weight of zero are not asked: they are not of the weight's population.

    ``wave``: whose weight it is, where that is not the wave of ``origin``.
    """
    if weight is None or weight not in people.columns or not (people[weight] == 0).any():
        return people
    when = pl.lit(wave, pl.String) if wave or "origin" not in people.columns else pl.col("origin")
    reason = pl.concat_str(pl.lit(f"{ZERO}: not of the population of the weight of "), when.fill_null("its wave"))
    return _left_out(people, pl.col("is_asked").cast(pl.Boolean) & (pl.col(weight) == 0).fill_null(False), reason)


def _left_out(people: pl.DataFrame, who: pl.Expr, reason: str | pl.Expr) -> pl.DataFrame:
    """Nobody of ``who`` is asked; a wave that they missed stays the reason."""
    said = pl.lit(reason) if isinstance(reason, str) else reason
    responded = pl.lit(False).cast(people.schema["responded"])
    changed = {
        "is_asked": pl.col("is_asked").cast(pl.Boolean) & ~who,
        "responded": pl.when(who).then(responded).otherwise("responded"),
    }
    if "reason" in people.columns:
        answered = pl.col("reason") == "responded"
        changed["reason"] = pl.when(who & answered).then(said).otherwise("reason")
    return people.with_columns(**changed)


def weight_zero(weights: pl.DataFrame) -> int:
    """How many answered what the set asks and have no weight, since their base weight is zero."""
    return weights.filter(pl.col("reason").str.starts_with(ZERO)).height


def counted(weighted: int, zero: int, rows: int) -> dict[str, float | int]:
    """Rows with a weight and without; of the latter those whose weight is zero, where there are any."""
    found: dict[str, float | int] = {"weighted": weighted, "without_weight": rows - weighted}
    return found | ({"weight_zero": zero} if zero else {})
