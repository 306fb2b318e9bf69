"""Rows of models that compare a person with themselves: who changes, and which terms do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.groups import within
from pipeline.models.inference import Basis, Term
from pipeline.models.outcomes.rows import OutcomeData, OutcomeRows, outcome_data
from pipeline.models.regression_data import RegressionData, check_rank
from pipeline.models.scaled import orthonormal

Rows = list[dict[str, object]]


def changers(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str],
    options: OutcomeRows,
    *,
    kind: str,
    offset: str | None = None,
    exposure_time: str | None = None,
) -> tuple[OutcomeData, OutcomeData]:
    """All complete rows, and those of persons who say something about change, without the intercept.

    These are persons whose outcome changes, or, of a count, who are seen more than once and have any. Raises ModelError
    if there is no such person, if a term never changes within one, or if weights do.
    """
    if options.get("person", "person_id") is None:
        raise ModelError("the model compares persons with themselves, and needs their column", where="person")
    whole = outcome_data(
        frame, outcome, exposures, covariates, options,
        kind=kind, offset=offset, exposure_time=exposure_time, freedom=False,
    )  # fmt: skip
    data = whole.data
    _require_steady(data)
    size = np.bincount(data.person)
    moves = np.bincount(data.person, data.outcome) > 0
    if kind != "count":
        low, high = np.full(len(size), np.inf), np.full(len(size), -np.inf)
        np.minimum.at(low, data.person, data.outcome)
        np.maximum.at(high, data.person, data.outcome)
        moves = high > low
    chosen = np.flatnonzero((moves & (size > 1))[data.person])
    if not len(chosen):
        what = "has any in more than one wave" if kind == "count" else "changes their answer"
        raise ModelError(
            f"nobody {what}, so that there is nothing to compare within a person", where=outcome, count=data.n_persons
        )
    used = data.rows(chosen).keep(np.arange(len(data.terms)) > 0)
    require_change(used, outcome)
    return whole, replace(
        whole, data=used, scaled=orthonormal(used, within(used.matrix, used.person)),
        places=whole.places[chosen], offset=whole.offset[chosen],
    )  # fmt: skip


def require_change(data: RegressionData, outcome: str) -> None:
    """Raises ModelError naming the terms that change within nobody, or that change together."""
    steady = [term.label for term, moves in zip(data.terms, data.varies_within(), strict=True) if not moves]
    if steady:
        raise ModelError(
            f"{', '.join(steady)} never changes within a person whose answer changes",
            where=outcome,
            todo="Leave it out: what does not change explains no change.",
        )
    check_rank(within(data.matrix, data.person), data.terms, outcome)


def _require_steady(data: RegressionData) -> None:
    """Raises ModelError where a person's weight changes: a person counts as one."""
    if data.weights is None:
        return
    changed = np.abs(within(data.weights[:, None], data.person)[:, 0]) > 1e-9 * np.abs(data.weights)
    if changed.any():
        count = len(np.unique(data.person[changed]))
        raise ModelError("weights change within persons, who count as one here", where="weights", count=count)


def left_aside(basis: Basis, whole: OutcomeData, used: OutcomeData) -> Rows:
    """How many persons, and rows, say nothing about change, since their outcome does not."""
    persons = whole.data.n_persons - used.data.n_persons
    rows = whole.data.n_obs - used.data.n_obs
    note = "their outcome never changes"
    return [
        basis.row(Term("sample", name, note=note), estimate=float(count), covariance=None)
        for name, count in (("persons_without_change", persons), ("rows_without_change", rows))
    ]
