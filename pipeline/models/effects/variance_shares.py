"""Effects in standard deviations within people and between them, and the share of either variance that they explain.

How much people differ from each other is another quantity than how much one person changes: an effect in standard
deviations names which of the two it is measured in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack, cast

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.covariance import Correction
from pipeline.models.declared import CLUSTERS, ModelSpec
from pipeline.models.inference import Term, inference
from pipeline.models.mechanisms.equations import Equation, Stacked, stacked
from pipeline.models.mechanisms.levels import level_rows
from pipeline.models.mechanisms.resampling import Moments, bootstrap_counts, percentile_interval
from pipeline.models.options import WeightedRows, taken
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.weighting import Weighted
from pipeline.specs.mediation import VarianceShares
from pipeline.tables import estimates as estimates_table

LEVELS = ("within", "between")
TOGETHER = "exposures"
"""The term of the share that all exposures explain together."""


@public(ordered=True)
def variance_shares(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    draws: int = 2000,
    seed: int = 1,
    correction: Correction = "hc1",
    confidence: float = 0.95,
    model: str = "variance_shares",
    **options: Unpack[WeightedRows],
) -> pl.DataFrame:
    """One row per exposure and level: its effect in standard deviations, and the share of the variance it explains.

    ``standardised_within``: b_w SD_w(x) / SD_w(y), b_w the coefficient of ``fixed_effects`` and SD_w the standard
    deviation of deviations from persons' means; ``standardised_between`` the same of persons' means (``between``).
    Standard deviations count as known. ``explained_within``: the fall of the residual sum of squares when the exposure
    is added last, over the sum of squares of the outcome's change within people; ``explained_between`` likewise of the
    difference between people; several exposures also together (``term`` exposures). Intervals of shares come from
    ``draws`` of clusters with replacement; one that does not hold its share is left out.

    Raises ModelError as ``mediation`` does.

    >>> import polars as pl
    >>> from pipeline.models import variance_shares
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d"], "wave": ["w01", "w02"] * 4,
    ...     "contact": [1.0, 2, 2, 4, 3, 3, 5, 4], "trust": [2.0, 3, 3, 4, 2, 2, 4, 4],
    ... })
    >>> table = variance_shares(panel, "trust", ["contact"], wave_effects=False, draws=1000)
    >>> table.filter(component="explained_within")["estimate"].round(3).to_list()
    [0.75]
    """
    chosen = taken(WeightedRows, options)
    if chosen.get("contrasts"):
        raise ModelError("shares of variance take no contrasts", where="contrasts", todo="Leave them out.")
    data = regression_data(frame, outcome, exposures, covariates, **chosen)
    equations = _equations(data, exposures, outcome)
    fit = stacked(equations, data, correction)
    rows: list[Mapping[str, object]] = []
    for one in equations:
        rows += _standardised(one, fit, exposures, data, confidence)
        rows += _explained(one, exposures, data, draws, seed, confidence)
    basis = data.basis("", confidence)
    rows.append(basis.row(Term("sample", "rows_left_out"), estimate=float(data.n_left_out), covariance=None))
    return estimates_table(rows, model=model, family="variance_shares", outcome=outcome)


def _equations(data: RegressionData, exposures: Sequence[str], outcome: str) -> list[Equation]:
    found: list[Equation] = []
    for level in LEVELS:
        rows = level_rows(data, level, (*exposures, outcome))
        columns = (*rows.always, *(rows.names[name] for name in exposures))
        found.append(Equation(rows, outcome, columns, sum(len(one.columns) for one in found)))
        if found[-1].df < 1:
            raise ModelError("more parameters than observations", where=outcome, count=rows.size)
        matrix = rows.values[:, columns] * np.sqrt(rows.weights)[:, None]
        check_rank(matrix, [rows.terms[column] for column in columns], f"{outcome}, {level}")
    return found


def _standardised(
    one: Equation, fit: Stacked, exposures: Sequence[str], data: RegressionData, confidence: float
) -> list[dict[str, object]]:
    level = one.level
    basis = replace(data.basis(f"{fit.described}; t intervals", confidence), n_obs=level.size)
    centred = level.values - np.average(level.values, axis=0, weights=level.weights)
    spread = np.sqrt(np.average(centred**2, axis=0, weights=level.weights))
    rows = []
    for name in exposures:
        place = fit.places[level.level, one.explained, name]
        times = spread[level.names[name]] / spread[one.target]
        error = float(np.sqrt(fit.covariance[place, place]))
        term = Term(f"standardised_{level.level}", name, note=fit.note)
        rows.append(basis.row(term, **inference(fit.estimates[place] * times, error * times, one.df, confidence)))
    return rows


def _explained(
    one: Equation, exposures: Sequence[str], data: RegressionData, draws: int, seed: int, confidence: float
) -> list[dict[str, object]]:
    level = one.level
    clusters = data.person if data.clusters is None or data.clusters.ndim == 2 else data.clusters
    moments = Moments.of(level, clusters)
    n_clusters = len(moments.sums)
    words = f"bootstrap of {n_clusters:,} clusters, {draws:,} draws, seed {seed}; percentile intervals"
    basis = replace(data.basis(words, confidence), n_obs=level.size)
    named = {name: [level.names[name]] for name in exposures}
    named |= {TOGETHER: [level.names[name] for name in exposures]} if len(exposures) > 1 else {}
    counts = np.vstack([np.ones((1, n_clusters)), *bootstrap_counts([moments], draws, seed)])
    shares = {name: _shares(one, moments, counts, left_out) for name, left_out in named.items()}
    rows = []
    for name, found in shares.items():
        estimate, drawn = float(found[0]), found[1:][np.isfinite(found[1:])]
        low, high = percentile_interval(drawn, confidence) if len(drawn) > draws / 2 else (np.inf, np.inf)
        held = low <= estimate <= high
        ends = {"conf_low": low, "conf_high": high, "std_error": float(drawn.std(ddof=1))} if held else {}
        note = None if held else "the simulated interval does not hold the estimate, and is withheld"
        rows.append(basis.row(Term(f"explained_{level.level}", name, note=note), estimate=estimate, **ends))
    return rows


AT_ONCE = 250


def _shares(one: Equation, moments: Moments, counts: np.ndarray, left_out: Sequence[int]) -> np.ndarray:
    """Of each draw, the fall of the residual sum of squares by columns ``left_out``, over the centred total."""
    found = []
    fewer = [column for column in one.columns if column not in left_out]
    base = [column for column in one.level.always if one.level.terms[column].component == "intercept"]
    for at in range(0, len(counts), AT_ONCE):
        products = moments.products(counts[at : at + AT_ONCE])
        total, without, full = (_rest(products, columns, one.target) for columns in (base, fewer, list(one.columns)))
        with np.errstate(divide="ignore", invalid="ignore"):  # a draw of people who never change
            found.append((without - full) / total)
    return np.concatenate(found)


def _rest(products: np.ndarray, columns: Sequence[int], target: int) -> np.ndarray:
    """The residual sum of squares of the target on the columns, of each draw."""
    whole = products[:, target, target]
    if not columns:
        return np.asarray(whole)
    right = products[:, list(columns), target]
    matrix = products[:, list(columns)][:, :, list(columns)]
    return np.asarray(whole - np.einsum("dk,dkl,dl->d", right, np.linalg.pinv(matrix, hermitian=True), right))


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, __: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    declared = cast(VarianceShares, spec)
    return variance_shares(
        panel,
        str(declared.outcome),
        declared.exposures,
        declared.covariates,
        draws=declared.draws,
        seed=declared.seed,
        correction=declared.correction,
        categorical=declared.categorical,
        wave_effects=declared.wave_effects,
        cluster=CLUSTERS.get(declared.cluster, declared.cluster),
        weights=declared.weights,
        confidence=declared.confidence,
        model=name,
    )
