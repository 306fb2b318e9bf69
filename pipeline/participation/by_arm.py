"""Change in a panel of several arms, each on its own calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.door import public
from pipeline.participation.transitions import places, transitions
from pipeline.participation.variation import xtsum


@public(once=True)
def transitions_by_arm(
    panel: pl.DataFrame, measure: str, calendar: Mapping[str, Sequence[str]], *, weight: str | None = None
) -> pl.DataFrame:
    """One row per arm and pair of categories of ``measure``: see ``transitions`` and ``places``.

    Clustered by the sampling unit (within its stratum) where everybody has one, else by the person; ``clustered_by``
    names the choice. Arms with a single wave, or without an answer to the measure before their last wave, are left out.
    """
    cluster = "psu" if "psu" in panel.columns and not panel["psu"].null_count() else "person_id"
    if cluster == "psu" and "stratum" in panel.columns:
        within = pl.concat_str("stratum", "psu", separator=" ", ignore_nulls=True)
        panel = panel.with_columns(psu=within)
    panel, parts = panel.with_columns(pl.col("arm", "wave").cast(pl.String)), []
    for arm, named in calendar.items():
        waves = [str(wave) for wave in named]
        own = panel.filter(pl.col("arm") == arm, pl.col("wave").is_in(waves))
        asked = [wave for wave in waves if own.filter(pl.col("wave") == wave)[measure].count()]
        if len(asked) < 2:
            continue
        state = own.with_columns(places(own, measure, asked[0]).alias(measure))
        moved = transitions(state, measure, asked, weight=weight, cluster=cluster)
        parts.append(moved.select(pl.lit(measure).alias("measure"), pl.lit(arm).alias("arm"), pl.all()))
    if not parts:
        return _empty()
    return pl.concat(parts).with_columns(clustered_by=pl.lit(cluster))


@public(once=True)
def variation_by_arm(panel: pl.DataFrame, measures: Sequence[str]) -> pl.DataFrame:
    """One row per measure, arm and component: ``xtsum`` of each arm; measures without an answer are left out."""
    parts = []
    for (arm,), own in panel.group_by("arm", maintain_order=True):
        answered = [name for name in measures if own[name].count()]
        parts.append(xtsum(own, answered).select("variable", pl.lit(arm).alias("arm"), pl.exclude("variable")))
    return pl.concat(parts)


def _empty() -> pl.DataFrame:
    """No arm has two waves: the table of transitions, without a row."""
    texts, numbers = ("measure", "arm", "origin", "destination"), ("share", "std_error", "conf_low", "conf_high")
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(texts, pl.String)
    schema |= {"count": pl.Int64, "weighted_count": pl.Float64, "origin_count": pl.Int64}
    schema |= dict.fromkeys(numbers, pl.Float64)
    return pl.DataFrame(schema=schema | {"clusters": pl.Int64, "clustered_by": pl.String})
