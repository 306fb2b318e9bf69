"""Fits on a survey design: estimates from weighted scores, and what the design makes of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.design.sample import Sample
from pipeline.models.design.survey_design import Subset
from pipeline.models.likelihood.maximum import Likelihood, maximise
from pipeline.models.regression_data import RegressionData, regression_data

Degrees = Literal["residual", "design", "normal"]

Solved = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Estimates (k), rows' scores before weights (n × k), and the inverse information (k × k)."""


@dataclass(frozen=True)
class DesignFit:
    """Estimates (k), their covariance, the degrees of freedom of t (None: normal), and how the covariance was made."""

    estimates: np.ndarray
    covariance: np.ndarray
    df: float | None
    words: str

    @property
    def described(self) -> str:
        return f"{self.words}; {'normal' if self.df is None else 't'} intervals"


def complete_rows(
    sample: Sample,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str],
    *,
    wave_effects: bool,
    further: Sequence[str] = (),
    categorical: Sequence[str] = (),
    contrasts: Mapping[str, str] | None = None,
) -> tuple[RegressionData, np.ndarray, pl.DataFrame]:
    """The regression's rows, which of the sample's they are (a mask), and the columns of these."""
    used = [outcome, *exposures, *covariates, *further, *([sample.wave] if wave_effects else [])]
    require(sample.frame, used)
    clean = sample.frame.with_columns(pl.selectors.float().fill_nan(None))
    complete = clean.select(pl.all_horizontal(pl.col(used).is_not_null())).to_series().to_numpy()
    kept = clean.filter(complete)
    data = regression_data(
        kept,
        outcome,
        exposures,
        covariates,
        categorical=categorical,
        person=None,
        wave=sample.wave if wave_effects else None,
        wave_effects=wave_effects,
        contrasts=contrasts,
    )
    return data, complete, kept


def fit_on_design(
    sample: Sample,
    complete: np.ndarray,
    solve: Callable[[np.ndarray], Solved],
    subset: Subset,
    degrees: Degrees,
    n_terms: int,
    where: str,
) -> DesignFit:
    """Pseudo-maximum likelihood: the design's covariance of the scores, through the inverse information (Binder 1983).

    ``solve`` fits the complete rows with weights. ``degrees`` of freedom of t: "residual", units less strata less
    ``n_terms`` plus one (R's ``svyglm``); "design", units less strata (Stata's ``svy``); "normal".
    """
    estimates, covariance, df, words = _with_errors(sample, complete, solve, subset)
    if degrees == "residual":
        df -= n_terms - 1
    if df < 1 and degrees != "normal":
        raise ModelError("more terms than the design has degrees of freedom", where=where, count=n_terms)
    return DesignFit(estimates, covariance, None if degrees == "normal" else float(df), words)


def _with_errors(
    sample: Sample, complete: np.ndarray, solve: Callable[[np.ndarray], Solved], subset: Subset
) -> tuple[np.ndarray, np.ndarray, int, str]:
    if sample.replicates is not None:
        estimates, covariance = sample.replicates.estimate(lambda weights: solve(weights[complete])[0])
        words = f"replicate weights ({sample.replicates.kind})"
        return estimates, covariance, sample.replicates.degrees_of_freedom, words
    assert sample.design is not None
    weights = sample.weights[complete]
    estimates, scores, inverse = solve(weights)
    influence = np.zeros((len(complete), len(estimates)))
    influence[complete] = (scores * weights[:, None]) @ inverse
    answered = sample.design.subset(complete)
    if subset == "answered":
        return estimates, answered.covariance(influence[complete]), answered.df, answered.described()
    return estimates, sample.design.covariance(influence, complete), answered.df, sample.design.described()


def solver(likelihood: Likelihood) -> Callable[[np.ndarray], Solved]:
    """``solve`` of ``fit_on_design`` for a likelihood; after the first fit from where that ended."""
    last: list[np.ndarray] = []

    def solve(weights: np.ndarray) -> Solved:
        found = maximise(likelihood, weights, last[0] if last else None)
        last[:] = last or [found.parameters]
        return found.parameters, found.scores, found.inverse

    return solve
