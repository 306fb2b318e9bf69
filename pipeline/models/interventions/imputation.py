"""The imputation estimator: what the treated would have answered, from everybody's rows before treatment.

Borusyak, Jaravel & Spiess (2024), Review of Economic Studies 91, 3253–3285; Stata's ``did_imputation``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.inference import Term
from pipeline.models.interventions.absorbed import ALIKE, SMALL, absorb
from pipeline.models.interventions.adoption import Adoption
from pipeline.models.interventions.comparison_groups import lonely_cohorts, lonely_note
from pipeline.models.interventions.event_rows import TERM, name_of
from pipeline.models.interventions.pretrends import Path
from pipeline.models.interventions.sun_abraham import Study, binned
from pipeline.models.regression_data import check_rank


@dataclass(frozen=True)
class Untreated:
    """y = a_i + w_t + x c on the rows before treatment, with unit effects eliminated.

    ``rest``: the columns of waves (the first left out) and covariates, of all rows (n × p).
    """

    data: Adoption
    is_before: np.ndarray
    rest: np.ndarray
    mass: np.ndarray  # weight of each unit's rows before
    means: np.ndarray  # weighted means of ``rest`` over a unit's rows before (units × p)
    inverse: np.ndarray

    @property
    def counterfactual(self) -> np.ndarray:
        """What each row would be without treatment (n)."""
        data, before = self.data, self.is_before
        weight = np.where(before, data.weight, 0.0)
        mean = np.bincount(data.unit, weight * data.outcome) / self.mass
        left = (data.outcome - mean[data.unit]) * weight
        slopes = self.inverse @ ((self.rest - self.means[data.unit]).T @ left)
        return np.asarray(mean[data.unit] + (self.rest - self.means[data.unit]) @ slopes)

    def weights_of(self, target: np.ndarray) -> np.ndarray:
        """v (n × m): each estimate Σ w τ̂ as a sum Σ v y, for m columns of ``target`` weights on treated rows.

        On treated rows v is the target; on rows before it is −W Z (Z'WZ)⁻¹ Z₁'w, Z the design of units and ``rest``.
        """
        data = self.data
        units = np.column_stack([np.bincount(data.unit, column, data.n_units) for column in target.T])
        rest = self.rest.T @ target - self.means.T @ units
        slopes = self.inverse @ rest
        own = units / self.mass[:, None] - self.means @ slopes
        fitted = own[data.unit] + self.rest @ slopes
        return np.where(self.is_before[:, None], -data.weight[:, None] * fitted, target)


def untreated(data: Adoption) -> tuple[Untreated, tuple[str, ...]]:
    """The model of rows before treatment; treated rows that it cannot say anything of are left out, and counted."""
    notes = []
    seen = np.bincount(data.unit, ~data.is_treated, data.n_units) > 0
    known = np.isin(data.time, np.unique(data.time[~data.is_treated]))
    usable = seen[data.unit] & known
    lost = int((data.is_treated & ~usable).sum())
    if lost:
        notes.append(
            f"{lost:,} treated rows left out: nobody is untreated in their wave, or they are not seen before the start"
        )
    data = data.rows(usable)
    if not data.is_treated.any():
        raise ModelError(
            "no treated row has an untreated one of its wave and unit to be compared with",
            where=data.outcome_name,
            todo="Choose more waves, or those who are not treated.",
        )
    before = ~data.is_treated
    waves = np.eye(len(data.times))[data.wave][:, 1:]
    rest = np.column_stack([waves, data.covariates])
    weight = np.where(before, data.weight, 0.0)
    mass = np.bincount(data.unit, weight)
    means = np.column_stack([np.bincount(data.unit, weight * column) / mass for column in rest.T])
    left = (rest - means[data.unit]) * np.sqrt(weight)[:, None]
    terms = (*(Term("wave", data.when.label(time), wave=data.when.label(time)) for time in data.times[1:]), *data.terms)
    moments, whole = left.T @ left, np.linalg.norm(rest, axis=0)
    size = np.sqrt(np.diag(moments))
    if (size < SMALL * whole).any() or np.linalg.cond(moments / np.outer(size, size)) > ALIKE:
        check_rank(left, terms, data.outcome_name, whole)
    return Untreated(data, before, rest, mass, means, np.linalg.inv(moments)), tuple(notes)


def imputation(data: Adoption, leads: float | None, lags: float | None) -> Study:
    """Effects by event time and on average: y − ŷ(0) of treated rows, ŷ(0) from unit and wave effects before treatment.

    Standard errors are the conservative ones of Borusyak, Jaravel & Spiess (equation 8), effects averaged by cohort and
    wave, clustered; intervals are t on G − 1, since normal ones cover too little with few clusters. Leads are from a
    regression of the rows before treatment alone, against the earliest (never the last) of them, so that testing them
    does not bend what is estimated after.
    """
    model, notes = untreated(data)
    data = model.data
    effect = np.where(model.is_before, 0.0, data.outcome - model.counterfactual)
    event, binning = binned(data, None, lags)
    events = np.unique(event[data.is_treated])
    weight = np.where(data.is_treated, data.weight, 0.0)
    target = np.column_stack([weight, *((weight * (event == one)) for one in events)])
    target /= target.sum(axis=0)
    v = model.weights_of(target)
    covariance = _covariance(data, v, _errors(model, v, effect))
    estimates = target.T @ effect
    before = _leads(data.rows(model.is_before), leads)
    joined = _joined(before, events, estimates[1:], covariance[1:, 1:], data.anticipation, _df(data))
    counts = np.array([int((data.event == one).sum()) for one in joined.event])
    words = (
        f"clustered by {data.cluster_name} ({data.n_clusters:,} clusters), conservative (Borusyak, Jaravel & Spiess); "
        "t intervals"
    )
    lonely = lonely_cohorts(data)
    alone = tuple(np.unique(event[data.is_treated & np.isin(data.start, lonely)]).tolist())
    error = float(np.sqrt(covariance[0, 0]))
    why = lonely_note(lonely, data)
    return Study(joined, counts, float(estimates[0]), error, words, (*notes, *binning), alone, why)


def _errors(model: Untreated, v: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """Residuals (n × m): of treated rows the effect less the v²-weighted mean effect of its cohort and wave."""
    data, treated = model.data, ~model.is_before
    errors = np.repeat((data.outcome - model.counterfactual)[:, None], v.shape[1], axis=1)
    cell = np.searchsorted(data.cohorts, data.start[treated]) * len(data.times) + data.wave[treated]
    for column in range(v.shape[1]):
        square = v[treated, column] ** 2
        total = np.bincount(cell, square)
        mean = np.bincount(cell, square * effect[treated]) / np.where(total > 0, total, 1.0)
        errors[treated, column] = effect[treated] - mean[cell]
    return errors


def _covariance(data: Adoption, v: np.ndarray, errors: np.ndarray) -> np.ndarray:
    group = data.unit if data.cluster is None else data.cluster
    sums = np.column_stack([np.bincount(group, column) for column in (v * errors).T])
    return np.asarray(sums.T @ sums)


def _df(data: Adoption) -> float:
    """Clusters (or units) less one."""
    return float((data.n_units if data.cluster is None else data.n_clusters) - 1)


def _leads(before: Adoption, leads: float | None) -> Path:
    """Leads (all but the earliest, or as many as ``leads``) from rows before treatment, by least squares."""
    there = np.unique(before.event[~np.isnan(before.event)])
    wanted = there[1:] if leads is None else there[there >= -leads - before.anticipation]
    wanted = wanted[wanted != there[0]]
    if not wanted.size:
        return Path(np.empty(0), np.empty(0), np.empty((0, 0)), float(there[0]), _df(before), before.anticipation)
    matrix = np.column_stack([(before.event == one).astype(float) for one in wanted])
    fit = absorb(before, matrix, tuple(Term("event_time", TERM, group=name_of(one)) for one in wanted))
    k = len(wanted)
    return Path(wanted, fit.estimates[:k], fit.covariance[:k, :k], float(there[0]), _df(before), before.anticipation)


def _joined(
    before: Path, events: np.ndarray, estimates: np.ndarray, covariance: np.ndarray, anticipation: float, df: float
) -> Path:
    """Leads and effects in one path; by construction the two are uncorrelated under homoskedastic errors."""
    k, m = len(before.event), len(events)
    together = np.zeros((k + m, k + m))
    together[:k, :k], together[k:, k:] = before.covariance, covariance
    return Path(
        np.concatenate([before.event, events]),
        np.concatenate([before.estimates, estimates]),
        together,
        before.omitted,
        df,
        anticipation,
    )
