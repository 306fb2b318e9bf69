"""The rows of one level: as they are, as deviations from persons' means, or as persons' means.

1-1-1 multilevel mediation by separating change within people from differences between them (Zhang, Zyphur & Preacher
2009): an indirect effect that mixes the two is that of neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.groups import group_sums
from pipeline.models.inference import Term
from pipeline.models.regression_data import RegressionData


@dataclass(frozen=True)
class LevelRows:
    """Columns of a level (rows × columns, the outcome last) with the weight of each row in its least squares.

    ``names``: exposures, mediators and outcome → column. ``always``: columns of covariates, waves and intercept.
    ``size``: observations (rows, or persons) and ``absorbed``: persons' means taken out, for degrees of freedom.
    """

    level: str
    values: np.ndarray
    weights: np.ndarray
    terms: tuple[Term, ...]
    names: dict[str, int]
    always: tuple[int, ...]
    size: int
    absorbed: int

    def unweighted(self, person: np.ndarray) -> LevelRows:
        """The same columns, each row (or person, between people) counting once: weights of people change no mean."""
        ones = np.ones(len(self.weights))
        return replace(self, weights=ones / np.bincount(person)[person] if self.level == "between" else ones)


def level_rows(data: RegressionData, level: str, variables: Sequence[str]) -> LevelRows:
    """The rows of ``level``. Raises ModelError for a variable that does not vary there.

    Of people, each counts once between them, by their mean weight, whatever number of waves they answered.
    """
    weights = np.ones(data.n_obs) if data.weights is None else data.weights / data.weights.mean()
    joined = np.column_stack([data.matrix, data.outcome])
    means = _means(joined, data.person, weights)[data.person]
    if level == "within":
        values, size, absorbed = joined - means, data.n_obs, data.n_persons
    elif level == "between":
        values, size, absorbed = means, data.n_persons, 0
        weights = weights / np.bincount(data.person)[data.person]
    else:
        values, size, absorbed = joined, data.n_obs, 0
    terms = (*data.terms, Term("outcome", data.outcome_name))
    kept = [place for place, term in enumerate(terms) if _belongs(term, values[:, place], joined[:, place], level)]
    names = {terms[place].term: at for at, place in enumerate(kept) if terms[place].term in variables}
    for name in variables:
        at = names.get(name)
        if at is None or np.ptp(values[:, kept[at]]) <= 1e-9 * np.abs(joined[:, kept[at]]).max():
            _refuse(name, level, data)
    always = tuple(at for at, place in enumerate(kept) if terms[place].term not in variables)
    return LevelRows(
        level, values[:, kept], weights, tuple(terms[place] for place in kept), names, always, size, absorbed
    )


def _means(values: np.ndarray, person: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Persons' weighted means (persons × columns)."""
    return np.asarray(group_sums(values * weights[:, None], person) / np.bincount(person, weights)[:, None])


def _belongs(term: Term, values: np.ndarray, before: np.ndarray, level: str) -> bool:
    """Whether a column says anything at a level: no intercept or lasting trait within, no wave between."""
    if level == "between":
        return term.component != "wave"
    if level == "pooled":
        return True
    return bool(np.abs(values).max() > 1e-9 * max(np.abs(before).max(), 1e-300))


def _refuse(name: str, level: str, data: RegressionData) -> None:
    where = {"within": "never changes within a person", "between": "does not differ between people"}
    todo = f"Leave `{level}` out of `levels`." if level in where else "Choose other waves."
    raise ModelError(f"{name} {where.get(level, 'does not vary')}", where=data.outcome_name, todo=todo)
