"""The random part of a mixed model: from names of columns to random effects, with what cannot be estimated refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.columns import codes
from pipeline.models.groups import means_of
from pipeline.models.multilevel.gaussian.random import Random, Structure
from pipeline.models.regression_data import RegressionData

VARIES = 1e-9
"""A column that departs from its group means by less than this, of its size, does not vary within groups."""
SPANNED = 1e-9
"""A group's dummy that keeps less than this share of itself outside the fixed terms is one of them."""
FEW_GROUPS = 10
"""Below so many groups a variance between them is hardly determined; rows carry a note."""
LEVELS = {"person_id": "person", "area_code": "area", "household_id": "household", "psu": "sampling unit"}
"""What a grouping is called in a table, where not by its column."""


def level_of(group: str, person: str = "person_id") -> str:
    """A grouping in words: ``person``, ``area``, or its column's name."""
    return "person" if group == person else LEVELS.get(group, group)


def random_terms(
    data: RegressionData, random: Mapping[str, Sequence[str]], uncorrelated: Sequence[str], person: str
) -> list[Random]:
    """One for each grouping of ``random``: an intercept, and a slope of each named column.

    ``data.carried`` holds the groupings. Raises ModelError for a slope of something that is no fixed term, or of what
    never varies within the groups; for a grouping with one group, one that others repeat or that the fixed terms hold;
    and for more random effects than rows.
    """
    foreign = sorted(set(uncorrelated) - set(random))
    if foreign:
        raise ModelError(
            f"`{foreign[0]}` is no grouping of the random effects", where="uncorrelated", todo="Name it in `random`."
        )
    found = []
    for group, slopes in random.items():
        found.append(_term(data, group, slopes, "uncorrelated" if group in set(uncorrelated) else "correlated", person))
    _require_different(found)
    return found


def _term(data: RegressionData, group: str, slopes: Sequence[str], structure: Structure, person: str) -> Random:
    assert data.carried is not None
    level, member = level_of(group, person), codes(data.carried[group])
    n_groups = int(member.max()) + 1
    if n_groups < 2:
        raise ModelError("one group has no variance between groups", where=f"random, {group}", count=n_groups)
    _require_beyond_fixed(data, group, member, n_groups)
    article = "an" if level[0] in "aeiou" else "a"
    names, columns = ["intercept"], [np.ones(data.n_obs)]
    for slope in dict.fromkeys(slopes):
        values = _slope(data, slope, group)
        spread = np.abs(values - means_of(values[:, None], member)[:, 0]).max()
        if not spread > VARIES * max(float(np.abs(values).max()), 1e-300):
            raise ModelError(
                f"{slope} never varies within {article} {level}, so that its slope cannot vary between them",
                where=f"random, {group}",
                todo="Leave its slope out.",
            )
        names.append(slope)
        columns.append(values)
    if n_groups * len(names) >= data.n_obs:
        raise ModelError(
            f"{n_groups * len(names):,} random effects of {n_groups:,} groups, but no more rows than that: the effects "
            "and the residuals cannot be separated",
            where=f"random, {group}",
            count=data.n_obs,
            todo="Leave slopes out, or choose more waves.",
        )
    return Random(level, tuple(names), np.column_stack(columns), member, structure)


def _require_beyond_fixed(data: RegressionData, group: str, member: np.ndarray, n_groups: int) -> None:
    """Where fixed terms give each group its own level, nothing is left that could vary between groups.

    With an orthonormal basis Q of the fixed terms, the dummy d of a group of n rows keeps n − |Q′d|² outside of them.
    """
    fixed = np.column_stack([np.ones(data.n_obs), data.matrix])
    if n_groups > fixed.shape[1]:
        return
    basis, sizes, _ = np.linalg.svd(fixed / np.maximum(np.linalg.norm(fixed, axis=0), 1e-300), full_matrices=False)
    basis = basis[:, sizes > VARIES * sizes[0]]
    sums = np.column_stack([np.bincount(member, column, n_groups) for column in basis.T])
    rows = np.bincount(member, minlength=n_groups)
    if np.all(rows - (sums**2).sum(axis=1) < SPANNED * rows):
        raise ModelError(
            f"each `{group}` has a coefficient in the fixed part already, so that nothing is left to vary between them",
            where=f"random, {group}",
            count=n_groups,
            todo="Leave the categories or the grouping out.",
        )


def _slope(data: RegressionData, slope: str, group: str) -> np.ndarray:
    """The fixed column of that name: its deviation within persons, where it is split."""
    for component in ("within", "growth", "coefficient"):
        places = [i for i, term in enumerate(data.terms) if term.term == slope and term.component == component]
        if len(places) > 1:
            raise ModelError(
                "a slope of categories has as many effects as categories", where=f"random, {slope}", count=len(places)
            )
        if places:
            return np.asarray(data.matrix[:, places[0]])
    raise ModelError(
        f"a slope of `{slope}` varies around a mean that the model does not have",
        where=f"random, {group}",
        todo="Name it as an exposure or a covariate too.",
    )


def _require_different(terms: Sequence[Random]) -> None:
    """Two groupings that divide the rows alike cannot be separated, nor can one with as many groups as rows."""
    for place, one in enumerate(terms):
        for other in terms[:place]:
            sizes = int(one.codes.max()) + 1, int(other.codes.max()) + 1
            if sizes[0] == sizes[1] == len(np.unique(one.codes * sizes[1] + other.codes)):
                raise ModelError(
                    f"{one.group} and {other.group} divide the rows alike, so that their variances cannot be separated",
                    where="random",
                    count=int(one.codes.max()) + 1,
                    todo="Leave one out.",
                )


def few_groups(terms: Sequence[Random]) -> dict[str, str]:
    """A note for each grouping of few groups."""
    return {
        term.group: f"only {int(term.codes.max()) + 1} groups: a variance between so few is hardly determined"
        for term in terms
        if int(term.codes.max()) + 1 < FEW_GROUPS
    }


def residual_times(data: RegressionData, time: str | None) -> np.ndarray:
    """The time of each row: the column ``time``, or the place of its wave. Raises ModelError unless it is a number."""
    if time is None:
        return np.asarray(data.wave, dtype=float)
    assert data.carried is not None
    column: Any = data.carried[time]
    if not column.dtype.is_numeric():
        raise ModelError("times are numbers", where=time)
    return np.asarray(column.to_numpy(), dtype=float)
