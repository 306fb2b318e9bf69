"""From a panel to the matrices of a regression: complete rows, dummies with a named reference, codes for the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.inference import Basis, Term

Column = tuple[Term, np.ndarray]


@dataclass(frozen=True)
class RegressionData:
    """Complete rows in the order person (first appearance), wave: outcome (n), matrix (n × terms), codes (n)."""

    outcome_name: str
    outcome: np.ndarray
    matrix: np.ndarray
    terms: tuple[Term, ...]
    person: np.ndarray
    wave: np.ndarray
    clusters: np.ndarray | None
    cluster_name: str | None
    weights: np.ndarray | None
    n_left_out: int

    @property
    def n_obs(self) -> int:
        return len(self.outcome)

    @property
    def n_persons(self) -> int:
        return int(self.person.max()) + 1

    @property
    def n_waves(self) -> int:
        return len(np.unique(self.wave))

    def basis(self, covariance: str, confidence: float) -> Basis:
        return Basis(self.n_obs, self.n_persons, covariance, confidence)

    def keep(self, kept: np.ndarray) -> RegressionData:
        """The same rows with the columns ``kept`` (a mask over the terms)."""
        terms = tuple(term for term, keep in zip(self.terms, kept, strict=True) if keep)
        return replace(self, matrix=self.matrix[:, kept], terms=terms)

    def rows(self, chosen: np.ndarray) -> RegressionData:
        """The rows ``chosen`` (their places) with all columns."""
        return replace(
            self,
            outcome=self.outcome[chosen],
            matrix=self.matrix[chosen],
            person=_ordered(self.person[chosen]),
            wave=self.wave[chosen],
            clusters=None if self.clusters is None else _ordered(self.clusters[chosen]),
            weights=None if self.weights is None else self.weights[chosen],
        )

    def varies_within(self) -> np.ndarray:
        """Which columns change over time for at least one person."""
        spread = np.abs(within(self.matrix, self.person)).max(axis=0, initial=0.0)
        return np.asarray(spread > 1e-9 * np.maximum(np.abs(self.matrix).max(axis=0, initial=0.0), 1e-300))


def regression_data(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    categorical: Iterable[str] = (),
    person: str | None = "person_id",
    wave: str | None = "wave",
    cluster: str | None = None,
    weights: str | None = None,
    wave_effects: bool = True,
    intercept: bool = True,
) -> RegressionData:
    """The matrices of a regression of ``outcome`` on exposures, covariates and wave dummies.

    Rows with a missing value in any column used, or without a positive weight, are left out and counted. Text columns,
    and those named in ``categorical``, become dummies against their first level in sort order; waves against the first.

    Raises ModelError for a column that is not there or not a number, a person twice in a wave, no complete row, or an
    outcome that does not vary.
    """
    numbers = (outcome, *exposures, *covariates)
    keys = [name for name in (person, wave, cluster, weights) if name is not None]
    used = list(dict.fromkeys((*numbers, *keys)))
    require(frame, used)
    rows = complete(frame.select(used), weights)
    rows = _in_panel_order(rows, person, wave)
    outcome_values = _numeric(rows, outcome)
    if rows.height == 0 or np.ptp(outcome_values) == 0:
        what = "no row has an answer to everything the model uses" if rows.height == 0 else "the outcome does not vary"
        raise ModelError(what, where=outcome, count=frame.height, todo="Choose other waves or columns.")
    columns: list[Column] = [(Term("intercept", "intercept"), np.ones(rows.height))] if intercept else []
    for name in (*exposures, *covariates):
        columns += _columns(rows, name, name in set(categorical))
    if wave_effects and wave is not None:
        columns += _wave_dummies(rows[wave])
    return RegressionData(
        outcome_name=outcome,
        outcome=outcome_values,
        matrix=np.column_stack([values for _, values in columns]),
        terms=tuple(term for term, _ in columns),
        person=codes(rows[person]) if person is not None else np.arange(rows.height),
        wave=_ordered_codes(rows[wave]) if wave is not None else np.zeros(rows.height, dtype=np.int64),
        clusters=codes(rows[cluster]) if cluster is not None else None,
        cluster_name="person" if cluster == person else cluster,
        weights=_numeric(rows, weights) if weights is not None else None,
        n_left_out=frame.height - rows.height,
    )


def require(frame: pl.DataFrame, columns: Iterable[str]) -> None:
    """Raises ModelError naming every column that the frame does not have."""
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        raise ModelError(
            f"the table has no column {', '.join(f'`{name}`' for name in absent)}",
            todo=f"It has: {', '.join(frame.columns[:40])}.",
        )


def complete(rows: pl.DataFrame, weights: str | None) -> pl.DataFrame:
    """Rows with a value everywhere and, where there are weights, a positive one."""
    rows = rows.with_columns(pl.selectors.float().fill_nan(None)).drop_nulls()
    if weights is None:
        return rows
    if not rows.schema[weights].is_numeric():
        raise ModelError("a weight must be a number", where=weights)
    negative = rows.filter(pl.col(weights) < 0).height
    if negative:
        raise ModelError("weights below zero", where=weights, count=negative, todo="Correct the weights.")
    return rows.filter(pl.col(weights) > 0)


def codes(column: pl.Series) -> np.ndarray:
    """0, 1, 2 … by first appearance: no result may depend on how pseudonyms sort."""
    distinct = column.unique(maintain_order=True)
    return column.replace_strict(distinct, pl.int_range(len(distinct), eager=True), return_dtype=pl.Int64).to_numpy()


def _ordered(values: np.ndarray) -> np.ndarray:
    """The same codes without gaps."""
    return np.unique(values, return_inverse=True)[1]


def _ordered_codes(column: pl.Series) -> np.ndarray:
    return column.rank("dense").to_numpy().astype(np.int64) - 1


def group_sums(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sums by group (groups × columns) of ``values`` (rows × columns)."""
    n_groups = int(group.max()) + 1
    return np.column_stack([np.bincount(group, column, n_groups) for column in values.T])


def means_of(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Each row's group mean."""
    return np.asarray((group_sums(values, group) / np.bincount(group)[:, None])[group])


def within(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Deviations from the group mean."""
    return np.asarray(values - means_of(values, group))


def check_rank(matrix: np.ndarray, terms: Sequence[Term], where: str, scale: np.ndarray | None = None) -> None:
    """Raises ModelError naming the terms that the terms before them already determine (relative to their ``scale``)."""
    scale = np.maximum(np.linalg.norm(matrix, axis=0) if scale is None else scale, 1e-300)
    if len(matrix) < len(terms):
        raise ModelError(f"{len(terms)} terms but fewer rows", where=where, count=len(matrix))
    left = np.abs(np.diag(np.linalg.qr(matrix / scale, mode="r")))
    tied = [term.label for term, size in zip(terms, left, strict=True) if size < 1e-9]
    if tied:
        raise ModelError(
            f"{', '.join(tied)} cannot be told apart from the other terms of the model",
            where=where,
            todo="Leave it out.",
        )


def _in_panel_order(rows: pl.DataFrame, person: str | None, wave: str | None) -> pl.DataFrame:
    if person is None or wave is None or rows.height == 0:
        return rows
    twice = rows.height - rows.select(person, wave).unique().height
    if twice:
        raise ModelError("a person more than once in a wave", count=twice, todo="Give one row per person and wave.")
    place = pl.Series("__place", codes(rows[person]))
    return rows.with_columns(place).sort("__place", wave, maintain_order=True).drop("__place")


def _numeric(rows: pl.DataFrame, name: str) -> np.ndarray:
    column = rows[name]
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise ModelError("must be a number to be used here", where=name)
    return column.cast(pl.Float64).to_numpy()


def _columns(rows: pl.DataFrame, name: str, categorical: bool) -> list[Column]:
    column = rows[name]
    if not categorical and (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        return [(Term("coefficient", name), _numeric(rows, name))]
    levels = column.unique().sort().to_list()
    if len(levels) < 2:
        raise ModelError("every row has the same category", where=name, todo="Leave it out.")
    note = f"against {level_name(levels[0])}"
    return [
        (Term("coefficient", name, group=level_name(level), note=note), (column == level).to_numpy().astype(float))
        for level in levels[1:]
    ]


def _wave_dummies(column: pl.Series) -> list[Column]:
    first, *later = column.unique().sort().to_list()
    return [
        (Term("wave", str(wave), wave=str(wave), note=f"against {first}"), (column == wave).to_numpy().astype(float))
        for wave in later
    ]


def level_name(level: object) -> str:
    """A category as text: 3.0 is ``3``."""
    return str(int(level)) if isinstance(level, float) and level.is_integer() else str(level)
