"""The rows of an analysis as arrays: waves, arms, sample, weights and outliers chosen, in the order person, wave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import codes, level_name, numeric, ordered_codes, require
from pipeline.models.declared import CLUSTERS
from pipeline.models.design.sample import Replicated
from pipeline.models.inference import Term
from pipeline.models.regression_data import RegressionData, cluster_names
from pipeline.models.weighting import WEIGHT, Weighting, weighted
from pipeline.specs.multiverse import OUTLIERS
from pipeline.specs.multiverse_cells import Setting
from pipeline.specs.terms import measures
from pipeline.subsamples import balanced, complete_cases, from_the_start

SAMPLES = {"complete_case": complete_cases, "balanced": balanced}
PLACE, REPLICATE = "_person", "_replicate"
"""Columns: the place of a person in the list of all, the same in every analysis; and among those with a weight."""


def sample(panel: pl.DataFrame, setting: Setting, reads: tuple[str, ...]) -> pl.DataFrame:
    """The rows of the setting's waves, arms and people; ``reads`` are the columns that whole people answered.

    Raises ModelError if the panel has no such wave or arm.
    """
    for column, values in (("wave", setting.model.waves), ("arm", setting.model.arms)):
        if values:
            absent = sorted(set(values) - set(panel[column].unique()))
            if absent:
                raise ModelError(f"the panel has no {column} {', '.join(absent)}", todo=f"Correct `{column}s`.")
            panel = panel.filter(pl.col(column).is_in(list(values)))
    if setting.missing == "from_the_start":
        return from_the_start(panel)
    chosen = SAMPLES.get(setting.missing)
    return panel if chosen is None else chosen(panel, reads)


def without_outliers(frame: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Outcome and exposure drawn in to, or left out beyond, so many standard deviations from the mean of the rows."""
    found = OUTLIERS.fullmatch(setting.outliers)
    if found is None or found[1] is None:
        return frame
    treated = []
    for name in (str(setting.model.outcome), *measures((setting.exposure,))):
        value = pl.col(name).cast(pl.Float64)
        low, high = (value.mean() + sign * float(found[2]) * value.std() for sign in (-1, 1))
        kept = value.clip(low, high) if found[1] == "winsorised" else pl.when(value.is_between(low, high)).then(value)
        treated.append(kept.alias(name))
    return frame.with_columns(treated)


@dataclass(frozen=True)
class Rows:
    """Rows with an outcome, in the order person (first appearance), wave; ``place`` (n) is the person's in the list.

    ``columns``: name → terms and values (n × terms) with NaN where nothing was answered. ``weights`` are positive.
    """

    outcome_name: str
    outcome: np.ndarray
    person: np.ndarray
    place: np.ndarray
    wave: np.ndarray
    waves: tuple[str, ...]
    columns: Mapping[str, tuple[tuple[Term, ...], np.ndarray]]
    clusters: Mapping[str, np.ndarray]
    weights: np.ndarray | None
    replicate: np.ndarray | None  # the person's row in the replicates of the weights, if they have any
    replicates: Replicated | None
    n_rows: int
    note: str | None

    def answered(self, names: Iterable[str], cluster: str | None) -> np.ndarray:
        """Which rows (n) answer all of these, and belong to a cluster."""
        used = np.ones(len(self.outcome), dtype=bool)
        for name in names:
            used &= ~np.isnan(self.columns[name][1][:, 0])
        if cluster is not None:
            for name in cluster_names(_columns_of(cluster)):
                used &= self.clusters[name] >= 0
        return used

    def data(self, names: Iterable[str], used: np.ndarray, *, wave_effects: bool) -> RegressionData:
        """The matrices of the rows ``used``: these columns and a dummy for each wave but the first that they have."""
        wave = np.unique(self.wave[used], return_inverse=True)
        terms: list[Term] = []
        parts: list[np.ndarray] = []
        for name in names:
            own, values = self.columns[name]
            values = values[used]
            if own[0].group is not None:  # the levels that are there, against the first of them
                there = values.any(axis=0)
                if there.sum() < 2:
                    raise ModelError("every row has the same category", where=name, todo="Leave it out.")
                kept = np.flatnonzero(there)[1:]
                own, values = tuple(own[place] for place in kept), values[:, kept]
            terms += own
            parts.append(values)
        if wave_effects:
            first = self.waves[wave[0][0]] if len(wave[0]) else ""
            for place, code in enumerate(wave[0][1:], start=1):
                label = self.waves[code]
                terms.append(Term("wave", label, wave=label, note=f"against {first}"))
                parts.append((wave[1] == place).astype(float)[:, None])
        return RegressionData(
            outcome_name=self.outcome_name,
            outcome=self.outcome[used],
            matrix=np.column_stack(parts),
            terms=tuple(terms),
            person=_coded(self.person[used]),
            wave=wave[1],
            clusters=None,
            cluster_name=None,
            weights=None if self.weights is None else self.weights[used],
            n_left_out=self.n_rows - int(used.sum()),
        )

    def clusters_of(self, cluster: str, used: np.ndarray) -> tuple[np.ndarray | None, str | None]:
        """The codes of the clusters of the rows ``used``, one way or two, and what they are called."""
        names = cluster_names(_columns_of(cluster))
        if not names:
            return None, None
        found = [np.unique(self.clusters[name][used], return_inverse=True)[1] for name in names]
        words = " and ".join("person" if name == "person_id" else name for name in names)
        return found[0] if len(found) == 1 else np.column_stack(found), words


def _columns_of(cluster: str) -> str | tuple[str, str] | None:
    return CLUSTERS.get(cluster, cluster)


def _coded(person: np.ndarray) -> np.ndarray:
    """Codes of rows that are sorted by person, without gaps."""
    return np.cumsum(np.diff(person, prepend=person[:1]) != 0)


def rows_of(
    frame: pl.DataFrame,
    setting: Setting,
    names: Iterable[str],
    categorical: Iterable[str],
    clusters: Iterable[str],
    weighting: Weighting | None,
) -> Rows:
    """The rows of a frame that have an outcome and a weight, with the columns ``names`` as numbers or dummies.

    Text columns become dummies, and those in ``categorical``.

    Raises ModelError for a column that is not there, an outcome or exposure that is not a number, a person twice in a
    wave, and if nobody has the weight.
    """
    outcome, weights, note, n_rows = str(setting.model.outcome), None, None, frame.height
    if weighting is not None:
        given = weighted(_numbered(frame, weighting), replace(weighting, replicates=None))
        frame, weights, note = given.frame, WEIGHT, given.note(weighting.name)
        n_rows = frame.height
    elif setting.model.weights:
        weights = setting.model.weights
    by = [name for name in dict.fromkeys(clusters) if name != "person_id"]
    names = tuple(dict.fromkeys(names))
    require(frame, ["person_id", "wave", outcome, *names, *by, *filter(None, [weights])])
    numeric(frame.head(0), setting.exposure)
    frame = frame.with_columns(pl.selectors.float().fill_nan(None)).filter(pl.col(outcome).is_not_null())
    if weights is not None:
        negative = frame.filter(pl.col(weights) < 0).height
        if negative:
            raise ModelError("weights below zero", where=weights, count=negative, todo="Correct the weights.")
        frame = frame.filter(pl.col(weights) > 0)
    frame, person, wave, waves = _in_order(frame)
    return Rows(
        outcome_name=outcome,
        outcome=numeric(frame, outcome),
        person=person,
        place=frame[PLACE].to_numpy(),
        wave=wave,
        waves=tuple(map(str, waves)),
        columns={name: _columns(frame, name, name in set(categorical)) for name in names},
        clusters={"person_id": person} | {name: _known(frame[name]) for name in by},
        weights=None if weights is None else numeric(frame, weights),
        replicate=frame[REPLICATE].to_numpy() if REPLICATE in frame.columns else None,
        replicates=None if weighting is None else weighting.replicates,
        n_rows=n_rows,
        note=note,
    )


def _numbered(frame: pl.DataFrame, weighting: Weighting) -> pl.DataFrame:
    """The frame with each person's row in the replicates, which are of those with a weight, in their order."""
    if weighting.replicates is None:
        return frame
    given = weighting.weights.drop_nulls(WEIGHT).select("person_id").with_row_index(REPLICATE)
    return frame.join(given, on="person_id", how="left", maintain_order="left")


def _in_order(frame: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray, np.ndarray, list[Any]]:
    person = codes(frame["person_id"])
    wave, waves = ordered_codes(frame["wave"])
    key = person * max(len(waves), 1) + wave
    if not np.all(key[1:] > key[:-1]):
        order = np.argsort(key, kind="stable")
        twice = int((np.diff(key[order]) == 0).sum())
        if twice:
            raise ModelError("a person more than once in a wave", count=twice, todo="Give one row per person and wave.")
        frame, person, wave = frame[order], person[order], wave[order]
    return frame, person, wave, waves


def _known(column: pl.Series) -> np.ndarray:
    """Codes by first appearance; −1 where there is none."""
    return np.where(column.is_null().to_numpy(), -1, codes(column))


def _columns(frame: pl.DataFrame, name: str, categorical: bool) -> tuple[tuple[Term, ...], np.ndarray]:
    """The terms and values of one column: itself, or a dummy for each level (the first, too)."""
    column = frame[name]
    if not categorical and (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        return (Term("coefficient", name),), column.cast(pl.Float64).to_numpy(writable=True)[:, None]
    levels = column.drop_nulls().unique().sort().to_list()
    if not levels:
        raise ModelError("no row has an answer", where=name, count=frame.height)
    terms = tuple(Term("coefficient", name, group=level_name(level)) for level in levels)
    values = np.column_stack([(column == level).cast(pl.Float64).to_numpy(writable=True) for level in levels])
    return terms, values
