"""The rows of an outcome model: complete cases with their categories, weights, offset and replicate weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.categories import coded, level_names, unchosen
from pipeline.models.columns import numeric, require
from pipeline.models.covariance import require_freedom
from pipeline.models.design.sample import Replicated
from pipeline.models.inference import Term
from pipeline.models.likelihood.robust import Correction
from pipeline.models.regression_data import RegressionData, check_rank, cluster_names, regression_data
from pipeline.models.scaled import Scaled, orthonormal

ROW = "_row"
PERSON = "person_id"


class OutcomeRows(TypedDict, total=False):
    """What all these families take by name.

    ``categorical``: columns of numbers that become dummies. ``person``, ``wave``: the panel's index, None where there
    is none. ``wave_effects``: a dummy for each wave but the first (by default none). ``cluster``: one column, or two,
    within which errors may depend on each other, by default the person; None: none. ``correction``: see
    ``likelihood.robust``. ``weights``: a column; ``replicates`` (rows as the frame's) then give the standard errors.
    ``contrasts``: name → a sum of terms that is tested against zero, such as ``"negative - positive"``.
    """

    categorical: Iterable[str]
    person: str | None
    wave: str | None
    wave_effects: bool
    cluster: str | tuple[str, str] | None
    correction: Correction
    weights: str | None
    replicates: Replicated | None
    contrasts: Mapping[str, str]


@dataclass(frozen=True)
class OutcomeData:
    """Rows with an intercept as the first column; the outcome in codes, and ``levels`` their names, where it has
    categories. ``places`` are the rows of the frame, ``offset`` (n) is added to the linear predictor."""

    data: RegressionData
    scaled: Scaled
    levels: tuple[str, ...]
    places: np.ndarray
    offset: np.ndarray
    correction: Correction
    replicates: Replicated | None
    note: str | None = None

    @property
    def codes(self) -> np.ndarray:
        return self.data.outcome.astype(np.int64)

    @property
    def weights(self) -> np.ndarray:
        return np.ones(self.data.n_obs) if self.data.weights is None else self.data.weights

    @property
    def coefficients(self) -> tuple[Term, ...]:
        """The terms without the intercept."""
        return self.data.terms[1:]

    @property
    def repeated(self) -> bool:
        return self.data.n_persons < self.data.n_obs


def outcome_data(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str],
    options: OutcomeRows,
    *,
    kind: str = "number",
    offset: str | None = None,
    exposure_time: str | None = None,
    freedom: bool = True,
) -> OutcomeData:
    """The complete rows. ``kind`` of the outcome: "number", "binary", "count", "ordered" or "unordered".

    ``exposure_time`` is the time, or the number of people, that a count is over: its logarithm is the offset.

    Raises ModelError as ``regression_data`` does, and if the outcome is not of its kind.
    """
    person, wave = options.get("person", PERSON), options.get("wave", "wave")
    cluster = options.get("cluster", person)
    given = [name for name in (offset, exposure_time, options.get("weights")) if name is not None]
    index = [name for name in (person, wave, *cluster_names(cluster)) if name is not None]
    require(frame, list(dict.fromkeys([outcome, *exposures, *covariates, *given, *index])))
    held = frame
    frame = coded(frame, outcome, kind).with_columns(pl.int_range(1, pl.len() + 1).alias(ROW))
    n_rows, weights = frame.height, options.get("weights")
    added = [name for name in (offset, exposure_time) if name is not None]
    frame = frame.drop_nulls([*added, *([weights] if weights else [])])
    if weights is not None:
        frame = _weighted(frame, weights)
    data = regression_data(
        frame,
        outcome,
        exposures,
        covariates,
        categorical=options.get("categorical", ()),
        person=person,
        wave=wave,
        cluster=cluster,
        weights=ROW,  # the row's number in place of its weight: it shows which rows were kept, and in which order
        wave_effects=options.get("wave_effects", False),
        contrasts=options.get("contrasts"),
    )
    assert data.weights is not None
    places = data.weights.astype(np.int64) - 1
    kept = pl.DataFrame({ROW: places + 1}).join(
        frame.select(ROW, *added, *([weights] if weights else [])), on=ROW, how="left", maintain_order="left"
    )
    data = replace(data, weights=None if weights is None else numeric(kept, weights), n_left_out=n_rows - data.n_obs)
    levels, note = _levels(data, held, outcome, kind)
    if levels:
        data = replace(data, outcome=np.unique(data.outcome, return_inverse=True)[1].astype(float))
    if freedom:
        require_freedom(data)
    check_rank(data.matrix, data.terms, outcome)
    moved = _offset(kept, offset, exposure_time)
    return OutcomeData(
        data,
        orthonormal(data),
        levels,
        places,
        moved,
        options.get("correction", "hc1"),
        options.get("replicates"),
        note,
    )


def _weighted(frame: pl.DataFrame, weights: str) -> pl.DataFrame:
    if not frame.schema[weights].is_numeric():
        raise ModelError("a weight must be a number", where=weights)
    negative = frame.filter(pl.col(weights) < 0).height
    if negative:
        raise ModelError("weights below zero", where=weights, count=negative, todo="Correct the weights.")
    return frame.filter(pl.col(weights) > 0)


def _levels(data: RegressionData, frame: pl.DataFrame, outcome: str, kind: str) -> tuple[tuple[str, ...], str | None]:
    """The names of the categories that occur, and a note on those between them that do not."""
    found = np.unique(data.outcome)
    if kind == "binary":
        if set(found) != {0.0, 1.0}:
            raise ModelError("the outcome is coded 0 and 1", where=outcome, todo="Recode it.")
        return (), None
    if kind == "count":
        wrong = int(((data.outcome < 0) | (data.outcome != np.round(data.outcome))).sum())
        if wrong:
            raise ModelError("a count is a whole number from zero", where=outcome, count=wrong)
        return (), None
    if kind == "number":
        return (), None
    return level_names(found, frame, outcome), unchosen(found, frame, outcome) if kind == "ordered" else None


def _offset(kept: pl.DataFrame, offset: str | None, exposure_time: str | None) -> np.ndarray:
    """The offset of each row. Raises ModelError for a time that is not above zero."""
    moved = np.zeros(kept.height) if offset is None else numeric(kept, offset)
    if exposure_time is None:
        return moved
    time = numeric(kept, exposure_time)
    wrong = int((time <= 0).sum())
    if wrong:
        raise ModelError("the time that counts are over must be above zero", where=exposure_time, count=wrong)
    return np.asarray(moved + np.log(time))
