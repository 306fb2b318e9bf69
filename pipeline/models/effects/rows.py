"""Rows of the Estimates table from effects and predictions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from pipeline.models.effects.marginal import Effect
from pipeline.models.inference import Basis, Term, inference

WITHHELD = "withheld: part of a product of other columns than the model's own, so that it cannot be moved by itself"


def effect_rows(
    basis: Basis,
    effects: Iterable[Effect],
    covariance: np.ndarray,
    outcome: str,
    component: str | None = None,
    df: float | None = None,
) -> list[dict[str, object]]:
    """One row per effect, tested against zero; predictions, which have nothing to be tested against, are not.

    ``outcome`` of an effect on a category is that of the model and the category: ``trust_3``.
    """
    degree = np.inf if df is None else df
    rows = []
    for effect in effects:
        if np.isnan(effect.value):
            withheld = Term(
                component or effect.term.component, effect.term.term, effect.term.wave, effect.term.group, WITHHELD
            )
            rows.append(basis.row(withheld, outcome=outcome_of(outcome, effect.name), covariance=None))
            continue
        term = effect.term if component is None else replace(effect.term, component=component)
        found = inference(effect.value, effect.std_error(covariance), degree, basis.confidence)
        if term.component == "prediction":
            found |= {"statistic": None, "p_value": None}
        rows.append(basis.row(term, **found, outcome=outcome_of(outcome, effect.name)))
    return rows


def outcome_of(outcome: str, category: str) -> str:
    """The name of the outcome, and of one of its categories: ``trust``, ``trust_3``, ``vote_not_at_all``."""
    if not category:
        return outcome
    return f"{outcome}_{re.sub(r'[^a-z0-9]+', '_', category.lower()).strip('_') or 'blank'}"
