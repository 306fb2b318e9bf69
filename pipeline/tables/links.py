"""How the people of a wave are linked with those of earlier waves."""

from __future__ import annotations

import polars as pl

from pipeline.tables.contracts import dy

LINK_KINDS = (
    "exact",  # in the wave before, with the same id
    "normalised",  # in the wave before, by the declared rule for ids
    "returned",  # in an earlier wave, and not in the wave before
    "written_otherwise",  # the same id apart from case, spaces, punctuation, prefix or leading zeros
    "likely",  # an id one or two edits from that of somebody absent, with the same time-constant facts
    "unproven",  # such an id, without a time-constant fact to compare
    "contradicted",  # such an id, but different time-constant facts: new, and on no list
    "ambiguous",  # several earlier ids are equally near
    "refreshment",  # new, and on the list of the refreshment sample
    "issued",  # new, and on the list of ids issued
    "new",  # new, and on no list
    "facts_contradict",  # linked people whose time-constant facts contradict each other
)
"""How the people of a wave are linked. Each person is in exactly one kind, the last excepted."""


class Links(dy.Schema):
    """One row per arm, pair of waves and kind of link: how many people. See ``LINK_KINDS``."""

    study = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    earlier = dy.String(primary_key=True)  # where the id was last seen; of new people, the wave before
    later = dy.String(primary_key=True)
    kind = dy.Enum(LINK_KINDS, primary_key=True)
    count = dy.Int64(min=0)
    of = dy.Int64(min=0)  # people compared: those of the later wave, or linked people with a time-constant fact
    quarantined = dy.Int64(min=0)  # of the count, those whose rows are quarantined
    by_chance = dy.Float64(nullable=True, min=0)  # the number expected by chance alone
    near = dy.Int64(min=0)  # of the count, ids near somebody's, but no more of them than chance gives
    once = dy.Int64(min=0)  # of the count, new on no list, and in no other wave

    @dy.rule()
    def count_within_those_looked_at(cls) -> pl.Expr:
        return (pl.col("count") <= pl.col("of")) & (pl.max_horizontal("quarantined", "near", "once") <= pl.col("count"))


class Linked(dy.Schema):
    """One row per arm and wave after the first: how its people are linked with the waves before."""

    study = dy.String()
    arm = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    people = dy.Int64(min=0)
    known = dy.Int64(min=0)  # in the wave before
    returned = dy.Int64(min=0)  # in an earlier wave, not in the wave before
    doubtful = dy.Int64(min=0)  # an id nearly that of somebody earlier; not linked
    expected = dy.Int64(min=0)  # new, and on a list
    new = dy.Int64(min=0)  # new, and on no list
    compared = dy.Int64(min=0)  # in the wave before, with a time-constant fact that both waves told anew
    contradict = dy.Int64(min=0)  # of those compared, with a different time-constant fact
    by_chance = dy.Float64(nullable=True, min=0)  # the number expected of people linked at random

    @dy.rule()
    def everybody_once(cls) -> pl.Expr:
        return pl.col("people") == pl.sum_horizontal("known", "returned", "doubtful", "expected", "new")
