"""Predictions at declared values of some terms, averaged over everybody as they are otherwise, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.columns import level_name
from pipeline.models.effects.marginal import Effect
from pipeline.models.effects.products import SPLIT, products_of
from pipeline.models.effects.response import Response
from pipeline.models.inference import Term

MOST = 200
"""More combinations of values than this are a table that nobody reads."""

Values = Mapping[str, Sequence[object]]


def predictions(
    response: Response,
    matrix: np.ndarray,
    terms: Sequence[Term],
    parameters: np.ndarray,
    at: Values,
    weights: np.ndarray | None = None,
) -> Iterator[Effect]:
    """For each combination of the values ``at``, the weighted mean over the rows of what the model predicts.

    Everybody is given those values and keeps their own of all else (Stata: ``margins, at()``; R:
    ``marginaleffects::avg_predictions(variables = …)``). ``term`` of a row names the variables, ``group`` their values,
    joined by " × ". An exposure in two parts, within and between, is the person's mean, from which nobody deviates.
    Raises ModelError for a term that the model does not have, and a category that it does not.
    """
    share = np.full(len(matrix), 1 / len(matrix)) if weights is None else weights / weights.sum()
    products = products_of(matrix, terms)
    fixed = sorted(set(at) & products.unknown)
    if fixed:
        raise ModelError(
            f"`{fixed[0]}` is part of a product of what is centred or split, so that it cannot be set",
            where="predict_at",
            todo="Leave it out, or form the product of terms as they are.",
        )
    combinations = list(product(*at.values()))
    if not 1 <= len(combinations) <= MOST:
        raise ModelError(
            "there are too many values to predict at, or none", where="predict_at", count=len(combinations)
        )
    for values in combinations:
        rows = matrix.copy()
        for name, value in zip(at, values, strict=True):
            _set(rows, terms, name, value)
        found, moved = response.averages(products.formed(rows), parameters, share)
        term = Term("prediction", " × ".join(at), group=" × ".join(level_name(value) for value in values))
        for name, value, gradient in zip(response.names, found, moved, strict=True):
            yield Effect(term, name, float(value), gradient)


def _set(rows: np.ndarray, terms: Sequence[Term], name: str, value: object) -> None:
    """Give every row ``value`` of the term ``name``: a number, or a category of its dummies."""
    places = [place for place, term in enumerate(terms) if _is_of(term, name)]
    if not places:
        known = dict.fromkeys("wave" if term.component == "wave" else term.term for term in terms)
        known.pop("intercept", None)
        raise ModelError(
            f"the model has no term `{name}` to predict at", where="predict_at", todo=f"It has: {', '.join(known)}."
        )
    kinds = [terms[place].component for place in places]
    if kinds == list(SPLIT):
        deviation, mean = places
        rows[:, deviation], rows[:, mean] = 0.0, _number(name, value)
        return
    levels = [terms[place].group if terms[place].component != "wave" else terms[place].wave for place in places]
    if levels == [None]:
        rows[:, places[0]] = _number(name, value)
        return
    reference = str(terms[places[0]].note).removeprefix("against ")
    wanted = level_name(value)
    if wanted not in (reference, *levels):
        given = ", ".join([reference, *(str(level) for level in levels)])
        raise ModelError(f"`{name}` has no category `{wanted}`", where="predict_at", todo=f"It has: {given}.")
    rows[:, places] = [float(level == wanted) for level in levels]


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise ModelError(f"`{name}` is a number, and is predicted at numbers", where="predict_at")
    return float(value)


def _is_of(term: Term, name: str) -> bool:
    return (term.component in ("coefficient", *SPLIT) and term.term == name) or (
        term.component == "wave" and name == "wave"
    )
