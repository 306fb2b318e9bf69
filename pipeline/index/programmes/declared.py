"""From programme.yaml and the panel to the table ``programme/<study>``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.index.persons.head import one_spelling
from pipeline.index.programmes.person_effects import programme_effects
from pipeline.index.programmes.pooled_effects import SCHEMA, pooled_effects
from pipeline.specs.base import canonical_code
from pipeline.specs.programme import AREA_ROLE, Programme
from pipeline.specs.weights import DELIVERED

WITHOUT = "the comparison"
WEIGHT = "_weight"
AREA = "_area"


def programme_table(
    programmes: Mapping[str, Programme], panel: pl.DataFrame, sets: Mapping[str, pl.DataFrame], smallest: int
) -> pl.DataFrame:
    """One row per programme, outcome, wave and area, or what is pooled of them (``Programmes``).

    ``sets``: name → the weight sets that programmes name, one row per person with ``panel_weight``. Raises ModelError
    where an area has no answer to an outcome at all.
    """
    made = [
        _outcome(name, one, outcome, rows, smallest)
        for name, one in programmes.items()
        for rows in [_rows(one, panel, sets)]
        for outcome in one.outcomes
    ]
    return pl.concat(made) if made else pl.DataFrame(schema=SCHEMA)


def _rows(programme: Programme, panel: pl.DataFrame, sets: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The people of the programme's areas and of the comparison, with waves as the programme counts them."""
    by = "area_code" if programme.by == AREA_ROLE else programme.by
    frame = panel.with_columns(pl.Series(AREA, _codes(panel[by]), dtype=pl.String))
    one_spelling(frame[AREA], by)
    names = {canonical_code(area.code): name for name, area in programme.areas.items()}
    own = frame.filter(pl.col("arm").is_in(list(programme.arms)), pl.col(AREA).is_in(list(names)))
    other = frame.filter(pl.col("arm").is_in(list(programme.comparison.arms)))
    if programme.comparison.codes:
        other = other.filter(pl.col(AREA).is_in([canonical_code(code) for code in programme.comparison.codes]))
    else:
        other = other.filter(~pl.col(AREA).is_in(list(names)) | pl.col(AREA).is_null())
    when = {of: wave for wave, of in programme.comparison.waves.items()}
    if when:
        other = other.filter(pl.col("wave").is_in(list(when)))
        other = other.with_columns(pl.col("wave").replace_strict(when))
    both = pl.concat(
        [own.with_columns(pl.col(AREA).replace_strict(names)), other.with_columns(pl.lit(WITHOUT).alias(AREA))]
    )
    return _weighted(programme, both, sets)


def _weighted(programme: Programme, rows: pl.DataFrame, sets: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    if programme.weights is None:
        return rows
    if programme.weights == DELIVERED:
        return rows.with_columns(pl.col(DELIVERED).alias(WEIGHT))
    given = sets[programme.weights].select("person_id", pl.col("panel_weight").alias(WEIGHT))
    return rows.join(given, on="person_id", how="left", maintain_order="left")


def _codes(column: pl.Series) -> list[str | None]:
    """Codes as declarations write them: 4.0 is ``4``."""
    names = {value: None if value is None else canonical_code(str(value)) for value in column.unique()}
    return [names[value] for value in column]


def _outcome(name: str, programme: Programme, outcome: str, rows: pl.DataFrame, smallest: int) -> pl.DataFrame:
    options: dict[str, Any] = {
        part: getattr(programme, part) for part in ("design", "scale", "people", "standardiser", "cluster")
    }
    try:
        effects = programme_effects(
            rows.select(list(dict.fromkeys(_columns(programme, outcome)))),
            outcome,
            programme.starts,
            [WITHOUT],
            area=AREA,
            weights=WEIGHT if programme.weights else None,
            waves=programme.waves or tuple(programme.comparison.waves),
            smallest=smallest,
            confidence=programme.method.confidence,
            **options,
        )
    except ModelError as error:
        raise ModelError(
            error.what, where=f"programme `{name}`, {outcome}", count=error.count, todo=error.todo
        ) from None
    pooled = pooled_effects(
        effects,
        programme=name,
        outcome=outcome,
        moderators=programme.moderators,
        method=programme.method.heterogeneity,
        test=programme.method.test,
        prediction=programme.method.prediction,
        confidence=programme.method.confidence,
    )
    return _judged(pooled, programme.smallest_effect)


def _columns(programme: Programme, outcome: str) -> list[str]:
    weight, cluster = [WEIGHT] if programme.weights else [], [programme.cluster] if programme.cluster else []
    return ["person_id", "wave", AREA, outcome, *weight, *cluster]


def _judged(rows: pl.DataFrame, smallest: float | None) -> pl.DataFrame:
    """Pooled effects with a word on the smallest effect of interest, where one is declared."""
    if smallest is None:
        return rows
    low, high = pl.col("conf_low"), pl.col("conf_high")
    words = (
        pl.when((low > smallest) | (high < -smallest))
        .then(pl.lit(f"larger than the smallest effect of interest ({smallest:g})"))
        .when((low > -smallest) & (high < smallest))
        .then(pl.lit(f"smaller than the smallest effect of interest ({smallest:g})"))
        .otherwise(pl.lit(f"the interval leaves open whether it is as large as {smallest:g}"))
    )
    judged = pl.concat_str([words, pl.col("note")], separator="; ", ignore_nulls=True)
    is_pooled = (pl.col("row") == "pooled") & pl.col("estimate").is_not_null()
    return rows.with_columns(pl.when(is_pooled).then(judged).otherwise(pl.col("note")).alias("note"))
