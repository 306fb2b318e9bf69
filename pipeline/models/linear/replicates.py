"""Regressions on a weight set: standard errors from refitting with each set of replicate weights, all at once.

A weight set gives each person one weight, so that demeaning by person is the same for every replicate, and a
difference between two rows of a person has half the person's weight. All that a replicate needs is then a weighted sum
of persons' cross-products: one matrix product for all replicates together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.contrasts import JOINT, Combined
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.design.sample import Replicated
from pipeline.models.effects.linear import combinations, untested
from pipeline.models.groups import group_sums
from pipeline.models.inference import Basis, inference
from pipeline.models.regression_data import RegressionData, regression_data
from pipeline.models.scaled import orthonormal
from pipeline.models.table import ORDER
from pipeline.models.weighting import REFITTED, Weighted
from pipeline.specs.standard_errors import AREAS

ROW = "_row"
Transform = Callable[[RegressionData, ModelSpec], RegressionData]
"""From the rows of a regression (with an intercept) to those whose least squares are the family's estimates."""


def weighted_regression(
    function: Callable[..., pl.DataFrame],
    transform: Transform,
    name: str,
    spec: ModelSpec,
    panel: pl.DataFrame,
    rows: Weighted | None,
    *,
    repeated: bool,
) -> pl.DataFrame:
    """The Estimates table of ``function``, with the standard errors of the replicates if the weights have any."""
    if rows is None or rows.replicates is None:
        return regression(function, name, spec, panel, rows, repeated=repeated)
    # The errors are those of the replicates: areas are not drawn besides.
    plain = {"standard_errors": "clustered"} if spec.cluster in AREAS else {}
    made = regression(function, name, spec, panel, rows, repeated=repeated, **plain)
    # The row's number, from one, takes the place of its weight: it shows which rows were kept, and in which order.
    data = regression_data(
        panel.with_columns(pl.int_range(1, pl.len() + 1).alias(ROW)),
        str(spec.outcome),
        spec.exposures,
        spec.covariates,
        categorical=spec.categorical,
        weights=ROW,
        wave_effects=spec.wave_effects,
        contrasts=spec.contrasts,
        predict_at=spec.predict_at,
    )
    used = transform(data, spec)
    assert used.weights is not None
    first = used.weights[np.searchsorted(used.person, np.arange(used.n_persons))].astype(np.int64) - 1
    full = weighted_estimates(used, rows.replicates.full[first][:, None])[0]
    each = weighted_estimates(used, rows.replicates.weights[first])
    shown = np.argsort([ORDER.index(term.component) for term in used.terms], kind="stable")
    # Rows here weigh their number: predictions are of the mean row by the weights of the whole sample.
    added = combinations(replace(used, weights=rows.replicates.full[first][used.person]))
    kept = shown[: made.filter(pl.col("component").is_in(REFITTED)).height - len(added.terms)]
    k = added.matrix.shape[1]  # dummies of absorbed waves come after the terms
    contrasts, of_each = added.matrix @ full[:k], each[:, :k] @ added.matrix.T
    full, each = np.append(full[kept], contrasts), np.hstack([each[:, kept], of_each])
    return _jointly(_replicated(made, full, each, rows.replicates, spec.confidence), added, full, each, rows.replicates)


def weighted_estimates(data: RegressionData, weights: np.ndarray) -> np.ndarray:
    """Least-squares coefficients (replicates × terms) for each column of ``weights`` (persons × replicates).

    Raises ModelError if a term cannot be estimated in one of them.
    """
    scaled = orthonormal(data)
    data, k = scaled.data, data.matrix.shape[1]
    joined = np.column_stack([data.matrix, data.outcome])
    left, right = np.triu_indices(k + 1)
    sums = group_sums(joined[:, left] * joined[:, right], data.person)
    moments = np.empty((weights.shape[1], k + 1, k + 1))
    moments[:, left, right] = moments[:, right, left] = weights.T @ sums
    try:
        found = np.linalg.solve(moments[:, :k, :k], moments[:, :k, k:])[:, :, 0]
    except np.linalg.LinAlgError:
        raise ModelError("a term cannot be estimated in a replicate", where="standard_errors", count=1) from None
    return np.asarray(found @ scaled.back.T)


def _jointly(
    table: pl.DataFrame, added: Combined, full: np.ndarray, each: np.ndarray, replicates: Replicated
) -> pl.DataFrame:
    """The table with the joint tests of contrasts by the covariance of the replicates."""
    tests = (pl.col("component") == "test") & (pl.col("term") == JOINT)
    if not len(added.terms) or table.filter(tests).is_empty():
        return table
    last = slice(len(full) - len(added.terms), None)
    covariance = np.atleast_2d(replicates.covariance(each[:, last], full[last]))
    basis = Basis(0, 0, table.filter(component="contrast")["covariance"][0])
    made = {row["group"]: row for row in added.joint_rows(basis, full[last], covariance)}
    changed = ("statistic", "df", "p_value", "covariance")
    rows = [
        row | {name: made[row["group"]][name] for name in changed}
        if row["component"] == "test" and row["term"] == JOINT
        else row
        for row in table.to_dicts()
    ]
    return pl.DataFrame(rows, schema=table.schema, orient="row")


def _replicated(
    table: pl.DataFrame, full: np.ndarray, each: np.ndarray, replicates: Replicated, confidence: float
) -> pl.DataFrame:
    """The table with the replicates' standard errors in its rows of the components in ``REFITTED``, in their order.

    Intervals are t, on the replicates' degrees of freedom.
    """
    wanted = pl.col("component").is_in(REFITTED)
    if not np.allclose(full, table.filter(wanted)["estimate"].to_numpy(), rtol=1e-6, atol=1e-9):
        raise ModelError("the replicates estimate something else than the model", where="standard_errors")
    errors = np.sqrt(np.diag(replicates.covariance(each, full)))
    words = f"replicate weights ({replicates.kind}), every step of weighting repeated; t intervals"
    place = iter(errors)
    rows: list[dict[str, Any]] = []
    for row, refitted in zip(table.to_dicts(), table.select(wanted).to_series(), strict=True):
        if refitted:
            error = float(next(place))
            row |= inference(row["estimate"], error, replicates.degrees_of_freedom, confidence)
            row |= {"covariance": words, "correction": None}
        rows.append(row)
    return pl.DataFrame(untested(rows), schema=table.schema, orient="row")
