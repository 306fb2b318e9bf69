"""Effects of several places taken together: a random-effects summary, its heterogeneity, its moderators.

y_i = x_i b + u_i + e_i, var(u) = tau², var(e_i) = v_i known. R: ``metafor::rma.uni``. Ours, since no kept Python
library has REML with the adjustment of Hartung and Knapp, moderators and prediction intervals; metafor is the judge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.index.programmes.effect_rows import Effects, effects_of
from pipeline.index.programmes.errors import refused
from pipeline.index.programmes.heterogeneity import (
    ESTIMATORS,
    Array,
    Weighted,
    log_likelihood,
    q_profile,
    sizes,
    standard_error,
    weighted,
)

Method = Literal["REML", "ML", "DL", "PM", "EB", "HE", "SJ", "HS", "FE"]
Test = Literal["knha", "adhoc", "t", "z"]
Prediction = Literal["same", "k_minus_2", "hts"]
ADJUSTED = ("knha", "adhoc")


@dataclass(frozen=True)
class MetaAnalysis:
    """A fitted summary. ``coefficients``: a row per term with its interval; shares (``i2``, ``r2``) run from 0 to 1.

    ``q``: the test of (residual) heterogeneity; ``qm``: that of the moderators, F with ``qm_df`` where errors are
    adjusted, else chi squared. ``factor``: what Hartung and Knapp multiply the variance by. ``prediction``: the
    interval of the true effect of a new place, of a model without moderators (``predict`` has those with).
    """

    method: str
    test: str
    coefficients: pl.DataFrame
    k: int
    tau2: float
    tau2_error: float | None
    tau2_low: float | None
    tau2_high: float | None
    i2: float
    i2_low: float | None
    i2_high: float | None
    h2: float
    h2_low: float | None
    h2_high: float | None
    q: float
    q_df: int
    q_p_value: float | None
    qm: float | None
    qm_df: tuple[float, float | None] | None
    qm_p_value: float | None
    r2: float | None
    factor: float
    log_likelihood: float | None
    weights: tuple[float, ...]
    """Percent, in the order of the effects that were used."""
    prediction: tuple[float, float] | None
    prediction_df: float | None
    confidence: float
    note: str
    _fit: _Fit = field(repr=False)

    @property
    def estimate(self) -> float:
        """The pooled effect; with moderators, the intercept."""
        return float(self.coefficients["estimate"][0])

    @property
    def std_error(self) -> float:
        """Of the first coefficient."""
        return float(self.coefficients["std_error"][0])

    def predict(self, at: Mapping[str, float] | None = None) -> dict[str, float | None]:
        """The mean effect at these values of the moderators, with its interval and that of a new place there."""
        return self._fit.predicted(dict(at or {}), self.confidence)


@public(infinite=True)
def meta_analysis(
    frame: pl.DataFrame,
    estimate: str = "estimate",
    *,
    std_error: str | None = None,
    variance: str | None = None,
    moderators: Sequence[str] = (),
    method: Method = "REML",
    test: Test = "knha",
    prediction: Prediction = "same",
    shared: float = 0.0,
    confidence: float = 0.95,
) -> MetaAnalysis:
    """The effects of a frame, one a row, summarised.

    ``std_error`` or ``variance`` names the column of sampling errors. ``method``: REML, ML, DerSimonian–Laird, Paule–
    Mandel, empirical Bayes, Hedges, Sidik–Jonkman, Hunter–Schmidt, or ``FE``, one effect for all. ``moderators``:
    numbers, or text as categories against the first in the alphabet. ``test``: ``knha`` (Hartung and Knapp: t with k -
    p), ``adhoc`` (the same, never narrower than without), ``t``, ``z`` (Wald). ``prediction``: ``same`` (the quantile
    of the interval, as metafor), ``k_minus_2`` (t with k - p - 1: metafor's "Riley"), ``hts`` (the same with the
    unadjusted standard error: Higgins, Thompson and Spiegelhalter 2009). ``shared``: the sampling variance that all
    effects have in common, where one comparison group serves all places; it is part of each ``variance``, is no
    heterogeneity, and does not average out.

    Rows without an effect or its error are left out, and counted in the note. Raises CohesionError for fewer effects
    than the model needs, errors that are not above zero, collinear moderators, or effects so alike that ``knha`` gives
    an interval of no width.

    >>> import polars as pl
    >>> from pipeline.index import meta_analysis
    >>> places = pl.DataFrame({"estimate": [0.30, 0.10, 0.25, 0.05], "se": [0.1, 0.1, 0.1, 0.1]})
    >>> round(meta_analysis(places, std_error="se", method="DL").estimate, 3)
    0.175
    """
    data = effects_of(frame, estimate, std_error, variance, moderators, shared)
    k, p = sizes(data.X)
    _require_enough(k, p, method, test)
    tau2 = ESTIMATORS[method](data.y, data.v, data.X) if k > p else 0.0
    fit = weighted(data.y, data.v, data.X, tau2)
    factor = _factor(data, fit, test)
    made = _Fit(data, fit, tau2, factor, test, prediction, shared, method)
    return _summary(made, confidence)


@dataclass(frozen=True)
class _Fit:
    """What a summary is made from."""

    data: Effects
    fit: Weighted
    tau2: float
    factor: float
    test: str
    form: str
    shared: float
    method: str

    @property
    def df(self) -> int:
        return len(self.data.y) - len(self.data.terms)

    def variance(self, x: Array, *, adjusted: bool = True) -> float:
        """Of the mean effect at ``x``, with what all effects share."""
        own = float(x @ self.fit.covariance @ x) * (self.factor if adjusted else 1.0)
        return own + self.shared * float(x[0]) ** 2 if self.shared else own

    def error_df(self, x: Array) -> float:
        """Degrees of freedom of the mean at ``x``: Satterthwaite's, where a part of its variance is the shared one."""
        if self.test == "z":
            return math.inf
        own = float(x @ self.fit.covariance @ x) * self.factor
        if not self.shared or own == 0:
            return float(self.df)
        return self.df * (self.variance(x) / own) ** 2

    def predicted(self, at: dict[str, float], confidence: float) -> dict[str, float | None]:
        x = self.data.row(at)
        mean, error = float(x @ self.fit.coefficients), math.sqrt(self.variance(x))
        half = quantile(confidence, self.error_df(x)) * error
        low, high = self.prediction(x, confidence) or (None, None)
        return {
            "estimate": mean, "std_error": error, "conf_low": mean - half, "conf_high": mean + half,
            "prediction_low": low, "prediction_high": high,
        }  # fmt: skip

    @property
    def prediction_df(self) -> float | None:
        """Of the prediction interval; none where there are too few effects for one."""
        if self.method == "FE":
            return None
        if self.form == "same":
            return math.inf if self.test == "z" else float(self.df)
        return float(self.df - 1) if self.df > 1 else None

    def prediction(self, x: Array, confidence: float) -> tuple[float, float] | None:
        df = self.prediction_df
        if df is None or self.data.X.shape[0] < 3:
            return None
        mean = float(x @ self.fit.coefficients)
        half = quantile(confidence, df) * math.sqrt(self.variance(x, adjusted=self.form != "hts") + self.tau2)
        return mean - half, mean + half


def quantile(confidence: float, df: float) -> float:
    """Of t, or of the normal distribution where ``df`` is infinite."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + confidence) / 2
    return float(ndtri(upper) if math.isinf(df) else stdtrit(df, upper))


def p_value(statistic: float, df: float) -> float:
    """Of both sides."""
    from scipy.special import ndtr, stdtr

    return float(2 * (ndtr(-abs(statistic)) if math.isinf(df) else stdtr(df, -abs(statistic))))


def _require_enough(k: int, p: int, method: str, test: str) -> None:
    if k == 1 and method == "FE" and p == 1 and test == "z":
        return
    if k == 1:
        raise refused(
            "one effect alone cannot be pooled: nothing says how places differ",
            todo='Print it as it is; or method="FE", test="z" gives it back with its own interval.',
        )
    if k <= p:
        raise refused(f"{k} effects are too few for {p} coefficients", todo="Leave moderators out, or add places.")


def _factor(data: Effects, fit: Weighted, test: str) -> float:
    """What the variance is multiplied by: the mean weighted squared residual, for Hartung and Knapp."""
    if test not in ADJUSTED:
        return 1.0
    k, p = sizes(data.X)
    factor: float = fit.q / (k - p)
    if test == "adhoc":
        return max(factor, 1.0)
    if factor <= 1e-14:
        raise refused(
            "the effects are so alike that the interval of Hartung and Knapp would have no width",
            todo='Give test="adhoc", which is never narrower than without the adjustment.',
        )
    return factor


def _summary(made: _Fit, confidence: float) -> MetaAnalysis:
    data, tau2 = made.data, made.tau2
    k, p = sizes(data.X)
    typical = (k - p) / weighted(data.y, data.v, data.X).trace if k > p else math.inf
    q = weighted(data.y, data.v, data.X).q if k > p else 0.0
    bounds, impossible = _interval(made, confidence)
    i2, h2 = _shares(made, q, typical)
    qm, qm_df, qm_p = _moderated(made)
    likely = made.method in ("REML", "ML")
    alone = p == 1 and data.intercept
    share = 100 * made.fit.weights / made.fit.weights.sum()
    return MetaAnalysis(
        method=made.method,
        test=made.test,
        coefficients=_coefficients(made, confidence),
        k=k,
        tau2=tau2,
        tau2_error=standard_error(data.y, data.v, data.X, tau2, made.method) if k > p else None,
        tau2_low=bounds[0],
        tau2_high=bounds[1],
        i2=i2,
        i2_low=_share(bounds[0], typical),
        i2_high=_share(bounds[1], typical),
        h2=h2,
        h2_low=_ratio(bounds[0], typical),
        h2_high=_ratio(bounds[1], typical),
        q=q,
        q_df=k - p,
        q_p_value=_chi2(q, k - p) if k > p else None,
        qm=qm,
        qm_df=qm_df,
        qm_p_value=qm_p,
        r2=_explained(made),
        factor=made.factor,
        log_likelihood=log_likelihood(data.y, data.v, data.X, tau2, restricted=made.method == "REML")
        if likely
        else None,
        weights=tuple(float(one) for one in share),
        prediction=made.prediction(data.X[0], confidence) if alone else None,
        prediction_df=made.prediction_df if alone and k > 2 else None,
        confidence=confidence,
        note="; ".join(_notes(made, impossible)),
        _fit=made,
    )


def _coefficients(made: _Fit, confidence: float) -> pl.DataFrame:
    rows = []
    for place, term in enumerate(made.data.terms):
        x = np.zeros(len(made.data.terms))
        x[place] = 1.0
        value, error, df = float(made.fit.coefficients[place]), math.sqrt(made.variance(x)), made.error_df(x)
        half = quantile(confidence, df) * error
        rows.append(
            {
                "term": term, "estimate": value, "std_error": error, "statistic": value / error,
                "df": None if math.isinf(df) else df, "p_value": p_value(value / error, df),
                "conf_low": value - half, "conf_high": value + half,
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"df": pl.Float64})


def _interval(made: _Fit, confidence: float) -> tuple[tuple[float | None, float | None], bool]:
    if made.method == "FE" or made.df < 1:
        return (None, None), False
    low, high, impossible = q_profile(made.data.y, made.data.v, made.data.X, confidence)
    return (low, high), impossible


def _shares(made: _Fit, q: float, typical: float) -> tuple[float, float]:
    if made.df < 1:
        return 0.0, 1.0
    if made.method == "FE":
        return (max(0.0, 1 - made.df / q) if q > 0 else 0.0), q / made.df
    return made.tau2 / (typical + made.tau2), made.tau2 / typical + 1


def _share(tau2: float | None, typical: float) -> float | None:
    return None if tau2 is None else tau2 / (typical + tau2)


def _ratio(tau2: float | None, typical: float) -> float | None:
    return None if tau2 is None else tau2 / typical + 1


def _moderated(made: _Fit) -> tuple[float | None, tuple[float, float | None] | None, float | None]:
    """The joint test of all coefficients but the intercept."""
    from scipy.stats import f

    first = 1 if made.data.intercept else 0
    many = len(made.data.terms) - first
    if not many or made.df < 1:
        return None, None, None
    b, inner = made.fit.coefficients[first:], made.fit.covariance[first:, first:] * made.factor
    value = float(b @ np.linalg.solve(inner, b))
    if made.test == "z":
        return value, (many, None), _chi2(value, many)
    return value / many, (many, float(made.df)), float(f.sf(value / many, many, made.df))


def _explained(made: _Fit) -> float | None:
    """The share of the variance between effects that the moderators account for."""
    if made.method == "FE" or len(made.data.terms) < 2 or not made.data.intercept:
        return None
    alone = np.ones((len(made.data.y), 1))
    without = ESTIMATORS[made.method](made.data.y, made.data.v, alone)
    return max(0.0, (without - made.tau2) / without) if without > 0 else 0.0


def _chi2(value: float, df: float) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(value, df))


def _notes(made: _Fit, impossible: bool) -> list[str]:
    notes = []
    if made.data.left_out:
        rows = "1 row" if made.data.left_out == 1 else f"{made.data.left_out} rows"
        notes.append(f"left out: {rows} without an effect, its error or a moderator")
    if made.tau2 == 0 and made.method != "FE":
        notes.append("no variance between effects beyond chance is found, which few effects do not rule out")
    if impossible:
        notes.append("effects are more alike than chance lets expect: the interval of tau squared holds no value")
    if made.test == "knha" and made.factor < 1:
        notes.append("the adjustment narrows the interval, since effects are more alike than their errors")
    if made.test in ADJUSTED and made.df < 3:
        notes.append(f"{made.df} degree{'s' if made.df > 1 else ''} of freedom: the interval is very wide by itself")
    return notes
