"""Mediation: by what an exposure is associated with an outcome, within people and between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Unpack, cast

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.covariance import Correction
from pipeline.models.declared import CLUSTERS, ModelSpec
from pipeline.models.design.sample import Replicated
from pipeline.models.inference import Basis, Term
from pipeline.models.mechanisms.effects import effects_of
from pipeline.models.mechanisms.equations import Equation, Stacked, equations_of, stacked
from pipeline.models.mechanisms.levels import level_rows
from pipeline.models.mechanisms.natural import natural_effects
from pipeline.models.mechanisms.resampling import Refits, normal_draws
from pipeline.models.mechanisms.sensitivity import e_value_rows, sensitivities
from pipeline.models.mechanisms.structure import Structure
from pipeline.models.mechanisms.table import Drawn, effect_rows
from pipeline.models.mechanisms.timing import of_later_waves, order_note
from pipeline.models.options import WeightedRows, taken
from pipeline.models.regression_data import RegressionData, regression_data
from pipeline.models.weighting import WEIGHT, Weighted
from pipeline.specs.mediation import MediationModel
from pipeline.tables import estimates as estimates_table

Level = Literal["pooled", "within", "between"]
Interval = Literal["monte_carlo", "bootstrap_percentile", "bootstrap_bca"]
Order = Literal["parallel", "serial"] | Sequence[Sequence[str]]
ROW = "_row"


@public(ordered=True)
def mediation(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    mediators: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    order: Any = "parallel",
    levels: Sequence[str] = ("pooled",),
    later: tuple[int, int] = (0, 0),
    interval: Interval = "monte_carlo",
    draws: int = 5000,
    seed: int = 1,
    correction: Correction = "hc1",
    replicates: Replicated | None = None,
    confidence: float = 0.95,
    model: str = "mediation",
    **options: Unpack[WeightedRows],
) -> pl.DataFrame:
    """One row per path coefficient, indirect, direct and total effect, and sensitivity, of each level.

    M = a X + …, Y = c X + b M + …: the indirect effect of X by M is ab, the direct one c, the total ab + c. Mediators
    are ``parallel``, ``serial`` (M₂ = a₂ X + d M₁ + …, with the path a₁db₂) or in stages
    ``[["anger", "anxiety"], ["hope"]]``.
    At the level ``within`` all variables are deviations from persons' means (the coefficients of ``fixed_effects``), at
    ``between`` persons' means (those of ``between``): Zhang, Zyphur & Preacher (2009), Organizational Research Methods
    12. Covariates that never change are left out within, waves between. ``later``: mediators and outcome from so many
    waves after the exposure.

    All equations and levels are estimated together (``equations.py``), so that errors of effects reflect covariances
    between equations. Coefficients have t intervals. Effects have ``draws`` from the normal distribution of all
    coefficients (``monte_carlo``; MacKinnon, Lockwood & Williams 2004; std_error by the delta method), or of clusters
    drawn with replacement (``bootstrap_percentile``, ``bootstrap_bca``). Rows ``sensitivity_rho``,
    ``robustness_value`` and ``e_value`` say what unmeasured confounding would leave nothing (``sensitivity.py``).

    With a product among the exposures (``x * w`` in a declaration) the indirect effect of ``x:w`` is the index of
    moderated mediation (Hayes 2015), and that of x the one where w is zero.

    Raises ModelError for a variable with two roles, one that does not vary at a level, a mediator or outcome coded 0
    and 1 (see ``natural_effects``), terms that cannot be separated, and otherwise as ``pooled`` does.

    >>> import polars as pl
    >>> from pipeline.models import mediation
    >>> people = pl.DataFrame({
    ...     "person_id": list("abcdefgh"), "wave": "w01", "belief": [1.0, 2, 3, 4, 5, 6, 7, 8],
    ...     "anger": [1.0, 3, 2, 5, 4, 6, 8, 7], "compliance": [9.0, 7, 8, 5, 6, 4, 1, 2],
    ... })
    >>> table = mediation(people, "compliance", ["belief"], ["anger"], draws=1000)
    >>> [round(table.filter(component=name)["estimate"][0], 3)
    ...  for name in ("indirect_effect", "direct_effect", "total_effect")]
    [-0.997, -0.074, -1.071]
    """
    structure = Structure.of(exposures, mediators, outcome, order)
    chosen = taken(WeightedRows, options)
    _check_options(levels, chosen)
    frame = of_later_waves(frame, structure.mediators, outcome, later, chosen)
    _require_numbers(frame, _variables(structure))
    data, replicates = _data(frame, structure, covariates, chosen, replicates)
    _refuse_binary(data, structure)
    fitted = equations_of([level_rows(data, level, _variables(structure)) for level in levels], structure)
    fit = stacked(fitted, data, correction)
    drawn, fit = _drawn(fit, data, interval, draws, seed, replicates)
    rows: list[Mapping[str, object]] = []
    rows += effect_rows(
        effects_of(structure, levels, fit.places), fit, drawn,
        lambda words: data.basis(words, confidence), order_note(*later),
    )  # fmt: skip
    plain = data.basis("", confidence)
    rows += _further_rows(plain, fitted, structure, data, rows)
    return estimates_table(rows, model=model, family="mediation")


def _data(
    frame: pl.DataFrame,
    structure: Structure,
    covariates: Sequence[str],
    chosen: dict[str, Any],
    replicates: Replicated | None,
) -> tuple[RegressionData, Replicated | None]:
    """The rows of all equations, and the replicates of their persons, in order."""
    used = (structure.outcome, (*structure.exposures, *structure.mediators), covariates)
    if replicates is None:
        return regression_data(frame, *used, **chosen), None
    # The row's number, from one, takes the place of its weight: it shows which rows were kept, and in which order.
    numbered = frame.with_columns(pl.int_range(1, pl.len() + 1).alias(ROW))
    data = regression_data(numbered, *used, **{**chosen, "weights": ROW})
    assert data.weights is not None
    rows = data.weights.astype(np.int64) - 1
    first = rows[np.searchsorted(data.person, np.arange(data.n_persons))]
    weights = frame[str(chosen["weights"])].cast(pl.Float64).to_numpy()[rows]
    return replace(data, weights=weights), replicates.take(first)


def _variables(structure: Structure) -> tuple[str, ...]:
    return (*structure.exposures, *structure.mediators, structure.outcome)


def _require_numbers(frame: pl.DataFrame, names: Sequence[str]) -> None:
    require(frame, names)
    text = [name for name in names if not (frame.schema[name].is_numeric() or frame.schema[name] == pl.Boolean)]
    if text:
        raise ModelError("must be a number to be an exposure, mediator or outcome", where=", ".join(text))


def _check_options(levels: Sequence[str], chosen: dict[str, Any]) -> None:
    unknown = sorted(set(levels) - {"pooled", "within", "between"})
    if unknown or not levels or len(set(levels)) < len(levels):
        raise ModelError("levels are one or more of pooled, within, between, each once", where="levels")
    if chosen.get("contrasts"):
        raise ModelError("a mediation model takes no contrasts", where="contrasts", todo="See `indirect_difference`.")


def _refuse_binary(data: RegressionData, structure: Structure) -> None:
    """A product of coefficients is no effect on a probability."""
    columns = {term.term: data.matrix[:, place] for place, term in enumerate(data.terms)}
    for name in (*structure.mediators, structure.outcome):
        values = data.outcome if name == structure.outcome else columns.get(name)
        if values is None:
            raise ModelError("is not `categorical` as an exposure or mediator", where=name, todo="Give it as a number.")
        if set(np.unique(values)) == {0.0, 1.0}:
            raise ModelError(
                "is coded 0 and 1, and a product of coefficients is no effect on it",
                where=name,
                todo="Declare `definition: natural` (`natural_effects`).",
            )


def _drawn(
    fit: Stacked, data: RegressionData, interval: str, draws: int, seed: int, replicates: Replicated | None
) -> tuple[Drawn, Stacked]:
    """The draws of an interval; with replicate weights the fit has the covariance that they give."""
    if replicates is not None:
        if interval != "monte_carlo":
            raise ModelError("replicate weights take the place of a bootstrap", where="interval", todo="Leave it out.")
        fit = _replicated(fit, data, replicates)
    if interval == "monte_carlo":
        words = f"intervals of effects by Monte Carlo, {draws:,} draws, seed {seed}"
        return Drawn(normal_draws(fit.estimates, fit.covariance, draws, seed), words, False), fit
    refits = Refits.of(fit.equations, _drawn_clusters(data))
    found = refits.bootstrap(draws, seed)
    bca = interval == "bootstrap_bca"
    kind = "bias-corrected and accelerated" if bca else "percentile"
    of = data.cluster_name or "row"
    failed = f", {draws - len(found):,} of which could not be estimated" if len(found) < draws else ""
    words = (
        f"bootstrap of {refits.n_clusters:,} clusters ({of}), {draws:,} draws{failed}, seed {seed}; {kind} intervals"
    )
    return Drawn(found, words, True, refits.without_each() if bca else None), fit


def _drawn_clusters(data: RegressionData) -> np.ndarray:
    if data.clusters is None:
        return np.arange(data.n_obs)
    if data.clusters.ndim == 2:
        raise ModelError("a bootstrap draws one kind of cluster", where="cluster", todo="Take `interval: monte_carlo`.")
    return data.clusters


def _replicated(fit: Stacked, data: RegressionData, replicates: Replicated) -> Stacked:
    """The fit with the covariance of the replicates, each of which has its own weight for every person."""
    unweighted = {id(one.level): one.level.unweighted(data.person) for one in fit.equations}
    equations = [replace(one, level=unweighted[id(one.level)]) for one in fit.equations]
    refits = Refits.of(equations, data.person)
    full = refits.estimates(replicates.full[None, :])[0]
    if not np.allclose(full, fit.estimates, rtol=1e-6, atol=1e-9):
        raise ModelError("the replicates estimate something else than the model", where="standard_errors")
    covariance = replicates.covariance(refits.estimates(replicates.weights.T), full)
    words = f"replicate weights ({replicates.kind}), every step of weighting repeated"
    return replace(fit, estimates=full, covariance=covariance, described=words, note=None)


def _further_rows(
    basis: Basis,
    equations: Sequence[Equation],
    structure: Structure,
    data: RegressionData,
    effects: Sequence[Mapping[str, object]],
) -> list[dict[str, object]]:
    """What confounding would leave nothing, and the count of rows left out."""
    found = sensitivities(equations, structure.mediators, structure.outcome)
    found += e_value_rows(effects, equations, structure.exposures, structure.outcome)
    rows = [basis.row(term, estimate=value, covariance=None) | {"outcome": structure.outcome} for term, value in found]
    left_out = basis.row(Term("sample", "rows_left_out"), estimate=float(data.n_left_out), covariance=None)
    return [*rows, left_out | {"outcome": structure.outcome}]


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    declared = cast(MediationModel, spec)
    later = (declared.later.mediators, declared.later.outcome)
    shared: dict[str, Any] = {
        "later": later,
        "draws": declared.draws,
        "seed": declared.seed,
        "correction": declared.correction,
        "categorical": declared.categorical,
        "wave_effects": declared.wave_effects,
        "cluster": CLUSTERS.get(declared.cluster, declared.cluster),
        "weights": declared.weights if rows is None else WEIGHT,
        "confidence": declared.confidence,
        "model": name,
    }
    used = (str(declared.outcome), declared.exposures, declared.mediators, declared.covariates)
    replicates = None if rows is None else rows.replicates
    if declared.definition == "natural":
        if replicates is not None:
            raise ModelError("natural effects take no replicates", where="weights", todo="`standard_errors: taylor`.")
        return natural_effects(panel, *used, values=declared.values, interaction=declared.interaction, **shared)
    return mediation(
        panel,
        *used,
        order=declared.order,
        levels=declared.levels,
        interval=declared.interval,
        replicates=replicates,
        **shared,
    )
