"""The equations and instruments of a dynamic model, from a panel on its grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.dynamic.grid import Grid, lagged
from pipeline.models.dynamic.instruments import (
    Blocks,
    Chosen,
    Column,
    difference_columns,
    gmm_columns,
    lag_columns,
)
from pipeline.models.dynamic.moments import Equation, Moments, moments
from pipeline.models.dynamic.settings import Settings
from pipeline.models.dynamic.transforms import transformed, transformed_rows
from pipeline.models.inference import Term

OWN = "own"
"""The group of terms that are their own instruments."""


@dataclass(frozen=True)
class Dynamic:
    """A dynamic model ready to be estimated: the ``change`` equation, in a system that of ``level``, their moments.

    ``differences`` is the change equation in first differences, on which serial correlation is tested.
    """

    terms: tuple[Term, ...]
    change: Equation
    level: Equation | None
    differences: Equation
    blocks: Blocks
    moments: Moments

    @property
    def n_persons(self) -> int:
        rows = self.change.rows if self.level is None else self.level.rows
        return int(rows.any(axis=1).sum())

    @property
    def n_obs(self) -> int:
        rows = self.change.rows if self.level is None else self.level.rows
        return int(rows.sum())


def dynamic_model(grid: Grid, names: Sequence[str], given: Settings) -> Dynamic:
    """Equations, instruments and moments.

    Raises ModelError where nobody has enough waves, and for a term that does not change within a person.
    """
    terms, columns = _terms(grid, names, given)
    matrix = np.stack(columns, axis=2)
    complete = ~np.isnan(matrix).any(axis=2) & ~np.isnan(grid.outcome)
    rows = transformed_rows(complete, given.transformation)
    _require_rows(grid, rows, given)
    waves, wave_terms = _wave_dummies(grid, complete, given)
    matrix = np.concatenate([np.where(complete[:, :, None], matrix, 0.0), waves], axis=2)
    terms += wave_terms
    change = _transformed(matrix, grid.outcome, complete, given)
    _require_change(change, terms, given)
    level = _level(matrix, grid.outcome, complete) if given.system else None
    blocks = _blocks(grid, names, given, change, complete, waves)
    if blocks.count < len(terms):
        raise ModelError(
            f"{len(terms)} terms but {blocks.count} instruments",
            where=grid.outcome_name,
            todo="Allow more lags as instruments, choose more waves, or fewer terms.",
        )
    return Dynamic(
        tuple(terms),
        change,
        level,
        _transformed(matrix, grid.outcome, complete, replace(given, transformation="difference")),
        blocks,
        moments(change, level, blocks, complete, given.transformation),
    )


def _terms(grid: Grid, names: Sequence[str], given: Settings) -> tuple[list[Term], list[np.ndarray]]:
    """The outcome of earlier waves, then each term and its own lags: names and columns (persons × periods)."""
    unknown = sorted({*given.lags, *given.predetermined, *given.endogenous} - set(names))
    if unknown:
        raise ModelError(
            f"{', '.join(unknown)} is no term of the model",
            where="lags, predetermined, endogenous",
            todo="Name it under `exposures` or `covariates` too.",
        )
    terms = [_lag(Term("persistence", grid.outcome_name), lag) for lag in range(1, given.outcome_lags + 1)]
    columns = [lagged(grid.outcome, lag) for lag in range(1, given.outcome_lags + 1)]
    for place, lag in _own_lags(grid, names, given):
        term = grid.terms[place]
        terms.append(term if lag == 0 else _lag(replace(term, component="lagged"), lag))
        columns.append(lagged(grid.columns[:, :, place], lag))
    return terms, columns


def _own_lags(grid: Grid, names: Sequence[str], given: Settings) -> list[tuple[int, int]]:
    """The place of each term in the grid, with each of its lags."""
    return [(place, lag) for name in names for place in grid.of(name) for lag in range(given.lags.get(name, 0) + 1)]


def _lag(term: Term, lag: int) -> Term:
    """The term of so many waves before: one wave goes without saying."""
    named = ", ".join(filter(None, (term.group, f"lag {lag}" if lag > 1 else None)))
    return replace(term, group=named or None)


def _require_rows(grid: Grid, rows: np.ndarray, given: Settings) -> None:
    if not rows.any():
        need = given.outcome_lags + 2
        raise ModelError(
            f"nobody answered everything in {need} consecutive waves, which {given.outcome_lags} "
            f"lag{'s' * (given.outcome_lags > 1)} of the outcome need",
            where=grid.outcome_name,
            count=grid.n_rows,
            todo="Choose waves that are equally far apart, or fewer columns.",
        )


def _wave_dummies(grid: Grid, complete: np.ndarray, given: Settings) -> tuple[np.ndarray, list[Term]]:
    """Dummies of the waves that have complete rows but the first, and in a system the intercept.

    Differences do not link waves on both sides of one that nobody answered: the first after it is a base of its own.
    """
    used = [int(period) for period in np.flatnonzero(complete.any(axis=0))]
    kept = _told_apart(complete, used[1:], given) if given.wave_effects else []
    dummies = [_dummy(complete, period) for period in kept]
    terms = []
    for period in kept:
        base = max(other for other in used if other < period and other not in kept)
        wave = str(grid.periods[period])
        terms.append(Term("wave", wave, wave=wave, note=f"against {grid.periods[base]}"))
    if given.system:
        dummies, terms = [*dummies, complete.astype(float)], [*terms, Term("intercept", "intercept")]
    return np.stack(dummies, axis=2) if dummies else np.zeros((*complete.shape, 0)), terms


def _dummy(complete: np.ndarray, period: int) -> np.ndarray:
    made = np.zeros(complete.shape)
    made[:, period] = complete[:, period]
    return made


def _told_apart(complete: np.ndarray, periods: Sequence[int], given: Settings) -> list[int]:
    """The periods whose dummies add something to those after them, transformed as the equation is."""
    if given.system or not periods:
        return list(periods)
    made = transformed(np.stack([_dummy(complete, one) for one in periods], axis=2), complete, given.transformation)
    flat = made.reshape(-1, len(periods))
    cross = flat.T @ flat
    kept: list[int] = []
    for place in reversed(range(len(periods))):
        chosen = [place, *kept]
        if np.linalg.matrix_rank(cross[np.ix_(chosen, chosen)], hermitian=True, tol=1e-9 * cross.max()) == len(chosen):
            kept = chosen
    return [periods[place] for place in kept]


def _transformed(matrix: np.ndarray, outcome: np.ndarray, complete: np.ndarray, given: Settings) -> Equation:
    joined = np.concatenate([matrix, np.where(complete, outcome, 0.0)[:, :, None]], axis=2)
    made = transformed(joined, complete, given.transformation)
    return Equation(made[:, :, :-1], made[:, :, -1], transformed_rows(complete, given.transformation))


def _level(matrix: np.ndarray, outcome: np.ndarray, complete: np.ndarray) -> Equation:
    return Equation(np.where(complete[:, :, None], matrix, 0.0), np.where(complete, outcome, 0.0), complete)


def _require_change(change: Equation, terms: Sequence[Term], given: Settings) -> None:
    """Raises ModelError for a term that a difference takes out; in a system the level equation keeps it."""
    if given.system:
        return
    size = np.abs(change.matrix).max(axis=(0, 1))
    constant = [term.label for term, largest in zip(terms, size, strict=True) if largest < 1e-12]
    if constant:
        raise ModelError(
            f"{', '.join(constant)} never changes within a person",
            where="exposures",
            todo="Leave it out, or use `system_gmm` or `hausman_taylor`.",
        )


def _blocks(
    grid: Grid, names: Sequence[str], given: Settings, change: Equation, complete: np.ndarray, waves: np.ndarray
) -> Blocks:
    chosen = _chosen(grid, given)
    own = [name for name in (*names, *given.instruments) if name not in {*given.predetermined, *given.endogenous}]
    columns = [
        np.nan_to_num(lagged(grid.columns[:, :, place], lag), nan=0.0) for place, lag in _own_lags(grid, own, given)
    ]
    collapse = given.collapse
    first = gmm_columns(chosen, change.rows, lag_columns, "", collapse=collapse)
    first += [(OWN, column) for column in _changes(columns, complete, given)]
    second: list[Column] = []
    in_levels = [(OWN, waves[:, :, place]) for place in range(waves.shape[2])]
    if given.system:
        second = gmm_columns(chosen, complete, difference_columns, " in levels", collapse=collapse)
        second += [(OWN, column) for column in columns if given.level_instruments] + in_levels
    else:
        first += [(OWN, column) for column in _changes([column for _, column in in_levels], complete, given)]
    return Blocks(tuple(first), tuple(second))


def _changes(columns: Sequence[np.ndarray], complete: np.ndarray, given: Settings) -> list[np.ndarray]:
    """Columns that are their own instruments, transformed as the equation is; none for what never changes."""
    if not columns:
        return []
    made = transformed(np.stack(columns, axis=2), complete, given.transformation)
    return [made[:, :, place] for place in range(made.shape[2]) if np.abs(made[:, :, place]).max() > 1e-12]


def _chosen(grid: Grid, given: Settings) -> Chosen:
    chosen = {}
    for name, lags in given.instrumented(grid.outcome_name).items():
        places = grid.of(name)
        if name == grid.outcome_name:
            chosen[name] = (grid.outcome, lags)
        else:
            for place in places:
                chosen[grid.terms[place].label] = (grid.columns[:, :, place], lags)
    return chosen
