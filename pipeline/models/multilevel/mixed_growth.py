"""Growth as a mixed model: people's course over time, which differs between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.declared import ModelSpec
from pipeline.models.effects.predictions import Values
from pipeline.models.multilevel.degrees import Degrees
from pipeline.models.multilevel.mixed import mixed
from pipeline.models.multilevel.times import since_first, with_times
from pipeline.models.weighting import Weighted

Shape = Literal["linear", "quadratic", "cubic", "piecewise"]
TIME, BEND = "time", "time_after_event"
POWERS = {"linear": (), "quadratic": ("time_squared",), "cubic": ("time_squared", "time_cubed"), "piecewise": (BEND,)}


@public(ordered=True)
def mixed_growth(
    frame: pl.DataFrame,
    outcome: str,
    covariates: Sequence[str] = (),
    *,
    time: str = "time",
    shape: Shape = "linear",
    event: float | None = None,
    random: Mapping[str, Sequence[str]] | None = None,
    uncorrelated: Sequence[str] = (),
    method: Literal["reml", "ml"] = "reml",
    degrees: Degrees = "normal",
    categorical: Sequence[str] = (),
    predict_at: Values | None = None,
    person: str = "person_id",
    wave: str = "wave",
    confidence: float = 0.95,
    model: str = "mixed_growth",
) -> pl.DataFrame:
    """One row per term of the course, covariate, variance and correlation of people's courses, test, measure of fit.

    y_it = a_i + b_i t + … + c z_it + e_it with level a_i and slope b_i that differ between people: ``mixed`` with the
    numeric column ``time``, its powers (``time_squared``, ``time_cubed``), or, ``piecewise``, the time since ``event``
    (``time_after_event``: by how much the slope changes there). By default levels and slopes of persons vary, and of a
    piecewise course the bend; ``random`` names others. ``predict_at`` predicts the course at times and values of
    covariates: powers and the bend follow the time. lme4: ``lmer(y ~ time + (time | person))``.

    Raises ModelError as ``mixed`` does, for an event outside the times, and for fewer times than the shape has terms.

    >>> import polars as pl
    >>> from pipeline.models import mixed_growth
    >>> panel = pl.DataFrame({
    ...     "person_id": [person for person in "abcdef" for _ in range(4)],
    ...     "wave": ["w01", "w02", "w03", "w04"] * 6, "time": [0.0, 1.0, 2.0, 3.5] * 6,
    ...     "trust": [2.0, 2.5, 4, 3, 3, 4, 3, 5, 2, 2.5, 2, 2, 4, 4, 3, 3.5, 1, 2, 2, 1.5, 4, 5, 4.5, 4],
    ... })
    >>> table = mixed_growth(panel, "trust")
    >>> table.filter(component="coefficient")["term"].to_list()
    ['time']
    """
    require(frame, [time])
    if not frame.schema[time].is_numeric():
        raise ModelError("times are numbers", where=time)
    frame, terms = _course(frame.with_columns(pl.col(time).cast(pl.Float64).alias(TIME)), shape, event)
    slopes = [TIME, *(name for name in terms if name == BEND)]
    return mixed(
        frame,
        outcome,
        [TIME, *terms],
        covariates,
        random=random or {person: slopes},
        uncorrelated=uncorrelated,
        method=method,
        degrees=degrees,
        categorical=categorical,
        predict_at={TIME if name == time else name: values for name, values in (predict_at or {}).items()} or None,
        person=person,
        wave=wave,
        wave_effects=False,
        confidence=confidence,
        model=model,
        family="mixed_growth",
    )


def _course(frame: pl.DataFrame, shape: Shape, event: float | None) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The frame with the further columns of the course, and their names."""
    times = frame[TIME].drop_nulls().unique()
    if (shape == "piecewise") != (event is not None):
        raise ModelError("a piecewise course has an event, and only that", where="event")
    if len(times) < len(POWERS[shape]) + 2:
        raise ModelError(f"{len(times)} times do not determine a {shape} course", where="time", count=len(times))
    made = {"time_squared": pl.col(TIME) ** 2, "time_cubed": pl.col(TIME) ** 3}
    if event is not None:
        before, after = int((times < event).sum()), int((times > event).sum())
        if before == 0 or after == 0:
            raise ModelError("the event is not between the first time and the last", where="event")
        made[BEND] = (pl.col(TIME) - event).clip(lower_bound=0.0)
    return frame.with_columns(made[name].alias(name) for name in POWERS[shape]), POWERS[shape]


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, _: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    declared: Any = spec
    event = declared.event
    if isinstance(event, dt.date):
        event = since_first(panel, declared, study, event)
    return mixed_growth(
        with_times(panel, declared, study, TIME),
        declared.outcome,
        declared.covariates,
        shape=declared.shape,
        event=event,
        random=declared.random if "random" in declared.model_fields_set else None,
        uncorrelated=declared.uncorrelated,
        method=declared.method,
        degrees=declared.degrees,
        categorical=declared.categorical,
        predict_at=declared.predict_at,
        confidence=declared.confidence,
        model=name,
    )
