"""From a panel to the matrices of a regression: complete rows, dummies with a named reference, codes for the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import codes, complete, level_name, numeric, ordered_codes, require
from pipeline.models.contrasts import Combination
from pipeline.models.groups import within
from pipeline.models.inference import Basis, Term
from pipeline.specs.contrasts import Contrast, read_contrasts

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
    contrasts: tuple[Contrast | Combination, ...] = ()
    carried: pl.DataFrame | None = None
    predict_at: Mapping[str, Sequence[object]] | None = None

    @property
    def n_obs(self) -> int:
        return len(self.outcome)

    @property
    def n_persons(self) -> int:
        return int(self.person.max()) + 1

    @property
    def n_waves(self) -> int:
        return int(self.wave.max()) + 1

    @property
    def n_clusters(self) -> int:
        """How many clusters there are; of two ways, those of the way with fewer."""
        return 0 if self.clusters is None else int(self.clusters.max(axis=0).min()) + 1

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
            person=without_gaps(self.person[chosen]),
            wave=self.wave[chosen],
            clusters=None if self.clusters is None else np.apply_along_axis(without_gaps, 0, self.clusters[chosen]),
            weights=None if self.weights is None else self.weights[chosen],
            carried=None if self.carried is None else self.carried[chosen],
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
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    wave_effects: bool = True,
    intercept: bool = True,
    contrasts: Mapping[str, str | Combination] | None = None,
    carried: Sequence[str] = (),
    predict_at: Mapping[str, Sequence[object]] | None = None,
) -> RegressionData:
    """The matrices of a regression of ``outcome`` on exposures, covariates and wave dummies.

    Rows with a missing value in any column used, or without a positive weight, are left out and counted. Text columns,
    and those named in ``categorical``, become dummies against their first level in sort order; waves against the
    first. Errors are clustered by one column, or two (``cluster``). The columns ``carried`` come along as they are, in
    the same rows: groupings of random effects, times. ``predict_at``: values at which a linear model predicts.

    Raises ModelError for a column that is not there or not a number, a person twice in a wave, no complete row, or an
    outcome or a term that does not vary.
    """
    keys = [name for name in (person, wave, *cluster_names(cluster), weights) if name is not None]
    used = list(dict.fromkeys((outcome, *exposures, *covariates, *keys, *carried)))
    require(frame, used)
    index = _in_panel_order(complete(frame.select(used), weights), person, wave)
    rows, outcome_values = index.rows, numeric(index.rows, outcome)
    if rows.height == 0 or np.ptp(outcome_values) == 0:
        what = "no row has an answer to everything the model uses" if rows.height == 0 else "the outcome does not vary"
        raise ModelError(what, where=outcome, count=frame.height, todo="Choose other waves or columns.")
    columns: list[Column] = [(Term("intercept", "intercept"), np.ones(rows.height))] if intercept else []
    for name in (*exposures, *covariates):
        columns += _columns(rows, name, name in set(categorical))
    if wave_effects and wave is not None:
        columns += _wave_dummies(index)
    if not columns:
        raise ModelError("no term is left to estimate", where="exposures", todo="Name one.")
    return RegressionData(
        outcome_name=outcome,
        outcome=outcome_values,
        matrix=np.column_stack([values for _, values in columns]),
        terms=tuple(term for term, _ in columns),
        person=index.person,
        wave=index.wave,
        clusters=_clusters(index, cluster, person),
        cluster_name=" and ".join("person" if name == person else name for name in cluster_names(cluster)) or None,
        weights=None if weights is None else numeric(rows, weights),
        n_left_out=frame.height - rows.height,
        contrasts=contrasts_of(contrasts),
        carried=rows.select(carried) if carried else None,
        predict_at=predict_at,
    )


def contrasts_of(declared: Mapping[str, str | Combination] | None) -> tuple[Contrast | Combination, ...]:
    """The contrasts that are asked for. Raises ModelError for one that cannot be read."""
    given = (declared or {}).items()
    try:
        written = read_contrasts({name: text for name, text in given if isinstance(text, str)})
        return (*written, *(one for _, one in given if not isinstance(one, str)))
    except ValueError as error:
        raise ModelError(str(error), where="contrasts") from None


def without_gaps(values: np.ndarray) -> np.ndarray:
    """The same codes without gaps."""
    return np.unique(values, return_inverse=True)[1]


@dataclass(frozen=True)
class _Index:
    """Rows in the order person, wave, with the codes of both and the waves in order."""

    rows: pl.DataFrame
    person: np.ndarray
    wave: np.ndarray
    waves: list[object]


def _in_panel_order(rows: pl.DataFrame, person: str | None, wave: str | None) -> _Index:
    """Raises ModelError for a person more than once in a wave."""
    places = np.arange(rows.height) if person is None else codes(rows[person])
    if wave is None:
        return _Index(rows, places, np.zeros(rows.height, dtype=np.int64), [])
    when, waves = ordered_codes(rows[wave])
    if person is None:
        return _Index(rows, places, when, waves)
    key = places * len(waves) + when
    if not np.all(key[1:] > key[:-1]):
        order = np.argsort(key, kind="stable")
        twice = int((np.diff(key[order]) == 0).sum())
        if twice:
            raise ModelError("a person more than once in a wave", count=twice, todo="Give one row per person and wave.")
        rows, places, when = rows[order], places[order], when[order]
    return _Index(rows, places, when, waves)


def cluster_names(cluster: str | Sequence[str] | None) -> tuple[str, ...]:
    """The columns to cluster by: none, one or two."""
    if cluster is None:
        return ()
    return (cluster,) if isinstance(cluster, str) else tuple(cluster)


def _clusters(index: _Index, cluster: str | Sequence[str] | None, person: str | None) -> np.ndarray | None:
    """The codes (n) of the clusters, or two columns of them."""
    found = [index.person if name == person else codes(index.rows[name]) for name in cluster_names(cluster)]
    if len(found) > 2:
        raise ModelError("errors are clustered by one column or two", where="cluster", count=len(found))
    return None if not found else found[0] if len(found) == 1 else np.column_stack(found)


def _columns(rows: pl.DataFrame, name: str, categorical: bool) -> list[Column]:
    column = rows[name]
    if not categorical and (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        values = numeric(rows, name)
        if np.ptp(values) == 0:
            raise ModelError(
                "has the same value in every row that has an answer to all else",
                where=name,
                count=rows.height,
                todo="Leave it out, or choose other waves or arms.",
            )
        return [(Term("coefficient", name), values)]
    levels = column.unique().sort().to_list()
    if len(levels) < 2:
        raise ModelError("every row has the same category", where=name, todo="Leave it out.")
    note = f"against {level_name(levels[0])}"
    return [
        (Term("coefficient", name, group=level_name(level), note=note), (column == level).to_numpy().astype(float))
        for level in levels[1:]
    ]


def _wave_dummies(index: _Index) -> list[Column]:
    first, *later = index.waves
    return [
        (Term("wave", str(wave), wave=str(wave), note=f"against {first}"), (index.wave == place).astype(float))
        for place, wave in enumerate(later, start=1)
    ]


def check_rank(matrix: np.ndarray, terms: Sequence[Term], where: str, scale: np.ndarray | None = None) -> None:
    """Raises ModelError naming the terms that the terms before them already determine (relative to their ``scale``)."""
    scale = np.maximum(np.linalg.norm(matrix, axis=0) if scale is None else scale, 1e-300)
    if len(matrix) < len(terms):
        raise ModelError(f"{len(terms)} terms but fewer rows", where=where, count=len(matrix))
    left = np.abs(np.diag(np.linalg.qr(matrix / scale, mode="r")))
    tied = [term.label for term, size in zip(terms, left, strict=True) if size < 1e-9]
    if tied:
        raise ModelError(
            f"{', '.join(tied)} cannot be separated from the other terms of the model",
            where=where,
            todo="Leave it out.",
        )
