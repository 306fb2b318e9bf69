"""Intervals of area means: by t, or by the parametric bootstrap of Chatterjee, Lahiri and Li (2008)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.index.small_areas.area_variance import AreaLevel, FloatArray, Parts, VarianceMethod
from pipeline.index.small_areas.back_transformation import Back, Transformation, back, ends, value
from pipeline.index.small_areas.predicted import Predicted, errors

POSITIVE: VarianceMethod = "amrl_yl"
Interval = Literal["t", "normal", "bootstrap"]


@dataclass(frozen=True)
class Choice:
    """How the variance is estimated, on which scale, and which interval is given."""

    method: VarianceMethod
    transformation: Transformation
    back: Back
    interval: Interval
    confidence: float
    draws: int
    seed: int | None


def reach(confidence: float, df: int | None) -> float:
    """So many standard errors on each side: of t with ``df``, of the normal without."""
    from scipy.stats import norm, t

    tail = 0.5 + confidence / 2
    return float(norm.ppf(tail) if df is None else t.ppf(tail, df))


def errors_and_ends(
    model: AreaLevel, direct: FloatArray, found: Predicted, choice: Choice
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Standard errors and interval ends of all areas (M) on the original scale."""
    kind = choice.transformation
    _, error = back(kind, choice.back, found.eblup, found.mse, found.spread, found.sampled)
    if choice.interval == "bootstrap":
        centre, wide, drawn = _bootstrap(model, direct, found, choice)
        return (error if kind == "none" else drawn), *ends(kind, centre - wide, centre + wide)
    m, p = model.design.shape
    wide = reach(choice.confidence, m - p if choice.interval == "t" else None) * np.sqrt(found.mse)
    return error, *ends(kind, found.eblup - wide, found.eblup + wide)


def _bootstrap(
    model: AreaLevel, direct: FloatArray, found: Predicted, choice: Choice
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Centre and half width on the model's scale, standard error on the original one, for all areas (M).

    Areas and estimates are drawn anew from the model with A by ``amrl_yl`` and fitted again by it; the pivot is
    |theta - EBLUP| over sqrt(A D / (A + D)), over the root of the mean squared error where there is no sample. The
    standard error is that of the model's own method.
    """
    rng = np.random.default_rng(choice.seed)
    fitted = model.parts(model.variances(direct[None], POSITIVE), direct[None])
    centre, scale = _predict(fitted, found)
    middle = found.rows @ fitted.beta[0]
    theta = middle + np.sqrt(fitted.variance[0]) * rng.standard_normal((choice.draws, len(middle)))
    drawn = theta[:, found.sampled] + np.sqrt(model.sampling) * rng.standard_normal((choice.draws, len(direct)))
    again = model.parts(model.variances(drawn, POSITIVE), drawn)
    centres, scales = _predict(again, found)
    wide = np.quantile(np.abs(theta - centres) / scales, choice.confidence, axis=0) * scale[0]
    if choice.transformation == "none":
        return centre[0], wide, scale[0]
    own = again if choice.method == POSITIVE else model.parts(model.variances(drawn, choice.method), drawn)
    return (
        centre[0],
        wide,
        np.sqrt(((_taken_back(own, found, choice) - value(choice.transformation, theta)) ** 2).mean(0)),
    )


def _taken_back(fitted: Parts, found: Predicted, choice: Choice) -> FloatArray:
    """The estimates of each set on the original scale (B × M)."""
    mse, _ = errors(fitted, choice.method, found.rows, found.sampled)
    spread = _spread(fitted, found)
    return back(choice.transformation, choice.back, _eblups(fitted, found), mse, spread, found.sampled)[0]


def _eblups(fitted: Parts, found: Predicted) -> FloatArray:
    eblup = fitted.beta @ found.rows.T
    eblup[:, found.sampled] = fitted.eblup()
    return np.asarray(eblup)


def _spread(fitted: Parts, found: Predicted) -> FloatArray:
    """A (1 - gamma) of each set and area, A where there is no sample (B × M)."""
    spread = np.repeat(fitted.variance[:, None], len(found.rows), axis=1)
    spread[:, found.sampled] *= fitted.model.sampling * fitted.weight
    return spread


def _predict(fitted: Parts, found: Predicted) -> tuple[FloatArray, FloatArray]:
    """EBLUPs and the pivot's scale for each set and area (B × M)."""
    scale = np.sqrt(_spread(fitted, found))
    outside = ~found.sampled
    scale[:, outside] = np.sqrt(errors(fitted, POSITIVE, found.rows, found.sampled)[0][:, outside])
    return _eblups(fitted, found), scale
