"""How well a model fits, under lavaan's names and conventions.

``*.scaled`` use the scaled statistic (MLR); ``*.robust`` are the population-consistent versions: Brosseau-Liard &
Savalei (2014) for complete answers, Zhang & Savalei (2023) for incomplete ones (version 3 with MLR, 6 with ML).
"""

from __future__ import annotations

import numpy as np

from pipeline.sem.engine.baseline import baseline
from pipeline.sem.engine.chisquare import ChiSquare, chi_square, upper_tail
from pipeline.sem.engine.fiml_corrected import Corrected, corrected
from pipeline.sem.engine.fit_absolute import absolute_measures
from pipeline.sem.engine.residuals import residual_summaries
from pipeline.sem.engine.state import State

Excess = tuple[float, int] | tuple[float, int, float]
"""A statistic, its df and, for robust indices, the scaling c they divide by (else 1)."""


def fit_measures(state: State) -> dict[str, float]:
    """Every measure by lavaan's name. N is the number of persons, all groups together."""
    test = chi_square(state)
    null_state = baseline(state)
    null = chi_square(null_state)
    measures: dict[str, float] = {"npar": state.model.npar, "fmin": test.statistic / (2 * state.data.n)}
    measures |= {"chisq": test.statistic, "df": test.df, "pvalue": test.p}
    if state.robust:
        measures |= {
            "chisq.scaled": test.scaled, "df.scaled": test.df, "pvalue.scaled": test.scaled_p,
            "chisq.scaling.factor": test.scaling,
        }  # fmt: skip
    measures |= _baseline_measures(null, state.robust)
    measures |= _comparative(test, null, state)
    measures |= _likelihood_measures(state, test)
    measures |= _rmsea_measures(test, state) | absolute_measures(state, test.statistic, test.df)
    if state.data.missing == "fiml" or state.robust:
        measures |= _robust_measures(state, null_state, test, null)
    return measures | residual_summaries(state)


def _baseline_measures(null: ChiSquare, robust: bool) -> dict[str, float]:
    measures = {"baseline.chisq": null.statistic, "baseline.df": null.df, "baseline.pvalue": null.p}
    if robust:
        measures |= {
            "baseline.chisq.scaled": null.scaled, "baseline.df.scaled": null.df,
            "baseline.pvalue.scaled": null.scaled_p, "baseline.chisq.scaling.factor": null.scaling,
        }  # fmt: skip
    return measures


def _comparative(test: ChiSquare, null: ChiSquare, state: State) -> dict[str, float]:
    measures = indices((test.statistic, test.df), (null.statistic, null.df), "")
    if state.robust:
        measures |= indices((test.scaled, test.df), (null.scaled, null.df), ".scaled")
    return measures


def indices(model: Excess, null: Excess, suffix: str) -> dict[str, float]:
    """CFI, TLI and relatives from χ², df and c: excess = χ² − c · df."""
    (statistic, df), (zero, zero_df) = model[:2], null[:2]
    excess = statistic - (model[2] if len(model) > 2 else 1.0) * df
    null_excess = zero - (null[2] if len(null) > 2 else 1.0) * zero_df
    top, bottom = max(excess, 0.0), max(excess, null_excess, 0.0)
    cfi = 1.0 if bottom == 0 or top == 0 else 1 - top / bottom
    tli = 1 - excess * zero_df / (null_excess * df) if df > 0 and null_excess != 0 else 1.0
    rni = 1 - excess / null_excess if null_excess != 0 else np.nan
    measures = {f"cfi{suffix}": cfi, f"tli{suffix}": tli, f"nnfi{suffix}": tli, f"rni{suffix}": rni}
    if suffix == ".robust":
        return measures
    return measures | _proportions((statistic, df), (zero, zero_df), suffix)


def _proportions(model: tuple[float, int], null: tuple[float, int], suffix: str) -> dict[str, float]:
    """NFI, PNFI, IFI and RFI; the first and last are not defined for a model with more df than the baseline."""
    (statistic, df), (zero, zero_df) = model, null
    nfi = (zero - statistic) / zero if zero > 0 else np.nan
    rfi = min(1 - (statistic / df) / (zero / zero_df), 1.0) if df > 0 and zero_df > 0 and zero > 0 else 1.0
    if df > 0 and zero_df > 0 and zero / zero_df < statistic / df:
        rfi = 1.0  # lavaan's word for a model worse than the baseline
    measures = {f"nfi{suffix}": nfi if df > 0 else 1.0, f"pnfi{suffix}": df / zero_df * nfi if zero_df else np.nan}
    measures[f"ifi{suffix}"] = 1.0 if zero < df else (zero - statistic) / (zero - df) if zero != df else np.nan
    measures[f"rfi{suffix}"] = rfi
    if df > zero_df:
        measures |= {f"nfi{suffix}": np.nan, f"rfi{suffix}": np.nan}
    return measures


def _likelihood_measures(state: State, test: ChiSquare) -> dict[str, float]:
    """``scaling.factor.h0`` divides by the parameters before equality constraints, as lavaan 0.6 does; the
    ``.constrained`` one by those after, as Mplus does: only that one may enter a
    scaled difference of log-likelihoods.
    """
    loglik, npar, n = state.optimum.loglik, state.model.npar, state.data.n
    measures = {
        "logl": loglik,
        "unrestricted.logl": sum(h1.loglik for h1 in state.saturated),
        "aic": -2 * loglik + 2 * npar,
        "bic": -2 * loglik + npar * np.log(n),
        "ntotal": n,
        "bic2": -2 * loglik + npar * np.log((n + 2) / 24),
    }
    if test.trace_saturated is not None and test.trace_model is not None:
        measures["scaling.factor.h1"] = test.trace_saturated / state.moments
        measures["scaling.factor.h0"] = test.trace_model / len(state.theta)
        measures["scaling.factor.h0.constrained"] = test.trace_model / npar
    return measures


def _rmsea_measures(test: ChiSquare, state: State) -> dict[str, float]:
    n, groups = state.data.n, len(state.data.groups)
    measures = rmsea(test.statistic, test.df, n, groups, "")
    if test.trace is not None:
        measures |= rmsea(test.statistic, test.trace, n, groups, ".scaled")
    return measures


def rmsea(
    statistic: float, df: float, n: int, groups: int, suffix: str, scaling: float = 1.0, scaled: float | None = None
) -> dict[str, float]:
    """RMSEA, its 90 % interval and the tests of close (≤ .05) and not close (≥ .08) fit.

    √(G · max(χ²/(N df) − c/N, 0)) (Steiger 1998 for G groups); the interval from the noncentral χ² distribution of
    the ``scaled`` statistic (χ²/c), as lavaan.
    """
    bound = statistic if scaled is None else scaled
    measures = {f"rmsea{suffix}": 0.0, f"rmsea.ci.lower{suffix}": 0.0, f"rmsea.ci.upper{suffix}": 0.0}
    names = (f"rmsea.pvalue{suffix}", f"rmsea.notclose.pvalue{suffix}")
    if not df > 0 or not np.isfinite(statistic):
        return measures | dict.fromkeys(names, np.nan)
    per_unit = groups * scaling / (n * df)
    measures[f"rmsea{suffix}"] = np.sqrt(max(statistic / n / df - scaling / n, 0.0) * groups)
    measures[f"rmsea.ci.lower{suffix}"] = np.sqrt(per_unit * _noncentrality(bound, df, 0.95))
    measures[f"rmsea.ci.upper{suffix}"] = np.sqrt(per_unit * _noncentrality(bound, df, 0.05))
    measures[names[0]] = upper_tail(bound, df, 0.05**2 / per_unit)
    measures[names[1]] = 1 - upper_tail(bound, df, 0.08**2 / per_unit)
    return measures


def _noncentrality(statistic: float, df: float, share: float) -> float:
    """λ at which P(χ²(df, λ) ≤ statistic) = share; 0 if no λ reaches it."""
    from scipy.special import chndtr

    def off(value: float) -> float:
        return float(chndtr(statistic, df, value)) - share

    if off(0.0) <= 0:
        return 0.0
    low, high = 0.0, max(4 * statistic, 10.0)
    while off(high) > 0:
        low, high = high, 2 * high
    while high - low > 1e-10 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if off(middle) > 0 else (low, middle)
    return 0.5 * (low + high)


def _robust_measures(state: State, null_state: State, test: ChiSquare, null: ChiSquare) -> dict[str, float]:
    if state.data.missing == "fiml":
        own, free = corrected(state), _corrected_once(null_state)
    else:
        own = Corrected(test.statistic, test.df, test.scaling)
        free = Corrected(null.statistic, null.df, null.scaling)
    measures = indices((own.statistic, own.df, own.scaling), (free.statistic, free.df, free.scaling), ".robust")
    n, groups = state.data.n, len(state.data.groups)
    scaled = own.statistic / own.scaling if own.scaling else own.statistic
    return measures | rmsea(own.statistic, own.df, n, groups, ".robust", own.scaling, scaled)


def _corrected_once(null_state: State) -> Corrected:
    """The correction of the baseline model, made once for the models of the same answers."""
    key = ("baseline corrected", null_state.exogenous, null_state.estimator, null_state.kind)
    found = null_state.data.found
    if key not in found:
        found[key] = corrected(null_state)
    known: Corrected = found[key]
    return known
