"""Quantile regression: how terms shift a quantile of the outcome, not its mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.contrasts import combined
from pipeline.models.effects.predictions import Values
from pipeline.models.effects.response import Identity
from pipeline.models.inference import coefficient_rows
from pipeline.models.likelihood.robust import replicated
from pipeline.models.outcomes.answers import Asked, Rows, declared, effects_of, fit_rows, standardised_of
from pipeline.models.outcomes.rows import OutcomeData, OutcomeRows, outcome_data
from pipeline.models.quantile.solver import is_unique, quantile_fit
from pipeline.models.quantile.spread import Spread, bootstrap_spread, kernel_spread
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted

SEVERAL = "other coefficients fit this quantile as well: these are one solution of several"
FEW_VALUES = 10
"""An outcome with fewer values than this is stepped: its quantiles do not move until they jump."""


@public(ordered=True)
def quantile_regression(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    quantiles: Sequence[float] = (0.5,),
    errors: Literal["kernel", "bootstrap"] = "kernel",
    draws: int = 500,
    seed: int = 1,
    predict_at: Values | None = None,
    standardised: bool = False,
    confidence: float = 0.95,
    model: str = "quantile_regression",
    **options: Unpack[OutcomeRows],
) -> pl.DataFrame:
    """One row per quantile and coefficient: Q_τ(y | x) = x b_τ (Koenker & Bassett 1978; R: ``quantreg::rq``).

    With several ``quantiles``, ``outcome`` names each: ``trust_q10``. ``errors`` "kernel" are clustered by ``cluster``,
    by default the person (see ``quantile.spread``; ``None``: R's ``summary(se = "ker")``), "bootstrap" draws clusters
    (``draws``, ``seed``). Rows of ``fit``: R¹, 1 − loss over that of the quantile alone (Koenker & Machado 1999). With
    less than ten values the outcome is stepped, and a note says so, as it does where other coefficients fit as well (R:
    ``Solution may be nonunique``). Raises ModelError as ``ordered_logit`` does.

    >>> import polars as pl
    >>> from pipeline.models import quantile_regression
    >>> people = pl.DataFrame({"age": [20, 30, 40, 50, 60, 70], "hours": [9.0, 8.5, 7.0, 8.0, 6.0, 5.0]})
    >>> table = quantile_regression(people, "hours", ["age"], person=None, wave=None)
    >>> table.filter(component="coefficient")["estimate"].round(4).to_list()
    [-0.075]
    """
    wrong = [share for share in quantiles if not 0 < share < 1]
    if wrong or not quantiles or len(set(quantiles)) < len(quantiles):
        raise ModelError("quantiles lie between 0 and 1, each once", where="quantiles", count=len(quantiles))
    if draws < 50 and errors == "bootstrap":
        raise ModelError("a bootstrap needs 50 draws or more", where="draws", count=draws)
    rows = outcome_data(frame, outcome, exposures, covariates, options)
    data, asked = rows.data, Asked(predict_at, standardised)
    values = len(np.unique(data.outcome))
    stepped = f"the outcome has {values} values, so that its quantiles move in steps" if values < FEW_VALUES else None
    found: Rows = []
    basis = data.basis("", confidence)
    for share in quantiles:
        slopes, spread = _fitted(rows, share, errors, draws, seed)
        df = spread.df if np.isfinite(spread.df) else None
        basis = data.basis(f"{spread.described}; {'normal' if df is None else 't'} intervals", confidence)
        covariance = spread.covariance
        made = coefficient_rows(basis, data.terms, slopes, covariance, df)
        made += combined(data.contrasts, data.terms).rows(basis, slopes, covariance, df)
        made += standardised_of(basis, rows, slopes[1:], covariance[1:, 1:], asked, df=df)
        if predict_at:
            shown = effects_of(basis, rows, Identity(), slopes, covariance, asked, df=df)
            made += [row for row in shown if row["component"] == "prediction"]
        several = None if is_unique(data.outcome, data.matrix, share, rows.weights, slopes) else SEVERAL
        made = noted(noted(noted(made, spread.note), stepped), several)
        made += fit_rows(basis, {"r1": _explained(rows, share, slopes)})
        name = outcome if len(quantiles) == 1 else f"{outcome}_q{_percent(share)}"
        found += [{**row, "outcome": name} for row in made]
    return table(found, data, basis, model=model, family="quantile_regression")


def _percent(share: float) -> str:
    """0.1 → 10, 0.025 → 2_5."""
    return f"{100 * share:.10g}".replace(".", "_")


def _fitted(rows: OutcomeData, share: float, errors: str, draws: int, seed: int) -> tuple[np.ndarray, Spread]:
    """Coefficients in the terms' own units, and their covariance."""
    data, matrix, weights, back = rows.data, rows.scaled.data.matrix, rows.weights, rows.scaled.back
    where = data.outcome_name
    slopes = quantile_fit(data.outcome, matrix, share, weights, where)
    if rows.replicates is not None:
        again = replicated(
            lambda some: quantile_fit(data.outcome, matrix, share, some, where),
            rows.replicates.take(rows.places), slopes,
        )  # fmt: skip
        spread = Spread(again.covariance, again.described, float(again.df or np.inf), again.note)
    elif errors == "bootstrap":
        clusters = np.arange(data.n_obs) if data.clusters is None else data.clusters
        if clusters.ndim > 1:
            raise ModelError("a bootstrap draws clusters of one kind", where="cluster")
        spread = bootstrap_spread(
            data.outcome, matrix, weights, share, clusters, data.cluster_name, draws=draws, seed=seed, where=where
        )
    else:
        residuals = data.outcome - matrix @ slopes
        spread = kernel_spread(residuals, matrix, weights, share, data.clusters, data.cluster_name, rows.correction)
    covariance = back @ spread.covariance @ back.T
    return back @ slopes, Spread(covariance, spread.described, spread.df, spread.note)


def _explained(rows: OutcomeData, share: float, slopes: np.ndarray) -> float:
    """One less the loss of the terms over that of the outcome's own quantile (Koenker & Machado 1999)."""
    data, weights = rows.data, rows.weights
    order = np.argsort(data.outcome)
    below = np.cumsum(weights[order])
    alone = data.outcome[order][min(int(np.searchsorted(below, share * below[-1])), data.n_obs - 1)]
    losses = []
    for fitted in (data.matrix @ slopes, alone):
        gap = data.outcome - fitted
        losses.append(float(weights @ (gap * (share - (gap < 0)))))
    return 1 - losses[0] / losses[1]


def fit(name: str, spec: Any, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    keys = ("quantiles", "draws", "seed", "predict_at", "standardised")
    errors: Any = spec.errors or "kernel"
    return declared(partial(quantile_regression, errors=errors), name, spec, panel, rows, *keys)
