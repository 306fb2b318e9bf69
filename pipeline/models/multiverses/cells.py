"""Every cell of a grid estimated: cells of the same rows together, groups of rows side by side on the pool."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.inference import joined
from pipeline.models.multiverses.fits import Fit, Sharing
from pipeline.models.multiverses.resample import Draws, by_replicates, drawn, replicated
from pipeline.models.multiverses.rows import Rows, rows_of, sample, without_outliers
from pipeline.models.weighting import Weighting
from pipeline.parallel import fan_out
from pipeline.specs.multiverse_cells import Setting


@dataclass(frozen=True)
class Under:
    """What the joint test needs of a cell: its estimate and error clustered by person, and those of each draw."""

    fit: Fit
    estimates: np.ndarray
    errors: np.ndarray


@dataclass(frozen=True)
class Done:
    """A cell: its fit, or the row of its family's Estimates; or why it cannot be estimated."""

    fit: Fit | None = None
    row: Mapping[str, Any] | None = None
    reason: str | None = None
    note: str | None = None
    under: Under | None = None


@dataclass(frozen=True)
class Plan:
    """What all cells share. ``reads``: columns that whole people answered; ``persons``: how many there are."""

    settings: tuple[Setting, ...]
    reads: tuple[str, ...]
    weightings: Mapping[str, Weighting]
    persons: int
    draws: int
    seed: int
    standardised: bool


def estimated(plan: Plan, panel: pl.DataFrame, completed: Sequence[pl.DataFrame]) -> list[list[Done]]:
    """What each cell gives: one ``Done``, or one for each completed panel where it is on imputed data.

    A cell that makes no sense (its outcome a covariate, too) is not fitted.
    """
    sensible = [place for place, setting in enumerate(plan.settings) if setting.impossible is None]
    answered = [place for place in sensible if plan.settings[place].missing != "imputed"]
    imputed = [place for place in sensible if plan.settings[place].missing == "imputed"]
    pieces: list[tuple[Any, ...]] = [(places, None) for places in _grouped(plan, answered).values()]
    pieces += [(tuple(imputed), frame) for frame in completed if imputed]
    found = [[] if one.impossible is None else [Done(reason=one.impossible)] for one in plan.settings]
    for (places, _), done in zip(pieces, fan_out(_piece, pieces, (plan, panel)), strict=True):
        for place, one in zip(places, done, strict=True):
            found[place].append(one)
    return found


def _grouped(plan: Plan, places: Sequence[int]) -> dict[Hashable, tuple[int, ...]]:
    """The cells of the same rows, but for what their covariates leave out."""
    groups: dict[Hashable, list[int]] = {}
    for place in places:
        one = plan.settings[place]
        model = one.model
        key = (model.waves, model.arms, one.missing, model.weights, model.outcome, one.exposure, one.outliers)
        groups.setdefault(key, []).append(place)
    return {key: tuple(members) for key, members in groups.items()}


def _piece(plan: Plan, panel: pl.DataFrame, places: Sequence[int], completed: pl.DataFrame | None) -> list[Done]:
    """The cells at these places, on the panel or on a completed one."""
    counts = drawn(plan.seed, plan.draws, plan.persons) if plan.draws else None
    frame = panel if completed is None else completed
    done: dict[int, Done] = {}
    for members in _grouped(plan, places).values():
        done |= _group(plan, frame, members, counts)
    return [done[place] for place in places]


def _group(plan: Plan, panel: pl.DataFrame, members: Sequence[int], counts: np.ndarray | None) -> dict[int, Done]:
    first = plan.settings[members[0]]
    try:
        reads = (*first.model.concepts, *plan.reads)
        frame = without_outliers(sample(panel, first, tuple(dict.fromkeys(reads))), first)
    except ModelError as error:
        return dict.fromkeys(members, Done(reason=_reason(error)))
    done: dict[int, Done] = {}
    sharing = [place for place in members if plan.settings[place].shares]
    if sharing:
        done |= _together(plan, frame, sharing, counts)
    for place in members:
        if place not in done:
            done[place] = _alone(plan, frame, plan.settings[place])
    return done


def _together(plan: Plan, frame: pl.DataFrame, members: Sequence[int], counts: np.ndarray | None) -> dict[int, Done]:
    """Cells by least squares, those with the same rows and effects from one set of cross-products."""
    own = {place: plan.settings[place] for place in members}
    first = own[members[0]]
    names = dict.fromkeys(name for one in own.values() for name in (*one.model.exposures, *one.model.covariates))
    categorical = dict.fromkeys(name for one in own.values() for name in one.model.categorical)
    clusters = dict.fromkeys(name for one in own.values() for name in _cluster_columns(one))
    try:
        rows = rows_of(frame, first, names, categorical, clusters, plan.weightings.get(first.model.weights or ""))
    except ModelError as error:
        return dict.fromkeys(members, Done(reason=_reason(error)))
    groups: dict[Hashable, tuple[np.ndarray, list[int]]] = {}
    for place, one in own.items():
        used = rows.answered((*one.model.exposures, *one.model.covariates), one.model.cluster)
        key = (used.tobytes(), one.model.family, one.model.effects, one.model.wave_effects)
        groups.setdefault(key, (used, []))[1].append(place)
    done: dict[int, Done] = {}
    for used, places in groups.values():
        done |= _shared(rows, used, {place: own[place] for place in places}, counts)
    return done


def _cluster_columns(setting: Setting) -> tuple[str, ...]:
    cluster = setting.model.cluster
    return () if cluster in ("none", "person_id") else (str(cluster),)


def _shared(
    rows: Rows, used: np.ndarray, settings: Mapping[int, Setting], counts: np.ndarray | None
) -> dict[int, Done]:
    names = dict.fromkeys(name for one in settings.values() for name in (*one.model.exposures, *one.model.covariates))
    model = next(iter(settings.values())).model
    try:
        sharing = Sharing(
            rows, used, tuple(names), family=model.family, effects=model.effects, wave_effects=model.wave_effects
        )
        sharing.data  # noqa: B018  (differences may not exist)
    except ModelError as error:
        return dict.fromkeys(settings, Done(reason=_reason(error)))
    fitting = Fitting(sharing, counts, tuple(names))
    return {place: fitting.done(one) for place, one in settings.items()}


class Fitting:
    """The cells of one set of rows; replicates and draws are made when a cell first asks for them."""

    def __init__(self, sharing: Sharing, counts: np.ndarray | None, names: tuple[str, ...]) -> None:
        self.sharing, self.counts, self.names = sharing, counts, names

    def done(self, setting: Setting) -> Done:
        model, exposure = setting.model, setting.exposure
        names = (*model.exposures, *model.covariates)
        try:
            fit = self.sharing.fit(exposure, names, model.cluster, model.correction)
            if setting.errors in (None, "replicates") and self.sharing.rows.replicates is not None:
                fit = by_replicates(self._replicated, fit, exposure, names)
            under = None if self.counts is None else self._under(setting, names)
        except ModelError as error:
            return Done(reason=_reason(error))
        return Done(fit, note=joined(fit.note, self.sharing.rows.note), under=under)

    @cached_property
    def _resampled(self) -> Sharing:
        """The rows with a dummy for each wave that is absorbed: with other weights of persons its effect is another."""
        if not self.sharing.waves_absorbed:
            return self.sharing
        rows, used = self.sharing.rows, self.sharing.used
        return Sharing(rows, used, self.names, family="fixed_effects", effects="person", wave_effects=True)

    @cached_property
    def _replicated(self) -> Draws:
        return replicated(self._resampled)

    @cached_property
    def _drawn(self) -> Draws:
        assert self.counts is not None
        _, first = self._resampled.persons
        return Draws(self._resampled, np.ascontiguousarray(self.counts[:, self.sharing.rows.place[first]]))

    def _under(self, setting: Setting, names: tuple[str, ...]) -> Under:
        """As observed and in each draw, with errors clustered by person unless the cell's are classical."""
        clustered = setting.model.cluster != "none"
        fit = self.sharing.fit(setting.exposure, names, "person_id" if clustered else "none", "hc1")
        k = len(self.sharing.places(names))
        estimates, errors = self._drawn.with_errors(setting.exposure, names, k=k, clustered=clustered, df=fit.df)
        return Under(fit, estimates, errors)


def _alone(plan: Plan, frame: pl.DataFrame, setting: Setting) -> Done:
    """A cell by the function of its family."""
    from pipeline.models.dispatch import fit

    model = setting.model
    weighting = plan.weightings.get(model.weights or "")
    if weighting is not None and setting.errors not in (None, "replicates"):
        weighting = replace(weighting, replicates=None)
    try:
        made = fit(setting.label, model, frame, None, weighting, repeated=True)
    except ModelError as error:
        return Done(reason=_reason(error))
    wanted = pl.col("term") == setting.exposure
    if setting.component is not None:
        wanted &= pl.col("component") == setting.component
    rows = made.filter(wanted)
    if rows.height != 1:
        return Done(reason=f"{rows.height} results fit {setting.exposure}")
    row = rows.row(0, named=True)
    if row["estimate"] is None:
        return Done(reason=str(row["note"]))
    if plan.standardised:
        spread = _spread(frame, setting)
        row |= {name: None if row[name] is None else row[name] * spread for name in SCALED}
    return Done(row=row, note=row["note"])


SCALED = ("estimate", "std_error", "conf_low", "conf_high")


def _spread(frame: pl.DataFrame, setting: Setting) -> float:
    """The exposure's standard deviation over the outcome's, in the rows that answer what the cell reads."""
    complete = frame.select(setting.model.concepts).drop_nulls()
    exposure, outcome = complete[setting.exposure].std(), complete[str(setting.model.outcome)].std()
    return float(exposure) / float(outcome)  # type: ignore[arg-type]


def _reason(error: ModelError) -> str:
    """Why a cell is withheld, in one line."""
    where = f"{error.where}: " if error.where else ""
    many = f" ({error.count:,})" if error.count is not None else ""
    return f"{where}{error.what}{many}"
