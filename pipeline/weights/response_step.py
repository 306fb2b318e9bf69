"""The response step: from base weights of those asked to response weights of the responders, for many sets at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline.weights.arrays import BoolArray, FloatArray
from pipeline.weights.encoding import UNKNOWN, Encoded, encode
from pipeline.weights.logit import fit_logit, fit_probabilities
from pipeline.weights.propensity import quantile_classes
from pipeline.weights.recipe import Recipe
from pipeline.weights.responded import response_of

FEWEST_UNKNOWN = 10
"""Responders and non-responders with an unanswered predictor below which ``unknown`` is no category of its own."""


@dataclass(frozen=True)
class ResponseStep:
    """What is fixed over replicates: who answered, the model matrix, the base weights ``full`` of the whole sample.

    ``start`` are the coefficients fitted to the whole sample, from which replicates begin.
    """

    recipe: Recipe
    answered: BoolArray
    full: FloatArray
    matrix: FloatArray
    start: FloatArray
    terms: tuple[str, ...]

    def weights(self, base: FloatArray) -> FloatArray:
        """Response weights (responders × sets) from base weights (asked × sets)."""
        if self.recipe.response == "none":
            return base[self.answered]
        full = self.full[:, None]
        times = np.divide(base, full, out=np.zeros_like(base), where=full > 0)
        chance = fit_probabilities(self.matrix, self.answered.astype(float), times, self.start, terms=self.terms)
        if self.recipe.response == "classes":
            chance = np.column_stack([self._of_class(*pair) for pair in zip(chance.T, base.T, strict=True)])
        return base[self.answered] / chance[self.answered]

    def _of_class(self, chance: FloatArray, base: FloatArray) -> FloatArray:
        """The weighted response rate of each row's class of modelled chances."""
        code = quantile_classes(chance, self.answered, self.recipe.classes, self.recipe.smallest_class)
        asked = np.bincount(code, base)
        rate: FloatArray = np.bincount(code, base * self.answered) / np.where(asked > 0, asked, 1.0)
        chances: FloatArray = rate[code]
        return chances


def asked_of(people: pl.DataFrame) -> pl.DataFrame:
    """Those asked, with whether they responded as true or false. Raises ModelError for another coding."""
    asked = people.filter(pl.col("is_asked").cast(pl.Boolean))
    return asked.with_columns(responded=pl.Series(response_of(asked, "responded")))


def response_step(asked: pl.DataFrame, recipe: Recipe, full: FloatArray) -> ResponseStep:
    """The response step of those ``asked``, whose base weights are ``full``.

    Raises ModelError if the response model cannot be fitted to the whole sample.
    """
    answered = asked["responded"].to_numpy()
    if recipe.response == "none":
        return ResponseStep(recipe, answered, full, np.ones((len(full), 1)), np.zeros(1), ())
    encoded = encode(asked, recipe.predictors, reference=recipe.reference, missing="indicator")
    encoded = _without_rare_unknown(encoded, answered)
    start = fit_logit(encoded.matrix, answered.astype(float), terms=encoded.terms).coefficients
    return ResponseStep(recipe, answered, full, encoded.matrix, start, tuple(encoded.terms))


def _without_rare_unknown(encoded: Encoded, answered: BoolArray) -> Encoded:
    """Too few unanswered to be a category of their own count as the mean, or as the reference.

    In a replicate such a category may hold only responders, and the likelihood has no maximum.
    """
    kept = [
        level != UNKNOWN or min(column[answered].sum(), column[~answered].sum()) >= FEWEST_UNKNOWN
        for level, column in zip(encoded.levels, encoded.matrix.T, strict=True)
    ]
    return replace(
        encoded,
        matrix=encoded.matrix[:, kept],
        variables=[name for name, keep in zip(encoded.variables, kept, strict=True) if keep],
        levels=[level for level, keep in zip(encoded.levels, kept, strict=True) if keep],
    )
