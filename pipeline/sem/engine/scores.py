"""Factor scores: each person's values of the latent variables, with how uncertain they are."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.data import GroupData
from pipeline.sem.engine.ram import Matrices
from pipeline.sem.engine.result import Result

Method = Literal["regression", "bartlett"]
ROUNDING = 1e-10


@known_options
def factor_scores(result: Result, method: Method = "regression") -> pl.DataFrame:
    """One row per person analysed and latent variable: score, standard error and reliability.

    With Σ and μ of the answers that a person gave: ``regression`` (Thurstone) is the expected latent value given them,
    E(η) + C Σ⁻¹ (y − μ), with the standard deviation of what they leave open; its variance is too small, and
    regressions on it are biased. ``bartlett`` is unbiased given η, (Λ′Θ⁻¹Λ)⁻¹Λ′Θ⁻¹ (y − ν), null for who answered too
    little; it needs latent variables measured with error. ``reliability`` is 1 − std_error² / variance for regression,
    variance / (variance + std_error²) for Bartlett's. lavaan's ``lavPredict(se = "standard")``. ``person`` numbers the
    persons analysed from 0, in the order of the frame (group after group).

    Raises ModelError for a model without latent variables, and for Bartlett's where something has no error.
    """
    model = result.state.model
    if not model.latents:
        raise ModelError("the model has no latent variables", where=result.family)
    if method not in ("regression", "bartlett"):
        raise ModelError(f"unknown method {method!r}", where="method", todo="Use regression or bartlett.")
    found, start = [], 0
    for part, data in zip(model.groups, result.state.data.groups, strict=True):
        at = part.matrices(result.state.theta)
        score, error = (_regression if method == "regression" else _bartlett)(at, part.p, data)
        variance = at.C.diagonal()[part.p :]
        for k, name in enumerate(model.latents):
            squared = error[:, k] ** 2
            known = 1 - squared / variance[k] if method == "regression" else variance[k] / (variance[k] + squared)
            found.append(
                pl.DataFrame(
                    {
                        "person": np.arange(start, start + len(score)), "group": [data.label] * len(score),
                        "latent": [name] * len(score), "score": score[:, k], "std_error": error[:, k],
                        "reliability": known,
                    },
                    schema_overrides={"group": pl.String},
                )
            )  # fmt: skip
        start += len(score)
    return pl.concat(found).with_columns(pl.col("score", "std_error", "reliability").fill_nan(None))


def _patterns(data: GroupData) -> list[tuple[np.ndarray, np.ndarray]]:
    """The persons of each pattern, and the variables that they answered."""
    ends = np.append(data.bounds[1:], len(data.order))
    persons = [data.order[low:high] for low, high in zip(data.bounds, ends, strict=True)]
    return [(own, np.flatnonzero(~np.isnan(data.y[own[0]]))) for own in persons]


def _regression(at: Matrices, p: int, data: GroupData) -> tuple[np.ndarray, np.ndarray]:
    count = len(at.A) - p
    score, error = np.empty((len(data.y), count)), np.empty((len(data.y), count))
    for persons, seen in _patterns(data):
        joint = at.C[seen, p:]
        weights = np.linalg.solve(at.C[np.ix_(seen, seen)], joint)
        score[persons] = at.nu[p:] + (data.y[np.ix_(persons, seen)] - at.nu[seen]) @ weights
        left = at.C.diagonal()[p:] - (weights * joint).sum(axis=0)
        error[persons] = np.sqrt(np.maximum(left, 0.0))
    return score, error


def _bartlett(at: Matrices, p: int, data: GroupData) -> tuple[np.ndarray, np.ndarray]:
    loadings, errors = at.A[:p, p:], at.S[:p, :p]
    measured = np.abs(loadings).max(axis=0) > 0
    if at.A[:p, :p].any() or not measured.all() or np.linalg.eigvalsh(errors)[0] <= ROUNDING * np.trace(errors):
        raise ModelError(
            "Bartlett's scores need every latent variable measured by answers, each with an error of its own",
            where="method", todo='Use method="regression".',
        )  # fmt: skip
    score, error = np.full((len(data.y), loadings.shape[1]), np.nan), np.full((len(data.y), loadings.shape[1]), np.nan)
    for persons, seen in _patterns(data):
        own = loadings[seen]
        weighted = np.linalg.solve(errors[np.ix_(seen, seen)], own)
        information = own.T @ weighted
        size = np.sqrt(np.maximum(information.diagonal(), 1e-300))
        if np.linalg.eigvalsh(information / np.outer(size, size))[0] < ROUNDING:
            continue
        spread = np.linalg.inv(information)
        score[persons] = (data.y[np.ix_(persons, seen)] - at.m[seen]) @ weighted @ spread
        error[persons] = np.sqrt(spread.diagonal())
    return score, error
