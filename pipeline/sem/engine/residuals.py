"""Differences between the moments observed and those a model implies, and their summaries (SRMR and kin)."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.sem.engine.moments import triangle
from pipeline.sem.engine.state import State


def residual_summaries(state: State) -> dict[str, float]:
    """RMR, SRMR (Bentler's, and as Mplus has it) and CRMR (Bollen's), with and without means; groups by weight."""
    parts = []
    for data, h1, (mean, covariance) in zip(state.data.groups, state.saturated, state.implied, strict=True):
        share = data.total / state.data.n
        summaries = _summaries(h1.mean, h1.covariance, mean, covariance)
        parts.append({name: share * value for name, value in summaries.items()})
    return {name: float(sum(part[name] for part in parts)) for name in parts[0]}


def _summaries(
    sample_mean: np.ndarray, sample_covariance: np.ndarray, mean: np.ndarray, covariance: np.ndarray
) -> dict[str, float]:
    tri = triangle(len(mean))
    sd, implied_sd = np.sqrt(sample_covariance.diagonal()), np.sqrt(covariance.diagonal())
    raw = (sample_covariance - covariance)[tri.rows, tri.columns]
    bentler = raw / (sd[tri.rows] * sd[tri.columns])
    correlation = sample_covariance / np.outer(sd, sd) - covariance / np.outer(implied_sd, implied_sd)
    bollen = correlation[tri.rows, tri.columns][tri.rows != tri.columns]
    raw_mean = sample_mean - mean
    bentler_mean, own_mean = raw_mean / sd, sample_mean / sd - mean / implied_sd
    variance = 1 - covariance.diagonal() / sample_covariance.diagonal()
    return {
        "rmr": _root_mean_square(raw, raw_mean),
        "rmr_nomean": _root_mean_square(raw),
        "srmr": _root_mean_square(bentler, bentler_mean),
        "srmr_bentler": _root_mean_square(bentler, bentler_mean),
        "srmr_bentler_nomean": _root_mean_square(bentler),
        "crmr": _root_mean_square(bollen, bentler_mean),
        "crmr_nomean": _root_mean_square(bollen),
        "srmr_mplus": _root_mean_square(bollen, variance, own_mean),
        "srmr_mplus_nomean": _root_mean_square(bollen, variance),
    }


def _root_mean_square(*parts: np.ndarray) -> float:
    values = np.concatenate(parts)
    return float(np.sqrt(np.mean(values**2))) if len(values) else 0.0


def residual_table(state: State) -> pl.DataFrame:
    """One row per group and pair of variables: correlation observed, implied, and their difference."""
    rows = []
    for data, h1, (_, covariance) in zip(state.data.groups, state.saturated, state.implied, strict=True):
        sample = h1.covariance / np.sqrt(np.outer(h1.covariance.diagonal(), h1.covariance.diagonal()))
        implied = covariance / np.sqrt(np.outer(covariance.diagonal(), covariance.diagonal()))
        for i, one in enumerate(state.model.observed):
            for j, other in enumerate(state.model.observed[:i]):
                seen, held = float(sample[i, j]), float(implied[i, j])
                rows.append((data.label, other, one, seen, held, seen - held))
    return pl.DataFrame(
        rows, ["group", "one", "other", "observed", "implied", "residual"], orient="row", infer_schema_length=None
    )
