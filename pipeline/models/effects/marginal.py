"""Average marginal effects of any model that predicts, with standard errors by the delta method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.models.effects.products import products_of
from pipeline.models.effects.response import Response
from pipeline.models.inference import Term

STEP = 1e-4
"""Half the step of a numerical derivative, in standard deviations of the term: exact to about 1e-9."""


@dataclass(frozen=True)
class Effect:
    """The effect of ``term`` on the predicted quantity ``name``, and its gradient over the parameters."""

    term: Term
    name: str
    value: float
    gradient: np.ndarray

    def std_error(self, covariance: np.ndarray) -> float:
        return float(np.sqrt(max(self.gradient @ covariance @ self.gradient, 0.0)))


def average_effects(
    response: Response,
    matrix: np.ndarray,
    terms: Sequence[Term],
    parameters: np.ndarray,
    weights: np.ndarray | None = None,
) -> Iterator[Effect]:
    """For each coefficient, and each predicted quantity, the weighted mean over the rows of what it changes by.

    Of a number dE/dx; of a column of 0 and 1 the step from 0 to 1. A category of several is set against the reference,
    with everybody in the one or the other. R: ``marginaleffects::avg_slopes`` and ``avg_comparisons``; Stata:
    ``margins, dydx(*)``. ``matrix`` (n × terms) is in the terms' own units. Products move with their factors, and have
    no effect of their own; where a factor's product cannot be formed again, its effect is withheld (NaN).
    """
    products = products_of(matrix, terms)
    share = np.full(len(matrix), 1 / len(matrix)) if weights is None else weights / weights.sum()
    for place, term in enumerate(terms):
        if term.component != "coefficient" or place in products.made:
            continue
        if term.term in products.unknown:
            for name in response.names:
                yield Effect(term, name, np.nan, np.zeros(len(parameters)))
            continue
        low, high, width = _ends(matrix, terms, place)
        low, high = products.formed(low), products.formed(high)
        (before, before_moved), (after, after_moved) = (
            response.averages(end, parameters, share) for end in (low, high)
        )
        for name, value, moved in zip(response.names, after - before, after_moved - before_moved, strict=True):
            yield Effect(term, name, float(value / width), moved / width)


def _ends(matrix: np.ndarray, terms: Sequence[Term], place: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The rows below and above, and the distance between them."""
    low, high = matrix.copy(), matrix.copy()
    column = matrix[:, place]
    if np.isin(column, (0.0, 1.0)).all():
        siblings = [other.component == "coefficient" and other.term == terms[place].term for other in terms]
        low[:, siblings] = high[:, siblings] = 0.0
        high[:, place] = 1.0
        return low, high, 1.0
    step = STEP * float(column.std())
    low[:, place] -= step
    high[:, place] += step
    return low, high, float(2 * step)
