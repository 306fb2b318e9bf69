"""Starts that are a unit's own: the first wave in which a score reaches a level."""

from __future__ import annotations

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.interventions.starts import calendar

FIRST = "_first reached"
_TIME = "_reached at"


def first_reached(frame: pl.DataFrame, score: str, level: float, unit: str, wave: str) -> pl.DataFrame:
    """The rows of units that answered ``score``, with ``FIRST``: the first wave in which it was ``level`` or more.

    Null for units that never answered so: they count as never treated. A unit that did in its first answer already has
    the table's first wave, since when it began is not known. A wave without an answer is passed over: whoever reached
    the level in a wave they missed, and again later, starts at the later one.

    Raises ModelError for a score that is no number, has no answer, or differs within a unit and wave.
    """
    if not (frame[score].dtype.is_numeric() or frame[score].dtype == pl.Boolean):
        raise ModelError("must be a number, to reach a level", where=score)
    answered = frame.filter(pl.col(score).cast(pl.Float64).fill_nan(None).is_not_null() & pl.col(wave).is_not_null())
    if not answered.height:
        raise ModelError("has no answer in these waves", where=score, count=frame.height)
    when = calendar(answered[wave])
    answered = answered.select(unit, wave, score).with_columns(pl.Series(_TIME, when.time)).sort(_TIME)
    there = pl.col(score).cast(pl.Float64) >= level
    mixed = answered.group_by(unit, _TIME).agg(there.n_unique().alias("kinds")).filter(pl.col("kinds") > 1).height
    if mixed:
        raise ModelError(
            f"reaches {level:g} in some rows of a unit (`{unit}`) and wave and not in others", where=score, count=mixed
        )
    begin = answered.filter(pl.col(_TIME) == pl.col(_TIME).min())[wave].first()
    found = answered.group_by(unit, maintain_order=True).agg(
        pl.when(there.first()).then(pl.lit(begin)).otherwise(pl.col(wave).filter(there).first()).alias(FIRST)
    )
    return frame.join(found, on=unit, how="inner", maintain_order="left")
