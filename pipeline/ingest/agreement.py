"""Whether lasting facts agree between two rows that may be one person, and how often they would by chance."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def compare_facts(left: pl.DataFrame, right: pl.DataFrame, facts: Sequence[str]) -> pl.DataFrame:
    """One row per pair of rows: ``facts_agree`` and ``facts_contradict``; a fact that either lacks counts as neither.

    A frame may lack a fact altogether.
    """
    none = pl.repeat(0, left.height, dtype=pl.Int64, eager=True)
    agree, contradict = none, none
    for fact in facts:
        if fact in left.columns and fact in right.columns:
            same = left[fact] == right[fact]
            agree = agree + same.fill_null(False).cast(pl.Int64)
            contradict = contradict + (~same).fill_null(False).cast(pl.Int64)
    return pl.DataFrame({"facts_agree": agree, "facts_contradict": contradict})


def disagreement_by_chance(left: pl.DataFrame, right: pl.DataFrame, facts: Sequence[str]) -> float | None:
    """The share of all pairs of a row of ``left`` with one of ``right`` that contradict in some fact, of those that can
    be compared at all; None if none can. It is what linking at random would give, exact, without drawing any pair."""
    names = [fact for fact in facts if fact in left.columns and fact in right.columns]
    compared = agreeing = 0
    for known, rows in _by_known(left, names):
        for known_too, others in _by_known(right, names):
            common = [name for name in names if name in known and name in known_too]
            if common:
                compared += rows.height * others.height
                alike = rows.group_by(common).len().join(others.group_by(common).len("other"), on=common)
                pairs = alike["len"].cast(pl.Int64) * alike["other"].cast(pl.Int64)
                agreeing += int(pairs.sum())
    return 1 - agreeing / compared if compared else None


def _by_known(frame: pl.DataFrame, names: Sequence[str]) -> list[tuple[tuple[str, ...], pl.DataFrame]]:
    """The rows by which facts they have."""
    if not names:
        return []
    flags = frame.select(pl.col(name).is_not_null() for name in names)
    parts = frame.select(names).with_columns(flags.select(pl.concat_list(names).alias("known")).to_series())
    return [
        (tuple(name for name, is_known in zip(names, known, strict=True) if is_known), rows.drop("known"))
        for (known,), rows in parts.group_by("known", maintain_order=True)
    ]
