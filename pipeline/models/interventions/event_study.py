"""Event study: effects by time before and since the start, with what the waves before can say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.inference import Term, inference, joined
from pipeline.models.interventions.adoption import Adoption, Treated
from pipeline.models.interventions.adoption_rows import adoption
from pipeline.models.interventions.bands import critical_value, multiplied
from pipeline.models.interventions.cohort_effects import Control, aggregate, by_cluster, cohort_effects
from pipeline.models.interventions.comparison_groups import (
    lonely_cohorts,
    lonely_note,
    require_clusters,
    require_controls,
)
from pipeline.models.interventions.declared import InterventionSpec, treatment
from pipeline.models.interventions.event_rows import TERM, Effects, Row, event_rows, simultaneous
from pipeline.models.interventions.imputation import imputation
from pipeline.models.interventions.pretrends import Path
from pipeline.models.interventions.sun_abraham import Study, omitted_event, sun_abraham, two_way
from pipeline.models.interventions.two_periods import Method
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted

Estimator = Literal["sun_abraham", "two_way", "group_time", "imputation"]


@public(once=True, ordered=True, infinite=False)
def event_study(
    frame: pl.DataFrame,
    outcome: str,
    covariates: Sequence[str] = (),
    *,
    estimator: Estimator = "sun_abraham",
    omitted: float | None = None,
    leads: float | None = None,
    lags: float | None = None,
    bends: Sequence[float] = (),
    control: Control = "never",
    adjustment: Method = "doubly_robust",
    draws: int = 9_999,
    seed: int = 1,
    confidence: float = 0.95,
    model: str = "event_study",
    **options: Unpack[Treated],
) -> pl.DataFrame:
    """One row ``event_time`` per wave before and since the start (``group``: −2, −1, 0 …), and what follows from them.

    ``estimator`` "sun_abraham" (the default): regression with unit and wave effects and an effect of each cohort and
    event time, averaged by the cohorts' shares (fixest's ``sunab``); with one start it is the usual regression.
    "two_way": leads and lags alike for all cohorts, biased where starts and effects differ. "group_time": Callaway &
    Sant'Anna, against the last wave before the start, with ``control`` and ``adjustment`` as ``group_time_effects``.
    "imputation": Borusyak, Jaravel & Spiess. ``omitted`` names the event time that others are compared with, by
    default the last before the start; its row is zero, and says so. ``leads`` and ``lags`` take those beyond together.

    Rows ``event_time_band``: simultaneous intervals. Row ``effect``: the average after the start. Row ``test``
    ``pre_trend``: all leads together; rows ``detectable_slope``: how large a difference in trends it would have found
    in 50% and 80% of samples (Roth 2022). Rows ``honest_bounds`` (``group``: M): intervals for the average and the
    first effect if trends diverge after the start by at most M times what they did before (Rambachan & Roth 2023), and
    ``breakdown`` the largest M that leaves out zero. Rows ``smooth_bounds``: the same if the difference in trends goes
    on straight (``group`` 0), or bends by at most each of ``bends`` per unit of time, and ``smooth_breakdown``.
    Raises ModelError as ``difference_in_differences`` does.

    >>> import polars as pl
    >>> from pipeline.models import event_study
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + ["d"] * 3, "wave": ["w01", "w02", "w03"] * 4,
    ...     "first": ["w03"] * 6 + [None] * 6,
    ...     "trust": [2.0, 2.0, 4.0, 3.0, 4.0, 5.0, 2.0, 2.0, 2.0, 3.0, 4.0, 4.0],
    ... })
    >>> table = event_study(panel, "trust", start="first")
    >>> table.filter(component="event_time")["estimate"].round(6).abs().to_list()
    [0.0, 0.0, 1.5]
    """
    _check_options(estimator, omitted, leads, lags, control, adjustment)
    _check_bends(estimator, bends)
    data = adoption(frame, outcome, covariates, **options)
    few = require_clusters(data)
    bounded = estimator != "imputation"
    if estimator == "group_time":
        study, reach = _group_time(data, omitted, control, adjustment, confidence, draws, seed)
    elif estimator == "imputation":
        require_controls(data)
        study = imputation(data, leads, lags)
        reach = simultaneous(study.path.covariance, confidence, study.path.df)
    else:
        study = (two_way if estimator == "two_way" else sun_abraham)(data, omitted, leads, lags)
        reach = simultaneous(study.path.covariance, confidence, study.path.df)
    basis = data.basis(study.described, confidence)
    effect: Row = {"estimate": study.average}
    if study.why is None:
        effect = {**inference(study.average, study.std_error, study.path.df, confidence)}
    notes = joined(study.why, data.note, few, *study.notes)
    rows = noted([basis.row(Term("effect", TERM), **effect)], notes)
    effects = Effects(study.path, reach, study.counts, study.alone, study.why)
    rows += event_rows(basis, effects, few, 1 - confidence, bounded=bounded, bends=bends)
    return table(rows, data, basis, model=model, family="event_study")


def _check_options(
    estimator: Estimator,
    omitted: float | None,
    leads: float | None,
    lags: float | None,
    control: Control,
    adjustment: Method,
) -> None:
    """Raises ModelError for an option that the estimator would pass over."""
    regressions = ("sun_abraham", "two_way")
    foreign = {
        "omitted": (omitted is not None and estimator not in regressions, regressions[0]),
        "leads": (leads is not None and estimator == "group_time", regressions[0]),
        "lags": (lags is not None and estimator == "group_time", regressions[0]),
        "control": (control != "never" and estimator != "group_time", "group_time"),
        "adjustment": (adjustment != "doubly_robust" and estimator != "group_time", "group_time"),
    }
    for name, (given, other) in foreign.items():
        if given:
            raise ModelError(
                f"the estimator `{estimator}` takes no `{name}`", where=name, todo=f"Leave it out, or use `{other}`."
            )


def _check_bends(estimator: Estimator, bends: Sequence[float]) -> None:
    """Raises ModelError for bends that are none, or of the estimator without bounds."""
    wrong = sum(not (np.isfinite(bend) and bend >= 0) for bend in bends)
    if wrong:
        raise ModelError("a bend is a number of zero or more", where="bends", count=wrong)
    if bends and estimator == "imputation":
        raise ModelError(
            "the estimator `imputation` has no bounds", where="bends", todo="Leave it out, or use `sun_abraham`."
        )


def _group_time(
    data: Adoption,
    omitted: float | None,
    control: Control,
    adjustment: Method,
    confidence: float,
    draws: int,
    seed: int,
) -> tuple[Study, float]:
    """Group-time effects by event time, all against the last wave before the start."""
    against = omitted_event(data, omitted)
    found = cohort_effects(data, control, adjustment, "universal")
    together = aggregate(found, "dynamic")
    summed = by_cluster(together.influence, found.cluster)
    covariance = summed.T @ summed
    path = Path(together.keys[1:], together.effect[1:], covariance[1:, 1:], against, np.inf, data.anticipation)
    words = described(data)
    lonely = lonely_cohorts(data)
    alone = tuple(np.unique((found.time - found.start)[np.isin(found.start, lonely)]).tolist())
    error = float(np.sqrt(covariance[0, 0]))
    why = lonely_note(lonely, data)
    study = Study(path, together.rows[1:], float(together.effect[0]), error, words, (), alone, why)
    return study, critical_value(multiplied(summed[:, 1:], draws, seed), confidence)


def described(data: Adoption) -> str:
    """The errors of group-time effects in words."""
    who = data.unit_name if data.cluster is None else data.cluster_name
    return f"influence functions, clustered by {who}; normal intervals"


def fit(name: str, spec: InterventionSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    frame, given = treatment(spec, panel, rows)
    return event_study(
        frame,
        str(spec.outcome),
        spec.covariates,
        estimator=spec.estimator,
        omitted=spec.omitted,
        leads=spec.most_leads,
        lags=spec.most_lags,
        bends=spec.bends,
        control=spec.control,
        adjustment=spec.adjustment,
        draws=spec.draws,
        seed=spec.seed,
        confidence=spec.confidence,
        model=name,
        **given,
    )
