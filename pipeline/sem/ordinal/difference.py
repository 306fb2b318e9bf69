"""χ² difference tests of nested models of ordered items."""

from __future__ import annotations

import numpy as np

from pipeline.errors import ModelError
from pipeline.sem.engine.chisquare import upper_tail
from pipeline.sem.engine.comparison import Comparison, orthogonal_complement
from pipeline.sem.engine.sameness import difference_between
from pipeline.sem.engine.state import symmetric_inverse
from pipeline.sem.ordinal.result import OrdinalResult


def compare_ordinal(a: OrdinalResult, b: OrdinalResult) -> Comparison:
    """χ² difference of two nested models of the same ordered items, scaled and shifted (Satorra 2000, delta method).

    Raises ModelError if the models were not fitted to the same answers, did not converge, or have the same df.
    """
    _check_same(a, b)
    free, held = sorted((a, b), key=lambda result: result.test.df)
    df = held.test.df - free.test.df
    if df == 0:
        raise ModelError("the models have the same degrees of freedom")
    delta, weights, gamma = free.pieces
    rules = orthogonal_complement(np.linalg.lstsq(delta, held.pieces[0], rcond=None)[0]).T
    pull = weights[:, None] * delta
    middle = rules @ free.bread @ (pull.T @ gamma @ pull) @ free.bread @ rules.T
    matrix = symmetric_inverse(rules @ free.bread @ rules.T) @ middle
    raw = held.test.statistic - free.test.statistic
    slope = np.sqrt(df / float((matrix * matrix.T).sum()))
    statistic = raw * slope + df - slope * float(np.trace(matrix))
    note = None
    if raw < -1e-6:
        # scales that the freer model lacks make the models not nested in the usual parameterisation
        statistic, note = np.nan, "the restricted model fits better: the models are not nested"
    steps = {name: held.fit[f"{name}.scaled"] - free.fit[f"{name}.scaled"] for name in ("cfi", "rmsea")}
    return Comparison("satorra.2000", statistic, df, upper_tail(statistic, df), float(1 / slope), note, steps["cfi"],
                      steps["rmsea"], held.fit["srmr"] - free.fit["srmr"])  # fmt: skip


def _check_same(a: OrdinalResult, b: OrdinalResult) -> None:
    if not (a.is_converged and b.is_converged):
        raise ModelError("a search did not converge: there is no test", todo="Simplify or constrain the model.")
    reason = difference_between(a.data, b.data)
    if not reason and (a.data.missing != b.data.missing or a.model.levels != b.model.levels):
        reason = "another treatment of missing answers, or other answers coded alike"
    if reason:
        raise ModelError(
            f"the models were not fitted to the same answers: {reason}",
            todo="Fit both with the same frame, items, weights, clusters and groups.",
        )
