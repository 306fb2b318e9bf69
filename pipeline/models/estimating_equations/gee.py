"""Repeated answers of persons: marginal models by generalised estimating equations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypedDict, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.contrasts import combined
from pipeline.models.design.sample import Replicated
from pipeline.models.effects.predictions import Values
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.effects.response import Identity, Probability, Rate, Response
from pipeline.models.estimating_equations.correlation import Structure, pairs_of
from pipeline.models.estimating_equations.errors import IN_WORDS, Kind, covariance, nuisance_errors
from pipeline.models.estimating_equations.estimating import Equations, Solution, solve
from pipeline.models.estimating_equations.means import Distribution, quasi_likelihood
from pipeline.models.inference import Basis, Term, coefficient_rows
from pipeline.models.likelihood.links import LATENT_VARIANCE
from pipeline.models.likelihood.robust import Errors, replicated
from pipeline.models.outcomes.answers import Asked, Rows, declared, effects_of, fit_rows, standardised_of
from pipeline.models.outcomes.rows import OutcomeData, OutcomeRows, outcome_data
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted

ENOUGH_CLUSTERS = 40
"""Below this many the robust error is too small on average; a correction is asked for in the note."""
KINDS = {"gaussian": "number", "binomial": "binary", "poisson": "count"}
RATIOS = {"binomial": "odds_ratio", "poisson": "rate_ratio"}


class GeeRows(TypedDict, total=False):
    """``cluster``: the column within which answers correlate, by default the person's; the others as elsewhere.

    ``categorical``: columns of numbers that become dummies. ``wave_effects``: a dummy for each wave but the first (by
    default none). ``weights``: a column. ``contrasts``: sums of terms that are tested against zero. ``replicates``
    (rows as the frame's) then give the standard errors.
    """

    categorical: Iterable[str]
    person: str | None
    wave: str | None
    wave_effects: bool
    cluster: str | None
    weights: str | None
    contrasts: Mapping[str, str]
    replicates: Replicated | None


@public(ordered=True)
def gee(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    distribution: Distribution = "gaussian",
    correlation: Structure = "exchangeable",
    errors: Kind = "robust",
    exposure_time: str | None = None,
    offset: str | None = None,
    predict_at: Values | None = None,
    standardised: bool = False,
    confidence: float = 0.95,
    model: str = "gee",
    **options: Unpack[GeeRows],
) -> pl.DataFrame:
    """One row per coefficient, ratio, marginal effect, scale and working correlation, and QIC.

    g(E(y_it)) = x_it b, with the link of the ``distribution`` (identity, logit, log), and a working ``correlation`` of
    a person's answers: none, the same for any two ("exchangeable"), α to the power of the distance between waves
    ("ar1": waves that are numbers, or end in one, lie as far apart as these), or one for each two ("unstructured").
    Equations and estimates of scale and correlation as in R's ``geepack::geeglm(waves = …)``. Coefficients are of
    averages over people (not of a person, as of random effects), and consistent whatever the correlation is.

    ``errors``: robust, or corrected for few clusters (``errors.covariance`` in this room; then with t on K − p).
    ``weights`` multiply a row's contribution, as geepack's. Rows of ``fit``: QIC and QICu (Pan 2001), CIC,
    ``quasi_likelihood``.

    Raises ModelError where outcomes are separated, equations do not converge, or the estimated correlation is none.

    >>> import polars as pl
    >>> from pipeline.models import gee
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d"], "wave": ["w01", "w02"] * 4,
    ...     "contact": [1.0, 2.0, 2.0, 4.0, 3.0, 3.0, 5.0, 4.0], "trust": [2.0, 2.5, 3.0, 3.5, 2.0, 2.5, 4.0, 4.0],
    ... })
    >>> table = gee(panel, "trust", ["contact"])
    >>> table.filter(component="working_correlation")["estimate"].round(3).to_list()
    [0.796]
    """
    if isinstance(options.get("cluster"), tuple):
        raise ModelError("answers correlate within one column of clusters", where="cluster")
    given: OutcomeRows = {**options}  # type: ignore[typeddict-item]
    rows = outcome_data(
        frame, outcome, exposures, covariates, given,
        kind=KINDS[distribution], offset=offset, exposure_time=exposure_time,
    )  # fmt: skip
    data = rows.data
    equations = _equations(frame, rows, options.get("wave", "wave"), distribution, correlation)
    found = solve(equations)
    back, df = rows.scaled.back, None
    if errors not in ("robust", "model"):
        df = float(equations.n_clusters - len(found.slopes))
        if df < 1:
            raise ModelError("fewer clusters than terms", where=outcome, count=equations.n_clusters)
    words = f"{IN_WORDS[errors]}, {equations.n_clusters:,} clusters ({data.cluster_name}), {correlation} correlation"
    spread = covariance(found, errors)
    if rows.replicates is not None:
        weighed = _replicated(rows, found)
        spread, words, df = weighed.covariance, weighed.described, weighed.df
    slopes, spread = back @ found.slopes, back @ spread @ back.T
    basis = data.basis(f"{words}; {'normal' if df is None else 't'} intervals", confidence)
    made = coefficient_rows(basis, data.terms, slopes, spread, df)
    made += combined(data.contrasts, data.terms).rows(basis, slopes, spread, df)
    if distribution in RATIOS:
        made += ratio_rows(basis, data.terms, slopes, spread, RATIOS[distribution], df)
    asked = Asked(predict_at, standardised)
    latent = LATENT_VARIANCE["logit"] if distribution == "binomial" else None
    made += standardised_of(basis, rows, slopes[1:], spread[1:, 1:], asked, latent_variance=latent, df=df)
    if distribution != "gaussian" or predict_at:
        made += effects_of(basis, rows, _response(rows, distribution), slopes, spread, asked, df=df)
    made = noted(made, _caution(errors, equations.n_clusters))
    made += _nuisance_rows(basis, found, frame, rows, options.get("wave", "wave"))
    return table([*made, *fit_rows(basis, _qic(found))], data, basis, model=model, family="gee")


def _replicated(rows: OutcomeData, found: Solution) -> Errors:
    """The covariance over the replicates of the weights, each with its own scale and correlation."""
    assert rows.replicates is not None
    assert rows.data.clusters is not None
    order = np.argsort(rows.data.clusters, kind="stable")

    def again(weights: np.ndarray) -> np.ndarray:
        return solve(replace(found.equations, weights=weights), found.slopes).slopes

    return replicated(again, rows.replicates.take(rows.places[order]), found.slopes)


def _response(rows: OutcomeData, distribution: str) -> Response:
    if distribution == "gaussian":
        return Identity()
    return Probability() if distribution == "binomial" else Rate(rows.offset)


def _caution(errors: str, clusters: int) -> str | None:
    if errors != "robust" or clusters >= ENOUGH_CLUSTERS:
        return None
    return f"only {clusters} clusters: robust errors are too small; ask for `errors: mancl_derouen`"


def _equations(
    frame: pl.DataFrame, rows: OutcomeData, wave: str | None, distribution: str, structure: str
) -> Equations:
    """The rows in the order of clusters. Raises ModelError for a correlation that needs waves where there are none."""
    data = rows.data
    if data.clusters is None:
        raise ModelError("answers correlate within clusters: name their column", where="cluster")
    if structure in ("ar1", "unstructured") and (wave is None or data.n_obs != _distinct(data.clusters, data.wave)):
        raise ModelError(f"`{structure}` needs one row per cluster and wave", where="correlation",
                         todo="Cluster by person, or use `exchangeable`.")  # fmt: skip
    order = np.argsort(data.clusters, kind="stable")
    cluster = data.clusters[order]
    time = np.zeros(data.n_obs) if wave is None else _times(frame[wave].gather(rows.places), data.wave)
    pairs = pairs_of(structure, cluster, time[order], data.wave[order], data.outcome_name)
    return Equations(
        data.outcome[order], rows.scaled.data.matrix[order], rows.offset[order], rows.weights[order], cluster,
        time[order], data.wave[order], pairs, distribution, structure, data.outcome_name,
    )  # fmt: skip


def _distinct(cluster: np.ndarray, wave: np.ndarray) -> int:
    return len(np.unique(cluster * (int(wave.max()) + 1) + wave))


def _times(waves: pl.Series, code: np.ndarray) -> np.ndarray:
    """Waves as numbers, where they are or end in such; else their places in order."""
    if waves.dtype.is_numeric():
        return waves.cast(pl.Float64).to_numpy()
    levels = waves.cast(pl.String).unique().to_list()
    ends = {level: re.fullmatch(r"\D*(\d+)", str(level)) for level in levels}
    if any(end is None for end in ends.values()):
        return code.astype(float)
    numbers = {level: float(end[1]) for level, end in ends.items() if end is not None}
    return waves.cast(pl.String).replace_strict(numbers, return_dtype=pl.Float64).to_numpy()


def _nuisance_rows(basis: Basis, found: Solution, frame: pl.DataFrame, rows: OutcomeData, wave: str | None) -> Rows:
    """Scale and working correlations, with standard errors."""
    error, errors = nuisance_errors(found)
    made = [basis.row(Term("variance", "scale"), estimate=found.scale, std_error=error)]
    names = [found.equations.structure]
    if found.equations.structure == "unstructured" and wave is not None:
        held = pl.DataFrame({"code": rows.data.wave, "wave": frame[wave].gather(rows.places).cast(pl.String)})
        waves = held.unique().sort("code")["wave"].to_list()
        names = [f"{one} and {other}" for place, one in enumerate(waves) for other in waves[place + 1 :]]
    made += [
        basis.row(Term("working_correlation", name), estimate=float(value), std_error=float(spread))
        for name, value, spread in zip(names, found.alpha, errors, strict=False)
    ]
    return made


def _qic(found: Solution) -> dict[str, float]:
    """QIC = −2 Q + 2 CIC, CIC = tr(Ω V): Ω the information under independence, V the robust covariance (Pan 2001)."""
    equations = found.equations
    alone = found
    if equations.structure != "independence":
        alone = solve(replace(equations, structure="independence", pairs=_no_pairs(equations)), found.slopes)
    value = quasi_likelihood(
        equations.distribution, equations.outcome, equations.matrix @ found.slopes + equations.offset
    )
    penalty = float(np.trace(alone.curvatures.sum(axis=0) @ covariance(found, "robust")))
    k = len(found.slopes)
    whole = k + len(found.alpha)
    qic = -2 * value + 2 * penalty
    made = {"qic": qic, "qicu": -2 * value + 2 * k, "cic": penalty, "quasi_likelihood": value}
    if equations.n_clusters - whole - 1 > 0:
        made["qicc"] = qic + 2 * whole * (whole + 1) / (equations.n_clusters - whole - 1)
    return made


def _no_pairs(equations: Equations) -> Any:
    return pairs_of("independence", equations.cluster, equations.time, equations.code, equations.subject)


def fit(name: str, spec: Any, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    keys = ("distribution", "correlation", "exposure_time", "offset", "predict_at", "standardised")
    return declared(partial(gee, errors=spec.errors or "robust"), name, spec, panel, rows, *keys)
