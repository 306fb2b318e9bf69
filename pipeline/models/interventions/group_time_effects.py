"""Group-time effects: a start for each cohort, an effect for each cohort and wave, put together in four ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.models.inference import Basis, Term, inference, joined
from pipeline.models.interventions.adoption import Treated
from pipeline.models.interventions.adoption_rows import adoption
from pipeline.models.interventions.bands import critical_value, multiplied
from pipeline.models.interventions.cohort_effects import (
    Base,
    CohortEffects,
    Control,
    Together,
    aggregate,
    by_cluster,
    cohort_effects,
)
from pipeline.models.interventions.comparison_groups import lonely_cohorts, lonely_note, require_clusters
from pipeline.models.interventions.declared import InterventionSpec, treatment
from pipeline.models.interventions.event_rows import TERM, Row, name_of
from pipeline.models.interventions.event_study import described
from pipeline.models.interventions.two_periods import Method
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted

ERRORS = ("std_error", "statistic", "p_value", "conf_low", "conf_high")
COMPONENT = {"dynamic": "event_time", "group": "cohort_effect", "calendar": "calendar_effect"}


@public(once=True, ordered=True, infinite=False)
def group_time_effects(
    frame: pl.DataFrame,
    outcome: str,
    covariates: Sequence[str] = (),
    *,
    control: Control = "never",
    adjustment: Method = "doubly_robust",
    base: Base = "varying",
    draws: int = 9_999,
    seed: int = 1,
    confidence: float = 0.95,
    model: str = "group_time_effects",
    **options: Unpack[Treated],
) -> pl.DataFrame:
    """One row ``group_time`` per cohort (``group``: its start) and ``wave``, and their averages.

    ATT(g, t) of Callaway & Sant'Anna (2021): the change of cohort g from its last wave before the start to wave t, less
    that of the never treated (``control="not_yet"``: also of those treated later). R's ``did::att_gt``; ``covariates``
    enter as they were in the earlier of the two waves, by ``adjustment`` "doubly_robust", "regression" or "weighting".
    ``base`` "varying": before the start each wave is compared with the one before it, "universal": with the last
    before the start. A panel with gaps uses, for each pair of waves, the units that answered both (R's ``did`` leaves
    out every unit with a gap). ``design="cross_sections"``: different people in each wave.

    Averages as ``did::aggte``: ``effect`` (term ``treated``: all effects after the start by cohort size, "simple";
    ``by_event_time``, ``by_cohort``, ``by_wave``: the overall means of the three below), ``event_time``
    ("dynamic"), ``cohort_effect`` ("group"), ``calendar_effect``; with simultaneous bands
    (``event_time_band``, ``group_time_band``) from a multiplier bootstrap of ``draws``. Errors are by influence
    functions, summed by cluster. Row ``test`` ``pre_trend``: all effects before the start together.

    >>> import polars as pl
    >>> from pipeline.models import group_time_effects
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + ["d"] * 3, "wave": ["w01", "w02", "w03"] * 4,
    ...     "first": ["w02"] * 6 + [None] * 6,
    ...     "trust": [2.0, 3.0, 4.0, 3.0, 4.0, 5.0, 2.0, 2.0, 2.0, 3.0, 4.0, 4.0],
    ... })
    >>> table = group_time_effects(panel, "trust", start="first")
    >>> table.filter(component="group_time").select("group", "wave", "estimate").rows()
    [('w02', 'w02', 0.5), ('w02', 'w03', 1.5)]
    """
    data = adoption(frame, outcome, covariates, **options)
    few = require_clusters(data)
    found = cohort_effects(data, control, adjustment, base)
    basis = data.basis(described(data), confidence)
    notes = joined(data.note, few)
    dynamic = aggregate(found, "dynamic")
    events = by_cluster(dynamic.influence, found.cluster)
    drawn = multiplied(np.column_stack([events[:, 1:], found.summed]), draws, seed)
    count = events.shape[1] - 1
    rows = _averages(basis, found, dynamic, notes, critical_value(drawn[:, :count], confidence))
    rows += _single(basis, found, critical_value(drawn[:, count:], confidence))
    rows = _without_errors(rows, found)
    rows += [
        basis.row(
            Term("group_time", TERM, wave=data.when.label(time), group=data.when.label(start), note=f"withheld: {why}")
        )
        for start, time, why in found.withheld
    ]
    rows.append(_pre_trend(basis, found))
    return table(rows, data, basis, model=model, family="group_time_effects")


def _without_errors(rows: list[Row], found: CohortEffects) -> list[Row]:
    """The rows without the errors that rest on a cohort in one cluster, and why."""
    data = found.data
    lonely = lonely_cohorts(data)
    why = lonely_note(lonely, data)
    if why is None:
        return rows
    alone = np.isin(found.start, lonely)
    touched = {
        "event_time": {name_of(event) for event in (found.time - found.start)[alone]},
        "cohort_effect": {data.when.label(start) for start in lonely},
        "calendar_effect": {data.when.label(time) for time in found.time[alone & found.is_after]},
    }
    touched |= {"group_time": touched["cohort_effect"], "group_time_band": touched["cohort_effect"]}
    touched["event_time_band"] = touched["event_time"]
    made = []
    for row in rows:
        component = str(row["component"])
        key = row["wave"] if component == "calendar_effect" else row["group"]
        if component != "effect" and key not in touched.get(component, ()):
            made.append(row)
        elif not component.endswith("band"):
            note = "; ".join(filter(None, (why, row["note"])))  # type: ignore[arg-type]
            made.append({**row, **dict.fromkeys(ERRORS), "note": note})
    return made


def _averages(basis: Basis, found: CohortEffects, dynamic: Together, notes: str | None, reach: float) -> list[Row]:
    """The overall effects first, then those by event time, cohort and wave."""
    label, confidence = found.data.when.label, basis.confidence
    simple = aggregate(found, "simple")
    error = float(np.sqrt((by_cluster(simple.influence, found.cluster) ** 2).sum()))
    rows = noted(
        [basis.row(Term("effect", TERM), **inference(float(simple.effect[0]), error, np.inf, confidence))], notes
    )
    parts: list[Row] = []
    for kind, term in (("dynamic", "by_event_time"), ("group", "by_cohort"), ("calendar", "by_wave")):
        together = dynamic if kind == "dynamic" else aggregate(found, kind)  # type: ignore[arg-type]
        summed = by_cluster(together.influence, found.cluster)
        errors = np.sqrt((summed**2).sum(axis=0))
        made = [
            inference(float(effect), float(error), np.inf, confidence)
            for effect, error in zip(together.effect, errors, strict=True)
        ]
        rows.append(basis.row(Term("effect", term), **made[0]))
        for key, row, count in zip(together.keys[1:], made[1:], together.rows[1:], strict=True):
            wave = label(key) if kind == "calendar" else None
            group = {"dynamic": name_of(key), "group": label(key), "calendar": None}[kind]
            parts.append({**basis.row(Term(COMPONENT[kind], TERM, wave=wave, group=group), **row), "n_obs": int(count)})
        if kind == "dynamic":
            groups = [Term("event_time_band", TERM, group=name_of(key)) for key in together.keys[1:]]
            parts += _banded(basis, groups, together.effect[1:], errors[1:], reach)
    return rows + parts


def _single(basis: Basis, found: CohortEffects, reach: float) -> list[Row]:
    label = found.data.when.label
    errors = np.sqrt((found.summed**2).sum(axis=0))
    cells = [(label(start), label(time)) for start, time in zip(found.start, found.time, strict=True)]
    rows = [
        {
            **basis.row(
                Term("group_time", TERM, wave=wave, group=group),
                **inference(float(effect), float(error), np.inf, basis.confidence),
            ),
            "n_obs": int(count),
        }
        for (group, wave), effect, error, count in zip(cells, found.effect, errors, found.rows, strict=True)
    ]
    bands = [Term("group_time_band", TERM, wave=wave, group=group) for group, wave in cells]
    return rows + _banded(basis, bands, found.effect, errors, reach)


def _banded(basis: Basis, terms: Sequence[Term], effects: np.ndarray, errors: np.ndarray, reach: float) -> list[Row]:
    words = f"simultaneous {basis.confidence * 100:g}% band, multiplier bootstrap: ± {reach:.2f} standard errors"
    return [
        basis.row(
            term,
            estimate=float(effect),
            conf_low=float(effect - reach * error),
            conf_high=float(effect + reach * error),
            covariance=words,
        )
        for term, effect, error in zip(terms, effects, errors, strict=True)
    ]


def _pre_trend(basis: Basis, found: CohortEffects) -> Row:
    """All effects before the start together (chi-squared, as R's ``did``), if they can be tested."""
    from scipy.special import chdtrc

    before = ~found.is_after
    count = int(before.sum())
    if (why := lonely_note(lonely_cohorts(found.data), found.data)) is not None:
        return basis.row(Term("test", "pre_trend", note=f"withheld: {why}"), covariance=None)
    if not count:
        why = "one wave before each start only: whether trends were parallel cannot be tested"
        return basis.row(Term("test", "pre_trend", note=why), covariance=None)
    covariance = found.summed[:, before].T @ found.summed[:, before]
    if np.linalg.matrix_rank(covariance, tol=1e-10 * np.trace(covariance), hermitian=True) < count:
        why = f"{count} effects before the start are more than clusters can tell apart: the joint test is withheld"
        return basis.row(Term("test", "pre_trend", note=why), covariance=None)
    wald = float(found.effect[before] @ np.linalg.solve(covariance, found.effect[before]))
    note = f"all {count} effects before the start together, chi-squared"
    return basis.row(
        Term("test", "pre_trend", note=note), statistic=wald, df=float(count), p_value=float(chdtrc(count, wald))
    )


def fit(name: str, spec: InterventionSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    frame, given = treatment(spec, panel, rows)
    return group_time_effects(
        frame,
        str(spec.outcome),
        spec.covariates,
        control=spec.control,
        adjustment=spec.adjustment,
        base=spec.base,
        draws=spec.draws,
        seed=spec.seed,
        confidence=spec.confidence,
        model=name,
        **given,
    )
