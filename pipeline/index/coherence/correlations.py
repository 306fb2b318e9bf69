"""Correlations within domains and between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.index.coherence.rows import Row, table
from pipeline.index.coherence.weighted import Answers, complete, covariance_of, effective_number


@public(once=True, ordered=True)
def domain_correlations(
    frame: pl.DataFrame,
    domains: Mapping[str, Sequence[str]],
    *,
    weight: str | None = "weight",
    wave: str = "wave",
    coverage: float = 0.5,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """One row per wave and pair (``coherence``): indicators of a domain, and domains among each other.

    Weighted, of people who have both; the interval is Fisher's with the effective number of people. A domain's score
    is the mean of its indicators where at least ``coverage`` of them are answered. High within and moderate between
    is what an index of several domains needs: domains that correlate like the indicators of one are one.

    >>> frame = pl.DataFrame({"person_id": list("abcd"), "wave": "w01", "x": [1.0, 2, 3, 4], "y": [1.0, 3, 2, 4]})
    >>> domain_correlations(frame, {"trust": ["x", "y"]}, weight=None)["value"].to_list()
    [0.8]
    """
    names = list(dict.fromkeys(name for members in domains.values() for name in members))
    rows = []
    for name, part in complete(frame, wave, weight, names):
        for members in domains.values():
            rows += [_row(part, pair, "within_domain", name, confidence) for pair in combinations(members, 2)]
        scores = Answers(
            list(domains),
            np.column_stack([_score(part, members, coverage) for members in domains.values()]),
            part.weights,
        )
        rows += [_row(scores, pair, "between_domains", name, confidence) for pair in combinations(domains, 2)]
    return table(rows)


def _score(part: Answers, members: Sequence[str], coverage: float) -> np.ndarray:
    values = part.values[:, [part.names.index(name) for name in members]]
    there = np.isfinite(values)
    number = there.sum(axis=1)
    enough = (number > 0) & (number >= coverage * len(members) - 1e-12)
    return np.where(enough, np.where(there, values, 0.0).sum(axis=1) / np.maximum(number, 1), np.nan)


def _row(part: Answers, pair: tuple[str, str], check: str, wave: str, confidence: float) -> Row:
    from scipy.stats import norm

    values, weights = part.take(pair)
    if len(values) < 4:
        return Row(check, pair[0], pair[1], wave=wave, n_persons=len(values), note="fewer than four people have both")
    covariance = covariance_of(values, weights)
    spread = np.sqrt(np.diag(covariance))
    if (spread <= 0).any():
        return Row(check, pair[0], pair[1], wave=wave, n_persons=len(values), note="one of them does not vary")
    r = float(np.clip(covariance[0, 1] / spread.prod(), -1, 1))
    number = effective_number(weights)
    if number <= 3 or abs(r) == 1:
        return Row(check, pair[0], pair[1], wave=wave, value=r, n_persons=len(values))
    half = norm.ppf((1 + confidence) / 2) / np.sqrt(number - 3)
    low, high = np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)
    return Row(check, pair[0], pair[1], None, wave, r, float(low), float(high), len(values))
