"""Predicted random effects (the conditional modes of lme4's ``ranef``): numbers of persons, for the kernel alone.

No table of the pipeline holds them.
"""

from __future__ import annotations

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.multilevel.gaussian.batched import backward, cholesky, congruent, forward, on_left
from pipeline.models.multilevel.gaussian.maximum import MixedFit


def group_effects(fit: MixedFit) -> list[np.ndarray]:
    """For each term of the only grouping (groups × q), on the scale of its columns.

    Raises ModelError for several groupings.
    """
    if len(fit.rows.factors) > 1:
        raise ModelError("effects are predicted for one grouping", where="random", count=len(fit.rows.factors))
    factor, sums = fit.rows.factors[0], fit.profile.moments(fit.theta)
    spread = factor.factor(fit.profile.split(fit.theta)[0])
    lower = congruent(spread, sums.own)
    lower[np.diag_indices(len(spread))] += 1.0
    lower = cholesky(lower)
    solved = backward(lower, forward(lower, on_left(spread.T, sums.joined)))
    effects = fit.rows.size * on_left(spread, np.einsum("kjm,j->km", solved, fit.at.contrast))
    found, place = [], 0
    for term in factor.terms:
        found.append((term.back @ effects[place : place + term.q]).T)
        place += term.q
    return found
