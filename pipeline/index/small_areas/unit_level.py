"""The unit-level model of Battese, Harter and Fuller (1988): people within areas, areas by their population means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.small_areas.given import by_area, coefficient_table, numbers, orthonormal, require
from pipeline.index.small_areas.intervals import reach
from pipeline.index.small_areas.nested import FloatArray, Nested, NestedParts, Outcomes
from pipeline.index.small_areas.nested_errors import Targets, bootstrap, prasad_rao, predict
from pipeline.options import OptionError

PEOPLE, MEANS = "people", "means of areas"
NOTHING = 1e-20
"""A sum of squares that is this share of all squares is what rounding leaves."""
Errors = Literal["prasad_rao", "bootstrap"]


@dataclass(frozen=True)
class UnitModel:
    """What a unit-level model gives.

    ``areas``: one row per area of the population, in the order of its frame: ``area, estimate`` (the sample's mean),
    ``std_error`` (root of Var(e) / n), ``n_effective`` (people), ``reliability, synthetic, shrunken, shrunken_error,
    shrunken_low, shrunken_high, is_synthetic``. ``between`` and ``within``: the variances of areas and of people.
    ``log_likelihood``: restricted for ``reml``, as R's ``lme4``.
    """

    areas: pl.DataFrame
    coefficients: pl.DataFrame
    method: str
    between: float
    within: float
    log_likelihood: float
    n_persons: int
    n_areas: int
    notes: tuple[str, ...]


@public()
def battese_harter_fuller(
    people: pl.DataFrame,
    means: pl.DataFrame,
    *,
    outcome: str,
    covariates: Sequence[str] = (),
    area: str = "area",
    population: str | None = None,
    method: Literal["reml", "ml"] = "reml",
    errors: Errors = "prasad_rao",
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int | None = None,
) -> UnitModel:
    """EBLUPs of area means from ``people`` (one row each) and ``means``: one row per area with population means.

    ``covariates`` are numbers and stand in both frames; ``population`` names the column of ``means`` with the number of
    people of an area (without it populations are taken as large; R's ``sae::eblupBHF`` needs it). Areas without people
    have X b. People with a missing value are left out and counted in ``notes``. Survey weights are not used: put what
    they rest on among the covariates, or take ``fay_herriot`` on weighted direct estimates.

    Mean squared errors by Prasad and Rao's formulas or by a parametric ``bootstrap`` (with a ``seed``); intervals by t
    with as many degrees of freedom as there are areas with a sample less coefficients.

    Raises CohesionError for people in an area that ``means`` lacks, covariates that are no numbers or follow from the
    others, a population that is smaller than its sample, and fewer areas with people than coefficients + 2.
    """
    if errors == "bootstrap" and seed is None:
        raise OptionError("a bootstrap needs a seed", where="seed", todo="Write seed=1.")
    wanted = by_area(means, area, MEANS)
    kept, notes = _answered(people, wanted, outcome, covariates, area)
    names = ["intercept", *covariates]
    design = np.column_stack([np.ones(kept.height), *(numbers(kept, name, PEOPLE) for name in covariates)])
    basis, upper = orthonormal(design, names, PEOPLE)
    codes = kept[area].unique().sort()
    if len(codes) < len(names) + 2:
        what = f"{len(codes)} areas with people are too few for {len(names)} coefficients and a variance"
        raise CohesionError(what, where=PEOPLE, todo=f"Give {len(names) + 2} or more, or fewer covariates.")
    rotate = np.linalg.inv(upper)
    model, outcomes, first = _sample(kept, codes, basis, outcome, area, method == "reml")
    fitted = model.parts(model.ratios(outcomes), outcomes)
    _check_variance(fitted, float(first @ first))
    targets = _targets(wanted, model, codes, covariates, area, population, rotate)
    if errors == "bootstrap":
        inner = np.eye(len(names)) - (model.means * model.sizes[:, None]).T @ model.means
        mse = bootstrap(fitted, inner, targets, draws, np.random.default_rng(seed))
    else:
        mse = prasad_rao(fitted, targets)
    mean_of_first = targets.means @ first
    shrunken = predict(fitted, outcomes, targets)[0] + mean_of_first
    synthetic = targets.means @ fitted.beta[0] + mean_of_first
    areas = _areas(wanted[area], model, fitted, outcomes, targets, first, shrunken, synthetic, mse, confidence)
    order = means.select(area=pl.col(area).cast(pl.String))
    covariance = float(fitted.within[0]) * rotate @ fitted.inverse[0] @ rotate.T
    shift = np.log(np.abs(np.diag(upper))).sum() if method == "reml" else 0.0
    return UnitModel(
        areas=order.join(areas, on="area", how="left", maintain_order="left"),
        coefficients=coefficient_table(names, rotate @ (fitted.beta[0] + first), covariance, confidence),
        method=method,
        between=float(fitted.between[0]),
        within=float(fitted.within[0]),
        log_likelihood=fitted.log_likelihood() - float(shift),
        n_persons=kept.height,
        n_areas=len(codes),
        notes=(*notes, *_words(fitted, targets)),
    )


def _answered(
    people: pl.DataFrame, wanted: pl.DataFrame, outcome: str, covariates: Sequence[str], area: str
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """People with all values, in an order that no row number or pseudonym decides."""
    columns = [area, outcome, *covariates]
    require(people, columns, PEOPLE)
    require(wanted, covariates, MEANS)
    for name in (outcome, *covariates):
        numbers(people, name, PEOPLE, needed=False)
    kept = people.select(pl.col(area).cast(pl.String), pl.col(outcome, *covariates).cast(pl.Float64)).drop_nulls()
    foreign = kept.filter(~pl.col(area).is_in(wanted[area].cast(pl.String).to_list()))
    if foreign.height:
        what = f"people in {foreign[area].n_unique():,} areas of which there are no population means"
        raise CohesionError(what, where=f"{MEANS}: {area}", count=foreign.height, todo="Add a row for each area.")
    gone = people.height - kept.height
    note = f"people left out for a missing value: {gone:,}"
    return kept.sort([area, outcome, *covariates]), (note,) if gone else ()


def _sample(
    kept: pl.DataFrame, codes: pl.Series, basis: FloatArray, outcome: str, area: str, restricted: bool
) -> tuple[Nested, Outcomes, FloatArray]:
    """The model, its outcomes less what least squares explain (so that no digit is lost), and those coefficients."""
    place = codes.search_sorted(kept[area]).to_numpy()
    values = kept[outcome].to_numpy()
    first = basis.T @ values
    left = values - basis @ first
    sizes = np.bincount(place, minlength=len(codes)).astype(float)
    means = np.column_stack([np.bincount(place, column, minlength=len(codes)) / sizes for column in basis.T])
    of_areas = np.bincount(place, left, minlength=len(codes)) / sizes
    outcomes = Outcomes(of_areas[None], (basis.T @ left)[None], np.array([left @ left]))
    return Nested(sizes, means, restricted), outcomes, first


def _check_variance(fitted: NestedParts, explained: float) -> None:
    if not fitted.squares[0] > NOTHING * explained or fitted.model.n <= len(fitted.model.sizes) + 1:
        what = "the outcome does not vary between the people of an area, so that the model has no variance of people"
        raise CohesionError(what, where=PEOPLE, todo="Take `fay_herriot` on direct estimates.")


def _targets(
    wanted: pl.DataFrame, model: Nested, codes: pl.Series, covariates: Sequence[str], area: str, population: str | None,
    rotate: FloatArray,
) -> Targets:  # fmt: skip
    columns = [np.ones(wanted.height), *(numbers(wanted, name, MEANS) for name in covariates)]
    place = {code: at for at, code in enumerate(codes)}
    places = np.array([place.get(code, -1) for code in wanted[area].cast(pl.String)])
    sizes = np.where(places >= 0, model.sizes[places], 0.0)
    people = np.full(wanted.height, np.inf)
    if population is not None:
        people = numbers(wanted, population, MEANS)
        small = int(((people < sizes) | (people <= 0)).sum())
        if small:
            raise CohesionError("a population smaller than its sample", where=f"{MEANS}: {population}", count=small)
    return Targets(np.column_stack(columns) @ rotate, places, sizes / people, people)


def _areas(
    codes: pl.Series, model: Nested, fitted: NestedParts, outcomes: Outcomes, targets: Targets, first: FloatArray,
    shrunken: FloatArray, synthetic: FloatArray, mse: FloatArray, confidence: float,
) -> pl.DataFrame:  # fmt: skip
    inside, place = targets.sampled, np.maximum(targets.place, 0)
    raw = (outcomes.means[0] + model.means @ first)[place]
    wide = reach(confidence, len(model.sizes) - model.means.shape[1]) * np.sqrt(mse)
    seen = [raw, np.sqrt(fitted.within[0] / model.sizes)[place], model.sizes[place]]
    estimate, error, size = (pl.Series(np.where(inside, values, np.nan)).fill_nan(None) for values in seen)
    return pl.DataFrame(
        {
            "area": codes.cast(pl.String),
            "estimate": estimate,
            "std_error": error,
            "n_effective": size,
            "reliability": np.where(inside, fitted.reliability[0][place], 0.0),
            "synthetic": synthetic,
            "shrunken": shrunken,
            "shrunken_error": np.sqrt(mse),
            "shrunken_low": shrunken - wide,
            "shrunken_high": shrunken + wide,
            "is_synthetic": ~inside,
        }
    )


def _words(fitted: NestedParts, targets: Targets) -> list[str]:
    notes = []
    if fitted.ratio[0] == 0:
        notes.append("the variance between areas is zero: every area is given what its covariates predict")
    if not targets.sampled.all():
        notes.append(f"areas without a sample, given the synthetic estimate: {int((~targets.sampled).sum()):,}")
    return notes
