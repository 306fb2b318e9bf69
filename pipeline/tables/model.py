"""What models make: one table of estimates for all families, and which means may be compared."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.tables.contracts import dy


class Estimates(dy.Schema):
    """One row per model, component, term, outcome, wave and group: the one table of every model's results."""

    model = dy.String()
    family = dy.String()
    outcome = dy.String()
    component = dy.String()  # coefficient | within | between | wave | intercept | variance | test | mean | ...
    term = dy.String()
    wave = dy.String(nullable=True)
    group = dy.String(nullable=True)
    estimate = dy.Float64(nullable=True)
    std_error = dy.Float64(nullable=True, min=0)
    statistic = dy.Float64(nullable=True)
    df = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True, min=0, max=1)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    n_obs = dy.Int64(nullable=True, min=0)
    n_persons = dy.Int64(nullable=True, min=0)
    covariance = dy.String(nullable=True)  # how the standard error was estimated, in words for readers
    correction = dy.String(nullable=True)  # key of the finite-sample correction of clustered errors (specs.corrections)
    note = dy.String(nullable=True)  # why a result is withheld or needs caution

    @dy.rule()
    def grain_unique(cls) -> pl.Expr:
        return ~pl.struct("model", "outcome", "component", "term", "wave", "group").is_duplicated()

    @dy.rule()
    def interval_holds_estimate(cls) -> pl.Expr:
        return pl.col("conf_low").is_null() | (
            (pl.col("conf_low") <= pl.col("estimate")) & (pl.col("estimate") <= pl.col("conf_high"))
        )


def estimates(rows: list[Mapping[str, object]] | pl.DataFrame, **constants: object) -> pl.DataFrame:
    """The Estimates table from rows that may leave nullable columns out; ``constants`` fill whole columns.

    Raises ``dataframely.exc.ValidationError`` if grain, types or ranges do not hold.
    """
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows, infer_schema_length=None)
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in constants.items())
    columns = Estimates.columns()
    frame = frame.with_columns(
        pl.lit(None).cast(column.dtype).alias(name) for name, column in columns.items() if name not in frame.columns
    )
    frame = frame.select(list(columns))
    try:
        cast = Estimates.cast(frame)
    except pl.exceptions.PolarsError:
        return Estimates.validate(frame, cast=True)  # says which values are of another type
    return Estimates.validate(cast)  # of the right types it takes less than half the time


VERSIONS: dict[str, str] = {
    "unweighted": "Everyone who answered",
    "weighted": "Weighted for design and attrition",
    "complete_case": "Complete cases",
    "balanced": "Balanced panel: every wave answered",
    "from_the_start": "Panel members since the first wave",
    "imputed": "Missing answers imputed",
}
"""The versions of a result in a sensitivity model (``group`` of component ``version``), and whom they include."""


class Comparability(dy.Schema):
    """One row per invariance model, scale and wave: may means, and associations, be compared over waves or groups?"""

    study = dy.String()
    model = dy.String()
    scale = dy.String()
    over = dy.String()  # waves, or the column whose groups are compared
    wave = dy.String(nullable=True)  # of groups compared in one wave
    is_comparable = dy.Bool(nullable=True)  # null where it could not be tested
    associations = dy.Bool(nullable=True)  # whether associations may be compared: metric invariance holds
    reason = dy.String(nullable=True)
    freed = dy.String(nullable=True)  # the parameters that partial invariance leaves free, where it holds

    @dy.rule()
    def grain_unique(cls) -> pl.Expr:
        return ~pl.struct("model", "scale", "wave").is_duplicated()
