"""Natural direct and indirect effects: mediation by potential outcomes, for mediators and outcomes coded 0 and 1 too.

δ(t) = E[Y(t, M(x₁)) − Y(t, M(x₀))] is the indirect effect with the exposure held at t, ζ(t) = E[Y(x₁, M(t)) −
Y(x₀, M(t))] the direct one, δ(x₁) + ζ(x₀) the total (Imai, Keele & Tingley 2010, Psychological Methods 15; R's
``mediation``).
Means are over the rows. A mediator's distribution is summed over (0 and 1) or integrated (its normal error, by
Gauss–Hermite quadrature) and not drawn, so that estimates have no simulation error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.covariance import FINITE, Correction, few_clusters
from pipeline.models.inference import Basis, Term, inference, joined
from pipeline.models.mechanisms.resampling import normal_draws, percentile_interval, two_sided_share
from pipeline.models.mechanisms.response import Response, fit_response
from pipeline.models.mechanisms.table import NEAR_ZERO, OPPOSED, TOO_SKEWED
from pipeline.models.mechanisms.timing import of_later_waves, order_note
from pipeline.models.options import WeightedRows, taken
from pipeline.models.regression_data import RegressionData, regression_data
from pipeline.models.within.least_squares import clustered
from pipeline.tables import estimates as estimates_table

NODES = 15
"""Points of the quadrature over the mediator's error."""
LEVELS = ("control", "treated")
LOG_ODDS = "in log odds"

Means = Mapping[tuple[int, int], np.ndarray]
"""(exposure's level, level that the mediator follows) → mean outcome of each draw."""


@public(ordered=True)
def natural_effects(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    mediators: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    values: tuple[float, float] = (0.0, 1.0),
    interaction: bool = False,
    draws: int = 1000,
    seed: int = 1,
    later: tuple[int, int] = (0, 0),
    correction: Correction = "hc1",
    confidence: float = 0.95,
    model: str = "mediation",
    **options: Unpack[WeightedRows],
) -> pl.DataFrame:
    """One row per natural effect of one exposure, from the first of ``values`` to the second, by one mediator.

    Variables coded 0 and 1 have logistic equations, others linear ones; ``interaction`` lets the mediator's coefficient
    depend on the exposure. ``indirect_effect`` and ``direct_effect`` have the other path held as under ``control`` and
    as ``treated``; ``total_indirect_effect`` and the direct effect without a group are the mean of both. Intervals are
    quasi-Bayesian: ``draws`` of all coefficients from their joint (clustered) normal distribution. ``later``: mediator
    and outcome from so many waves after the exposure.

    Raises ModelError for more than one exposure or mediator, values that are equal, outcomes that a term separates,
    and otherwise as ``pooled`` does.

    >>> import polars as pl
    >>> from pipeline.models.mechanisms.natural import natural_effects
    >>> people = pl.DataFrame({
    ...     "person_id": [str(one) for one in range(12)], "wave": "w01", "belief": [1.0, 2, 3, 4, 5, 6] * 2,
    ...     "anger": [1.0, 3, 2, 5, 4, 6, 2, 2, 4, 3, 6, 5], "complied": [1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0],
    ... })
    >>> table = natural_effects(people, "complied", ["belief"], ["anger"], values=(1, 2))
    >>> table.filter(component="total_indirect_effect")["estimate"].round(3).to_list()
    [0.059]
    """
    if len(exposures) != 1 or len(mediators) != 1 or {*exposures} & {*mediators, outcome} or outcome in mediators:
        raise ModelError("natural effects are of one exposure by one mediator on another outcome", where="mediators")
    if not np.isfinite(values).all() or values[0] == values[1]:
        raise ModelError("needs two different values of the exposure", where="values")
    chosen = taken(WeightedRows, options)
    frame = of_later_waves(frame, mediators, outcome, later, chosen)
    data = regression_data(frame, outcome, (*exposures, *mediators), covariates, **chosen)
    fit = _fitted(data, exposures[0], mediators[0], interaction, correction)
    draw = normal_draws(fit.estimates, fit.covariance, draws, seed)
    at = _effects(_means(fit, fit.estimates[None, :], values))
    drawn = _effects(_means(fit, draw, values))
    words = f"{fit.described}; intervals of effects quasi-Bayesian, {draws:,} draws, seed {seed}"
    basis = data.basis(words, confidence)
    notes = [order_note(*later), fit.note]
    rows = [*_path_rows(fit, data, confidence, notes), *_effect_rows(basis, fit, at, drawn, notes)]
    left_out = basis.row(Term("sample", "rows_left_out"), estimate=float(data.n_left_out), covariance=None)
    return estimates_table([*rows, left_out | {"outcome": outcome}], model=model, family="mediation")


@dataclass(frozen=True)
class _Both:
    """Both equations, with the joint covariance of their coefficients: first the mediator's, then the outcome's."""

    exposure: str
    mediator: str
    of_mediator: Response
    of_outcome: Response
    estimates: np.ndarray
    covariance: np.ndarray
    weights: np.ndarray
    described: str
    note: str | None


def _fitted(data: RegressionData, exposure: str, mediator: str, interaction: bool, correction: str) -> _Both:
    names = [term.term for term in data.terms]
    if names.count(exposure) != 1 or names.count(mediator) != 1:
        raise ModelError("must be a number to be an exposure or mediator", where=f"{exposure}, {mediator}")
    x, m = (data.matrix[:, names.index(name)] for name in (exposure, mediator))
    others = [place for place, name in enumerate(names) if name not in (exposure, mediator)]
    base, terms = data.matrix[:, others], [data.terms[place] for place in others]
    weights = np.ones(data.n_obs) if data.weights is None else data.weights / data.weights.mean()
    first = fit_response(m, np.column_stack([base, x]), [*terms, Term("path", exposure)], weights, mediator)
    columns, more = [base, x, m], [*terms, Term("path", exposure), Term("path", mediator)]
    if interaction:
        columns, more = [*columns, x * m], [*more, Term("path", f"{exposure} × {mediator}")]
    second = fit_response(data.outcome, np.column_stack(columns), more, weights, data.outcome_name)
    covariance, described, note = _covariance(data, first, second, correction)
    estimates = np.concatenate([first.estimates, second.estimates])
    return _Both(exposure, mediator, first, second, estimates, covariance, weights, described, note)


def _covariance(
    data: RegressionData, first: Response, second: Response, correction: str
) -> tuple[np.ndarray, str, str | None]:
    """Of both equations' coefficients together: errors of a recursive pair are independent, unless clustered."""
    if data.clusters is None:
        k = len(first.estimates)
        joint = np.zeros((k + len(second.estimates),) * 2)
        joint[:k, :k], joint[k:, k:] = first.classical, second.classical
        return joint, "independent errors (inverse information)", None
    if data.n_clusters == 1:
        raise ModelError("one cluster, so that clustered standard errors cannot be made", where=str(data.cluster_name))
    influence = [
        one.influence * np.sqrt(_factor(data.n_obs, len(one.estimates), correction)) for one in (first, second)
    ]
    joint = clustered(np.hstack(influence), data.clusters, stata=correction == "stata")
    if correction == "stata":
        joint *= data.n_obs / (data.n_obs - 1)
    words = f"clustered by {data.cluster_name} ({data.n_clusters:,} clusters), {FINITE[correction]}"
    return joint, words, few_clusters(data.n_clusters)


def _factor(n: int, k: int, correction: str) -> float:
    return {"none": 1.0, "hc1": n / (n - k), "stata": (n - 1) / (n - k)}[correction]


def _means(fit: _Both, draws: np.ndarray, values: tuple[float, float]) -> Means:
    """The mean potential outcome of each draw, at every pair of levels."""
    made: dict[tuple[int, int], list[float]] = {(t, s): [] for t in (0, 1) for s in (0, 1)}
    one, two = fit.of_mediator, fit.of_outcome
    k, at = len(one.estimates), len(one.terms) - 1
    base, share = one.matrix[:, :at], fit.weights / fit.weights.sum()
    nodes, masses = np.polynomial.hermite_e.hermegauss(NODES)
    masses = masses / masses.sum()
    for draw in draws:
        gamma, beta = draw[:k], draw[k:]
        eta_m, eta_y = base @ gamma[:at], two.matrix[:, :at] @ beta[:at]
        for s in (0, 1):
            follows = eta_m + gamma[at] * values[s]
            for t in (0, 1):
                start = eta_y + beta[at] * values[t]
                slope = beta[at + 1] + (beta[at + 2] * values[t] if len(beta) > at + 2 else 0.0)
                made[t, s].append(float(share @ _expected(one, two, follows, start, slope, nodes, masses)))
    return {pair: np.array(found) for pair, found in made.items()}


def _expected(
    one: Response, two: Response, follows: np.ndarray, start: np.ndarray, slope: float,
    nodes: np.ndarray, masses: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """E[Y] of each row where the mediator has the linear predictor ``follows``, Y the one ``start`` + ``slope`` M."""
    from scipy.special import expit

    if one.binary:
        chance = expit(follows)
        high, low = (two.inverse(start + slope), two.inverse(start))
        return np.asarray(chance * high + (1 - chance) * low)
    middle = start + slope * follows
    if not two.binary:
        return middle
    return np.asarray(expit(middle[:, None] + slope * one.sigma * nodes) @ masses)


def _effects(means: Means) -> dict[tuple[str, str | None], np.ndarray]:
    """(component, group) → effect of each draw."""
    indirect = [means[t, 1] - means[t, 0] for t in (0, 1)]
    direct = [means[1, s] - means[0, s] for s in (0, 1)]
    total, mediated = means[1, 1] - means[0, 0], (indirect[0] + indirect[1]) / 2
    found: dict[tuple[str, str | None], np.ndarray] = {}
    found |= {("indirect_effect", level): values for level, values in zip(LEVELS, indirect, strict=True)}
    found |= {("direct_effect", level): values for level, values in zip(LEVELS, direct, strict=True)}
    found["total_indirect_effect", None] = mediated
    found["direct_effect", None] = (direct[0] + direct[1]) / 2
    found["total_effect", None] = total
    found["proportion_mediated", None] = mediated / total
    return found


Effects = Mapping[tuple[str, str | None], np.ndarray]


def _effect_rows(
    basis: Basis, fit: _Both, at: Effects, drawn: Effects, notes: Sequence[str | None]
) -> list[dict[str, object]]:
    rows = []
    ends = percentile_interval(drawn["total_effect", None], basis.confidence)
    opposed = float(at["direct_effect", None][0] * at["total_indirect_effect", None][0]) < 0
    for (component, group), estimate in at.items():
        values = drawn[component, group]
        share = component == "proportion_mediated"
        low, high = percentile_interval(values, basis.confidence)
        held = low <= float(estimate[0]) <= high
        caution = None if held else TOO_SKEWED
        found: dict[str, object] = {"estimate": float(estimate[0]), "std_error": float(values.std(ddof=1))}
        found |= {"conf_low": low, "conf_high": high, "p_value": two_sided_share(values)} if held else {}
        if share and ends[0] <= 0 <= ends[1]:
            found, caution = {"estimate": None}, NEAR_ZERO
        elif share and opposed:
            caution = OPPOSED
        note = joined(*notes, caution)
        rows.append(basis.row(Term(component, fit.exposure, group=group), **found) | _of(fit.of_outcome, note))
    return rows


def _of(response: Response, note: str | None) -> dict[str, object]:
    return {"outcome": response.name, "note": note}


def _path_rows(
    fit: _Both, data: RegressionData, confidence: float, notes: Sequence[str | None]
) -> list[dict[str, object]]:
    """The coefficients of exposure and mediator, of a logistic equation in log odds."""
    basis = data.basis(f"{fit.described}; normal intervals", confidence)
    errors = np.sqrt(np.diag(fit.covariance))
    rows, at = [], 0
    for response in (fit.of_mediator, fit.of_outcome):
        note = joined(*notes, LOG_ODDS if response.binary else None)
        for place, term in enumerate(response.terms):
            if term.component == "path":
                values = inference(response.estimates[place], float(errors[at + place]), np.inf, confidence)
                rows.append(basis.row(replace(term, note=None), **values) | _of(response, note))
        at += len(response.terms)
    return rows


Function = Callable[..., pl.DataFrame]
