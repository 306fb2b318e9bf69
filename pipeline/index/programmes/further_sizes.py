"""Effect sizes beside standardised differences: ratios of means, shares by arcsine and Peto, one group, correlations.

As ``metafor::escalc``; ``effect_sizes.py`` lists them with their columns.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.index.programmes.heterogeneity import Array

Columns = Mapping[str, Array]
Made = tuple[Array, Array]
"""Estimates and their variances."""


def ratio_of_means(c: Columns, _: str) -> Made:
    """The logarithm of a ratio of means, and the squared coefficients of variation of both, each over its n."""
    one, other = c["mean_1"], c["mean_2"]
    return np.log(one / other), c["sd_1"] ** 2 / (c["n_1"] * one**2) + c["sd_2"] ** 2 / (c["n_2"] * other**2)


def ratio_of_change(c: Columns, _: str) -> Made:
    """The logarithm of the mean after over that before."""
    after, before = c["sd_after"] / c["mean_after"], c["sd_before"] / c["mean_before"]
    variance = (after**2 + before**2 - 2 * c["correlation"] * after * before) / c["n"]
    return np.log(c["mean_after"] / c["mean_before"]), variance


def arcsine_difference(c: Columns, _: str) -> Made:
    """The difference of two shares on the scale of the arcsine of their square roots."""
    p, q = c["events_1"] / c["n_1"], c["events_2"] / c["n_2"]
    return np.arcsin(np.sqrt(p)) - np.arcsin(np.sqrt(q)), (1 / c["n_1"] + 1 / c["n_2"]) / 4


def peto(c: Columns, _: str) -> Made:
    """Peto's log odds ratio: observed less expected events over their hypergeometric variance."""
    a, b, e, f = four_cells(c)
    n, events = a + b + e + f, a + e
    variance = events * (n - events) * (a + b) * (e + f) / (n**2 * (n - 1))
    return (a - events * (a + b) / n) / variance, 1 / variance


def four_cells(c: Columns) -> tuple[Array, Array, Array, Array]:
    """Those with and without the event in both groups, each with a half added where one of them is nobody."""
    a, b = c["events_1"], c["n_1"] - c["events_1"]
    e, f = c["events_2"], c["n_2"] - c["events_2"]
    half = np.where((a == 0) | (b == 0) | (e == 0) | (f == 0), 0.5, 0.0)
    return a + half, b + half, e + half, f + half


def mean(c: Columns, _: str) -> Made:
    """A mean as it is."""
    return c["mean"], c["sd"] ** 2 / c["n"]


def _halved(c: Columns) -> tuple[Array, Array]:
    """Those with and without the event, each with a half added where one of them is nobody."""
    half = np.where((c["events"] == 0) | (c["events"] == c["n"]), 0.5, 0.0)
    return c["events"] + half, c["n"] - c["events"] + half


def share(c: Columns, _: str) -> Made:
    """A share as it is."""
    a, b = _halved(c)
    return a / (a + b), a * b / (a + b) ** 3


def log_odds(c: Columns, _: str) -> Made:
    """The logarithm of the odds of one group."""
    a, b = _halved(c)
    return np.log(a / b), 1 / a + 1 / b


def log_share(c: Columns, _: str) -> Made:
    """The logarithm of a share."""
    a, b = _halved(c)
    return np.log(a / (a + b)), 1 / a - 1 / (a + b)


def arcsine_share(c: Columns, _: str) -> Made:
    """The arcsine of the square root of a share."""
    return np.arcsin(np.sqrt(c["events"] / c["n"])), 1 / (4 * c["n"])


def correlation(c: Columns, _: str) -> Made:
    """A correlation as it is."""
    return c["correlation"], (1 - c["correlation"] ** 2) ** 2 / (c["n"] - 1)


def fisher_z(c: Columns, _: str) -> Made:
    """A correlation on Fisher's scale."""
    return np.arctanh(c["correlation"]), 1 / (c["n"] - 3)
