"""The response model: a logit of response on earlier answers, and how far the responders differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.weights.encoding import Encoded, Missing, encode
from pipeline.weights.logit import Logit, fit_logit
from pipeline.weights.responded import response_of

SMALL_ODDS_RATIO = 1.68
"""An odds ratio below this (and above 1 / this) is small: it corresponds to Cohen's d of 0.2 at a base rate of 1 %.

Chen, Cohen & Chen (2010), Communications in Statistics 39(4), 860-864, table 1; medium 3.47, large 6.71.
"""
MEDIUM_ODDS_RATIO, LARGE_ODDS_RATIO = 3.47, 6.71


@dataclass(frozen=True)
class ResponseModel:
    """A fitted response model. ``probability`` has one value per row of the frame, NaN where a row was not used."""

    encoded: Encoded
    logit: Logit
    response: np.ndarray
    weights: np.ndarray
    probability: np.ndarray

    @property
    def n(self) -> int:
        return len(self.response)

    @property
    def auc(self) -> float:
        """The probability that a responder has a higher fitted probability than a non-responder (ties count half)."""
        return auc(self.logit.probability, self.response)

    @property
    def r_indicator(self) -> float:
        """1 - 2 S(p): 1 when everyone is as likely to respond. Schouten, Cobben & Bethlehem (2009)."""
        return 1 - 2 * float(np.std(self.logit.probability, ddof=1))

    def odds_ratios(self, *, level: float = 0.95) -> pl.DataFrame:
        """One row per term: log odds, standard error, z, p, odds ratio with interval, and its size in words.

        ``odds_ratio_per_sd`` is per standard deviation of a number (the same as ``odds_ratio`` for a category), so
        that terms can be compared in one figure; ``size`` classifies it by Chen, Cohen & Chen's bands.
        """
        return _odds_ratios(self.encoded, self.logit, level)

    def summary(self) -> pl.DataFrame:
        """One row: n, responded, rate, AUC, R-indicator, spread of p, likelihood ratio test, McFadden's R²."""
        from scipy.special import gammaincc

        fit, p = self.logit, self.logit.probability
        chi2, df = 2 * (fit.log_likelihood - fit.null_log_likelihood), len(fit.coefficients) - 1
        return pl.DataFrame(
            {
                "n": [self.n],
                "left_out": [int((~self.encoded.used).sum())],
                "responded": [int(self.response.sum())],
                "response_rate": [float(self.response.mean())],
                "auc": [self.auc],
                "r_indicator": [self.r_indicator],
                "r_indicator_population": [1 - 2 * float(np.std(p))],
                "cv_probability": [float(np.std(p, ddof=1) / np.mean(p))],
                "log_likelihood": [fit.log_likelihood],
                "null_log_likelihood": [fit.null_log_likelihood],
                "lr_chi2": [chi2],
                "lr_df": [df],
                "lr_p": [float(gammaincc(df / 2, max(chi2, 0.0) / 2)) if df else None],
                "mcfadden_r2": [1 - fit.log_likelihood / fit.null_log_likelihood],
            }
        )


def response_model(
    frame: pl.DataFrame,
    responded: str,
    predictors: Sequence[str],
    *,
    base_weight: str | None = None,
    reference: Mapping[str, str] | None = None,
    missing: Missing = "complete",
) -> ResponseModel:
    """The logit of ``responded`` (true/false or 1/0) on ``predictors``: R's ``glm(..., binomial)``.

    ``frame`` has one row per person who could have responded. ``missing`` as in ``encode``: ``"complete"`` describes
    who left, ``"indicator"`` gives every person a probability, as weights need. With ``base_weight`` the
    likelihood is weighted (weights scaled to mean one; the standard errors then take the weights as counts).
    """
    response_of(frame, responded)
    encoded = encode(frame, predictors, reference=reference, missing=missing)
    rows = frame.filter(pl.Series(encoded.used))
    response = rows[responded].cast(pl.Float64).to_numpy()
    weights = np.ones(len(response))
    if base_weight is not None:
        weights = rows[base_weight].cast(pl.Float64).to_numpy()
        weights = weights / weights.mean()
    logit = fit_logit(encoded.matrix, response, weights, terms=encoded.terms)
    probability = np.full(frame.height, np.nan)
    probability[encoded.used] = logit.probability
    return ResponseModel(encoded, logit, response, weights, probability)


def auc(score: np.ndarray, response: np.ndarray) -> float:
    """Area under the ROC curve from mid-ranks (Mann and Whitney)."""
    order = np.argsort(score, kind="stable")
    _, inverse, counts = np.unique(score[order], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = np.empty(len(score))
    ranks[order] = (ends - (counts - 1) / 2)[inverse]
    ones = response == 1
    n1, n0 = int(ones.sum()), int((~ones).sum())
    return float((ranks[ones].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def _odds_ratios(encoded: Encoded, fit: Logit, level: float) -> pl.DataFrame:
    from scipy.special import erfc, ndtri

    estimate, error = fit.coefficients, np.sqrt(np.diag(fit.covariance))
    half = ndtri(0.5 + level / 2) * error
    number = np.array([name is None for name in encoded.levels])
    number[0] = False
    spread = np.where(number, encoded.matrix.std(axis=0, ddof=1), 1.0)
    table = pl.DataFrame(
        {
            "term": encoded.terms,
            "variable": encoded.variables,
            "level": pl.Series(encoded.levels, dtype=pl.String),
            "estimate": estimate,
            "std_error": error,
            "statistic": estimate / error,
            "p_value": erfc(np.abs(estimate / error) / np.sqrt(2)),
            "odds_ratio": np.exp(estimate),
            "odds_ratio_low": np.exp(estimate - half),
            "odds_ratio_high": np.exp(estimate + half),
            "odds_ratio_per_sd": np.exp(estimate * spread),
            "odds_ratio_per_sd_low": np.exp((estimate - half) * spread),
            "odds_ratio_per_sd_high": np.exp((estimate + half) * spread),
        }
    )
    away = pl.max_horizontal("odds_ratio_per_sd", 1 / pl.col("odds_ratio_per_sd"))
    size = pl.when(away < SMALL_ODDS_RATIO).then(pl.lit("small")).when(away < MEDIUM_ODDS_RATIO).then(pl.lit("medium"))
    return table.with_columns(size=pl.when(pl.col("term") != encoded.terms[0]).then(size.otherwise(pl.lit("large"))))
