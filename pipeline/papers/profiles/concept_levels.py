"""Scores that several studies or arms measure, each by its own questions: the mean of each at about the same time."""

from __future__ import annotations

from statistics import NormalDist

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.specs.disclosure import SMALLEST
from pipeline.wave_order import wave_order

HEAD = ("person_id", "study", "arm", "wave", "fieldwork_start", "area", "weight")
SCHEMA = {
    **dict.fromkeys(("concept", "study", "arm", "wave"), pl.String),
    "fieldwork_start": pl.Date,
    **dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high"), pl.Float64),
    "n_persons": pl.Int64,
}


@public()
def concept_levels(indicators: pl.DataFrame, *, confidence: float = 0.95, smallest: int = SMALLEST) -> pl.DataFrame:
    r"""One row per concept, study and arm that measure it, at about the same time.

    ``indicators``: rows of the tables ``indicators`` of all studies, one below the other; every column beyond the
    head is a concept, from 0 to 100. Only concepts of two studies or arms are kept. A wave number is not a date: each
    study and arm is taken at the wave that began nearest to the last one of the study or arm that measured the concept
    longest ago; without the day on which waves began, at its last. The mean is
    :math:`m = \sum w x / \sum w`, its standard error
    :math:`\sqrt{n / (n - 1) \sum w^2 (x - m)^2} / \sum w` (linearised; people drawn one by one). Raises ``PaperError``
    without the columns of the head.
    """
    missing = [name for name in HEAD if name not in indicators.columns and name not in ("fieldwork_start", "area")]
    if missing:
        raise PaperError(f"there is no column `{missing[0]}`", where="indicators", todo=f"It has {', '.join(HEAD)}.")
    concepts = [name for name in indicators.columns if name not in HEAD]
    found = [_levels(indicators, concept, confidence, smallest) for concept in concepts]
    rows = pl.concat([pl.DataFrame(schema=SCHEMA), *map(_of_one_time, found)])
    return rows.filter(pl.len().over("concept") > 1)


def _levels(indicators: pl.DataFrame, concept: str, confidence: float, smallest: int) -> pl.DataFrame:
    reach = NormalDist().inv_cdf(0.5 + confidence / 2)
    start = (
        pl.col("fieldwork_start").cast(pl.Date) if "fieldwork_start" in indicators.columns else pl.lit(None, pl.Date)
    )
    known = indicators.select(
        "study", "arm", "wave", "weight", fieldwork_start=start, x=pl.col(concept).cast(pl.Float64)
    ).filter(pl.col("x").is_not_null() & (pl.col("weight") > 0))
    mean = (pl.col("weight") * pl.col("x")).sum() / pl.col("weight").sum()
    each = ["study", "arm", "wave"]
    centred = known.with_columns(m=mean.over(each))
    n = pl.len()
    spread = n / (n - 1) * (pl.col("weight") * (pl.col("x") - pl.col("m"))).pow(2).sum()
    levels = (
        centred.group_by(each, maintain_order=True)
        .agg(
            pl.col("m").first().alias("estimate"),
            (spread.sqrt() / pl.col("weight").sum()).alias("std_error"),
            n.cast(pl.Int64).alias("n_persons"),
            pl.col("fieldwork_start").min(),
        )
        .filter(pl.col("n_persons") >= smallest)
    )
    rows = levels.with_columns(
        concept=pl.lit(concept),
        conf_low=pl.col("estimate") - reach * pl.col("std_error"),
        conf_high=pl.col("estimate") + reach * pl.col("std_error"),
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()).sort("study", "arm")


def _of_one_time(levels: pl.DataFrame) -> pl.DataFrame:
    """Of one concept the wave of each study and arm that began nearest to the time that all of them reach."""
    arms = levels.partition_by("study", "arm", maintain_order=True)
    if levels["fieldwork_start"].null_count() or not arms:
        last = [part.filter(pl.col("wave") == wave_order(part["wave"].to_list())[-1]) for part in arms]
        return pl.concat([levels.clear(), *last])
    reached = levels.group_by("study", "arm").agg(pl.col("fieldwork_start").max())["fieldwork_start"].min()
    away = (pl.col("fieldwork_start") - pl.lit(reached)).dt.total_days().abs()
    nearest = [part.sort(away, -pl.col("fieldwork_start").dt.epoch("d")).head(1) for part in arms]
    return pl.concat(nearest)
