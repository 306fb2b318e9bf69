"""From a fitted area-level model to all areas, those without a sample too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.index.small_areas.area_variance import FloatArray, Parts, VarianceMethod


@dataclass(frozen=True)
class Predicted:
    """On the model's scale, one number per area (M): EBLUP, x b, mean squared error, reliability A / (A + D), A (1 -
    reliability), and A itself. ``rows`` of the design (M × p) are those of the orthonormal columns."""

    rows: FloatArray
    sampled: FloatArray
    eblup: FloatArray
    synthetic: FloatArray
    mse: FloatArray
    reliability: FloatArray
    spread: FloatArray
    unexplained: FloatArray
    notes: tuple[str, ...]


def predicted(fitted: Parts, method: VarianceMethod, rows: FloatArray, sampled: FloatArray) -> Predicted:
    """The areas of one set of direct estimates: ``fitted`` holds those with a sample, ``sampled`` (M) says which."""
    variance = float(fitted.variance[0])
    synthetic = rows @ fitted.beta[0]
    eblup, reliability = synthetic.copy(), np.zeros(len(rows))
    eblup[sampled] = fitted.eblup()[0]
    reliability[sampled] = variance * fitted.weight[0]
    mse, notes = errors(fitted, method, rows, sampled)
    if variance == 0:
        notes = (
            f"the variance between areas is zero by `{method}`: every area is given what its covariates predict, and "
            "no difference beyond them is shown; `amrl_yl` has an estimate above zero",
            *notes,
        )
    if not sampled.all():
        notes = (*notes, f"areas without a sample, given the synthetic estimate: {int((~sampled).sum()):,}")
    unexplained = np.full(len(rows), variance)
    return Predicted(
        rows, sampled, eblup, synthetic, mse[0], reliability, variance * (1 - reliability), unexplained, notes
    )


def errors(
    fitted: Parts, method: VarianceMethod, rows: FloatArray, sampled: FloatArray
) -> tuple[FloatArray, tuple[str, ...]]:
    """Mean squared errors of all areas for each set (B × M). One that the correction of bias makes negative is left
    uncorrected. Without a sample A - bias(A) + x Cov(b) x', A alone where that is above it."""
    inside = fitted.squared_errors(method)
    correction = fitted.bias(method)[:, None] * (fitted.model.sampling * fitted.weight) ** 2
    negative = ~(inside > 0)
    inside = np.where(negative, inside + correction, inside)
    leverage = np.einsum("mi,bij,mj->bm", rows[~sampled], fitted.covariance, rows[~sampled], optimize=True)
    mse = np.empty((len(inside), len(rows)))
    mse[:, sampled] = inside
    mse[:, ~sampled] = np.maximum(fitted.variance - fitted.bias(method), 0)[:, None] + leverage
    count = int(negative[0].sum())
    note = f"{count:,} mean squared errors are given without their correction of bias, which would make them negative"
    return mse, (note,) if count else ()
