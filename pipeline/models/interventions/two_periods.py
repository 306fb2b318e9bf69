"""Effect on the treated from two periods and two groups, with its influence function.

Outcome regression, inverse probability weighting (Hájek) and their doubly robust union (Sant'Anna & Zhao 2020, Journal
of Econometrics 219, 101–122); in a panel from each unit's change, in repeated cross-sections from levels. R: DRDID's
``reg_did_panel``, ``std_ipw_did_panel``, ``drdid_panel``, and ``…_rc`` (doubly robust: locally efficient).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.errors import ModelError

Method = Literal["doubly_robust", "regression", "weighting"]
OVERLAP = 0.995
"""A comparison unit whose probability of being treated is at least this stands for too many: it is left out."""


@dataclass(frozen=True)
class Found:
    """An effect and the influence (n) of each row on it: its variance is the mean square over n."""

    effect: float
    influence: np.ndarray


@dataclass(frozen=True)
class _Fit:
    """A regression's fitted values (n) and the influence (n × k) of rows on its coefficients."""

    fitted: np.ndarray
    influence: np.ndarray


def _least_squares(y: np.ndarray, x: np.ndarray, weight: np.ndarray) -> _Fit:
    """Weighted least squares on the rows with a weight; fitted values for all."""
    weighed = x * weight[:, None]
    inverse = _inverse(weighed.T @ x / len(y))
    slopes = inverse @ (weighed.T @ y / len(y))
    fitted = x @ slopes
    return _Fit(fitted, (weighed * (y - fitted)[:, None]) @ inverse)


def _inverse(moments: np.ndarray) -> np.ndarray:
    if _is_singular(moments):
        raise _alike()
    return np.asarray(np.linalg.inv(moments))


def _is_singular(moments: np.ndarray) -> bool:
    """Whether a matrix of moments has a condition number above 1e14."""
    values = np.linalg.eigvalsh(moments)
    return not bool(values[0] * 1e14 > values[-1])


def _alike() -> ModelError:
    return ModelError(
        "a covariate does not vary, or cannot be told from the others, among those compared",
        where="covariates",
        todo="Use fewer covariates.",
    )


def propensity(treated: np.ndarray, x: np.ndarray, weight: np.ndarray) -> _Fit:
    """The probability of being treated, by (weighted) logistic regression. Raises ModelError where it separates."""
    columns, slopes = np.ascontiguousarray(x.T), np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(slopes @ columns, -500, 500)))
        weighed = weight * p
        information = (columns * (weighed - weighed * p)) @ x
        if _is_singular(information):
            break
        step = np.linalg.solve(information, columns @ (weight * treated - weighed))
        slopes = slopes + step
        if np.abs(step @ columns).max() < 1e-11:
            p = 1 / (1 + np.exp(-(slopes @ columns)))
            inverse = np.linalg.inv((columns * (weight * p * (1 - p))) @ x / len(treated))
            return _Fit(p, (x * (weight * (treated - p))[:, None]) @ inverse)
    raise ModelError(
        "the covariates tell the treated from the others perfectly, so that nobody is comparable",
        where="covariates",
        todo="Use fewer or coarser covariates, or `adjustment: regression`.",
    )


def _in_scale(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``x`` with its covariates centred and of variance one: in whatever units they are, the estimates are the same.

    Raises ModelError for covariates that do not vary among those compared, or are sums of each other.
    """
    share = weight / weight.sum()
    centred = x[:, 1:] - share @ x[:, 1:]
    size = np.sqrt(share @ centred**2)
    held = size > 1e-9 * np.sqrt(share @ x[:, 1:] ** 2)
    made = centred / np.where(held, size, 1.0)
    if not held.all() or _is_singular((made * share[:, None]).T @ made):
        raise _alike()
    return np.column_stack([x[:, :1], made])


def _ratio(weight: np.ndarray, value: np.ndarray, *through: tuple[np.ndarray, np.ndarray]) -> tuple[float, np.ndarray]:
    """Σ weight·value / Σ weight and its influence; ``through``: the influence on coefficients, and the derivative."""
    total = weight.mean()
    mean = float((weight * value).mean() / total)
    influence = weight * (value - mean) / total
    for coefficients, derivative in through:
        influence = influence + coefficients @ (derivative / total)
    return mean, influence


def _odds(probability: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Odds of being treated of the comparison rows; zero where there is no overlap."""
    usable = (treated == 0) & (probability < OVERLAP)
    return np.where(usable, probability / (1 - np.minimum(probability, OVERLAP)), 0.0)


@dataclass(frozen=True)
class Comparison:
    """Treated and comparison units (``treated`` 0/1), with their covariates: what their changes are compared by.

    ``x`` (n × k) has an intercept, ``weight`` a mean of one. One comparison serves all waves that the same units are
    compared over: the chances of being treated, and what inverts the regression, do not depend on the outcome.
    """

    treated: np.ndarray
    x: np.ndarray
    weight: np.ndarray

    @cached_property
    def own(self) -> np.ndarray:
        return np.asarray(self.weight * self.treated)

    @cached_property
    def other(self) -> np.ndarray:
        return np.asarray(self.weight * (1 - self.treated))

    @cached_property
    def scaled(self) -> np.ndarray:
        return _in_scale(self.x, self.weight)

    @cached_property
    def chance(self) -> _Fit:
        return propensity(self.treated, self.scaled, self.weight)

    @cached_property
    def odds(self) -> np.ndarray:
        """Weighted odds of being treated, of those who are not."""
        return np.asarray(self.weight * _odds(self.chance.fitted, self.treated))

    @cached_property
    def _inverse(self) -> np.ndarray:
        return _inverse((self.scaled * self.other[:, None]).T @ self.scaled / len(self.scaled))

    @cached_property
    def _own_mean(self) -> np.ndarray:
        return np.asarray(self.own @ self.scaled / len(self.own))

    @cached_property
    def _odds_mean(self) -> np.ndarray:
        return np.asarray(self.odds @ self.scaled / len(self.odds))

    def effect(self, change: np.ndarray, method: Method) -> Found:
        """From each unit's change (n)."""
        if self.x.shape[1] == 1:
            (one, first), (two, second) = _ratio(self.own, change), _ratio(self.other, change)
            return Found(one - two, first - second)
        if method == "regression":
            line = self._line(change)
            one, first = _ratio(self.own, change)
            two, second = _ratio(self.own, line.fitted, (line.influence, self._own_mean))
            return Found(one - two, first - second)
        if method == "weighting":
            one, first = _ratio(self.own, change)
            two, second = _ratio(self.odds, change, (self.chance.influence, self._tilt(change)))
            return Found(one - two, first - second)
        line = self._line(change)
        left = change - line.fitted
        one, first = _ratio(self.own, left, (line.influence, -self._own_mean))
        through = (self.chance.influence, self._tilt(left)), (line.influence, -self._odds_mean)
        two, second = _ratio(self.odds, left, *through)
        return Found(one - two, first - second)

    def _line(self, change: np.ndarray) -> _Fit:
        """Least squares of the changes of those who are not treated; fitted values for all."""
        slopes = self._inverse @ (self.scaled.T @ (self.other * change) / len(change))
        fitted = self.scaled @ slopes
        return _Fit(fitted, (self.scaled * (self.other * (change - fitted))[:, None]) @ self._inverse)

    def _tilt(self, value: np.ndarray) -> np.ndarray:
        """The derivative of the odds-weighted mean in the slopes of the propensity."""
        mean = float(self.odds @ value / self.odds.sum())
        return np.asarray((self.odds * (value - mean)) @ self.scaled / len(value))


def levels(
    y: np.ndarray, after: np.ndarray, treated: np.ndarray, x: np.ndarray, weight: np.ndarray, method: Method
) -> Found:
    """From rows of different people before and after (0/1)."""
    x = x if x.shape[1] == 1 else _in_scale(x, weight)
    if x.shape[1] == 1 or method == "regression":
        return _regressed_levels(y, after, treated, x, weight)
    chance = propensity(treated, x, weight)
    odds = weight * _odds(chance.fitted, treated)
    if method == "weighting":
        return _sum(
            (1.0, _ratio(weight * treated * after, y)),
            (-1.0, _ratio(weight * treated * (1 - after), y)),
            (-1.0, _reweighted(odds * after, y, chance, x)),
            (1.0, _reweighted(odds * (1 - after), y, chance, x)),
        )
    return _doubly_robust_levels(y, after, treated, x, weight, chance, odds)


def _reweighted(odds: np.ndarray, value: np.ndarray, chance: _Fit, x: np.ndarray) -> tuple[float, np.ndarray]:
    mean = float((odds * value).mean() / odds.mean())
    return _ratio(odds, value, (chance.influence, ((odds * (value - mean))[:, None] * x).mean(axis=0)))


def _sum(*parts: tuple[float, tuple[float, np.ndarray]]) -> Found:
    effect = sum(sign * mean for sign, (mean, _) in parts)
    influence: np.ndarray = np.sum([sign * influence for sign, (_, influence) in parts], axis=0)
    return Found(float(effect), influence)


def _regressed_levels(
    y: np.ndarray, after: np.ndarray, treated: np.ndarray, x: np.ndarray, weight: np.ndarray
) -> Found:
    own = weight * treated
    lines = {now: _least_squares(y, x, weight * (1 - treated) * (after == now)) for now in (0, 1)}
    mean = (own[:, None] * x).mean(axis=0)
    return _sum(
        (1.0, _ratio(own * after, y)),
        (-1.0, _ratio(own * (1 - after), y)),
        (-1.0, _ratio(own, lines[1].fitted, (lines[1].influence, mean))),
        (1.0, _ratio(own, lines[0].fitted, (lines[0].influence, mean))),
    )


def _doubly_robust_levels(
    y: np.ndarray,
    after: np.ndarray,
    treated: np.ndarray,
    x: np.ndarray,
    weight: np.ndarray,
    chance: _Fit,
    odds: np.ndarray,
) -> Found:
    """Equation 3.4 of Sant'Anna & Zhao, as ``drdid_rc``."""
    line: Callable[[int, int], _Fit] = lambda group, now: _least_squares(  # noqa: E731
        y, x, weight * (treated == group) * (after == now)
    )
    other, own = {now: line(0, now) for now in (0, 1)}, {now: line(1, now) for now in (0, 1)}
    parts: list[tuple[float, tuple[float, np.ndarray]]] = []
    for now, sign in ((1, 1.0), (0, -1.0)):
        here = (after == now).astype(float)
        left = y - other[now].fitted
        rows, weighed = weight * treated * here, odds * here
        ratio = float((weighed * left).mean() / weighed.mean())
        mine = _ratio(rows, left, (other[now].influence, -(rows[:, None] * x).mean(axis=0)))
        theirs = _ratio(
            weighed,
            left,
            (chance.influence, ((weighed * (left - ratio))[:, None] * x).mean(axis=0)),
            (other[now].influence, -(weighed[:, None] * x).mean(axis=0)),
        )
        gap = own[now].fitted - other[now].fitted
        parts += [(sign, mine), (-sign, theirs)]
        for share, direction in ((weight * treated, sign), (rows, -sign)):
            mean = (share[:, None] * x).mean(axis=0)
            parts.append((direction, _ratio(share, gap, (own[now].influence, mean), (other[now].influence, -mean))))
    return _sum(*parts)
