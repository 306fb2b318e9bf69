"""Scores that several studies or arms measure, each by its own questions: the mean of each at its last wave."""

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
    **dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high"), pl.Float64),
    "n_persons": pl.Int64,
}


@public()
def concept_levels(indicators: pl.DataFrame, *, confidence: float = 0.95, smallest: int = SMALLEST) -> pl.DataFrame:
    r"""One row per concept, study and arm that measure it, at the last wave in which they do.

    ``indicators``: rows of the tables ``indicators`` of all studies, one below the other; every column beyond the
    head is a concept, from 0 to 100. Only concepts of two studies or arms are kept. The mean is
    :math:`m = \sum w x / \sum w`, its standard error
    :math:`\sqrt{n / (n - 1) \sum w^2 (x - m)^2} / \sum w` (linearised; people drawn one by one). Raises ``PaperError``
    without the columns of the head.
    """
    missing = [name for name in HEAD if name not in indicators.columns and name not in ("fieldwork_start", "area")]
    if missing:
        raise PaperError(f"there is no column `{missing[0]}`", where="indicators", todo=f"It has {', '.join(HEAD)}.")
    concepts = [name for name in indicators.columns if name not in HEAD]
    found = [_levels(indicators, concept, confidence, smallest) for concept in concepts]
    rows = pl.concat([pl.DataFrame(schema=SCHEMA), *found])
    return rows.filter(pl.len().over("concept") > 1)


def _levels(indicators: pl.DataFrame, concept: str, confidence: float, smallest: int) -> pl.DataFrame:
    reach = NormalDist().inv_cdf(0.5 + confidence / 2)
    known = indicators.select("study", "arm", "wave", "weight", x=pl.col(concept).cast(pl.Float64)).filter(
        pl.col("x").is_not_null() & (pl.col("weight") > 0)
    )
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
        )
        .filter(pl.col("n_persons") >= smallest)
    )
    last = [part.filter(pl.col("wave") == wave_order(part["wave"].to_list())[-1])
            for part in levels.partition_by("study", "arm", maintain_order=True)]  # fmt: skip
    rows = pl.concat([levels.clear(), *last]).with_columns(
        concept=pl.lit(concept),
        conf_low=pl.col("estimate") - reach * pl.col("std_error"),
        conf_high=pl.col("estimate") + reach * pl.col("std_error"),
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()).sort("study", "arm")
