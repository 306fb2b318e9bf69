"""Multilevel regression with post-stratification: a model of people in cells, weighted by the census's cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.small_areas.binary_cells import BinaryCells, Mode
from pipeline.index.small_areas.cells import PEOPLE, Cells, Design, in_cells
from pipeline.index.small_areas.gaussian_cells import GaussianCells, Solved
from pipeline.index.small_areas.random_terms import FloatArray
from pipeline.options import OptionError

Fitted = Solved | Mode


@dataclass(frozen=True)
class Poststratified:
    """What multilevel regression with post-stratification gives.

    ``areas``: one row per area of the census, in the order of their codes: ``area, estimate`` (the mean of its people),
    ``std_error, n_effective`` (people)``, reliability, shrunken, shrunken_error, shrunken_low, shrunken_high,
    is_synthetic, population``. ``overall``: the same of the whole population: ``estimate, std_error, conf_low,
    conf_high``. ``coefficients``: ``term, estimate, std_error`` of the fixed effects; ``deviations``: the standard
    deviation of each random term (and of the residual). ``log_likelihood``: restricted, or Laplace's without the
    binomial coefficients.
    """

    areas: pl.DataFrame
    overall: dict[str, float]
    coefficients: pl.DataFrame
    deviations: dict[str, float]
    log_likelihood: float
    n_persons: int
    notes: tuple[str, ...]


@public()
def poststratified(
    people: pl.DataFrame,
    census: pl.DataFrame,
    *,
    outcome: str,
    cells: Sequence[str],
    area: str = "area",
    count: str = "count",
    random: Sequence[str] = (),
    covariates: Sequence[str] = (),
    family: Literal["gaussian", "binary"] = "gaussian",
    interval: Literal["posterior", "bootstrap"] = "posterior",
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int,
) -> Poststratified:
    """Area means from ``people`` (one row each) and the ``census``: one row per area and combination of ``cells``.

    The model has a random intercept for the area, fixed effects of the ``cells``' categories (random intercepts for
    those in ``random``) and of ``covariates``, numbers in the census that are the same within an area. ``gaussian`` is
    fitted by REML, ``binary`` (0 and 1) is a logit by Laplace's approximation, both as R's ``lme4``. An area's estimate
    is the mean of what the model says of its cells, weighted by ``count``. Survey weights are not used: what they rest
    on belongs among the cells.

    ``posterior``: draws of the effects given the data and the estimated variances (as ``arm::sim``), which leaves out
    that the variances are estimated; ``bootstrap``: areas and people drawn anew from the model, and fitted again.

    Raises CohesionError for people in cells that the census lacks, categories of the census without people (unless they
    are random), cells that are there twice, covariates that vary within an area, and an outcome that is not 0 and 1.
    """
    design = _checked(area, cells, random, covariates)
    made = in_cells(people, census, design, outcome, count)
    fitted = _sample(made, family).fit()
    rng = np.random.default_rng(seed)
    places, weights = _weights(made)
    linear = _linear(made, fitted)
    found = places @ (weights * fitted.mean(linear))
    if interval == "bootstrap":
        spread, low, high, overall = _bootstrap(made, fitted, places, weights, found, confidence, draws, rng)
    else:
        spread, low, high, overall = _posterior(made, fitted, places, weights, confidence, draws, rng)
    areas = _areas(made, fitted, area).with_columns(
        shrunken=pl.Series(found),
        shrunken_error=pl.Series(spread),
        shrunken_low=pl.Series(low),
        shrunken_high=pl.Series(high),
    )
    share = areas["population"].to_numpy() / areas["population"].sum()
    return Poststratified(
        areas=areas.select(*COLUMNS),
        overall={"estimate": float(share @ found), **overall},
        coefficients=_coefficients(made, fitted),
        deviations=_deviations(design, fitted),
        log_likelihood=-0.5 * fitted.deviance + _shift(made, fitted),
        n_persons=int(made.sample["count"].sum()),
        notes=(*made.notes, *_words(areas, design, fitted)),
    )


COLUMNS = (
    "area", "estimate", "std_error", "n_effective", "reliability", "shrunken", "shrunken_error", "shrunken_low",
    "shrunken_high", "is_synthetic", "population",
)  # fmt: skip


def _checked(area: str, cells: Sequence[str], random: Sequence[str], covariates: Sequence[str]) -> Design:
    names = [area, *cells, *covariates]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OptionError(f"`{twice[0]}` has two roles among area, cells and covariates", todo="Give it one.")
    foreign = [name for name in random if name not in cells]
    if foreign:
        raise OptionError(f"`{foreign[0]}` is random, but not one of the cells", where="random")
    return Design(area, tuple(cells), tuple(random), tuple(covariates))


def _sample(made: Cells, family: str) -> GaussianCells | BinaryCells:
    count, mean = made.sample["count"].to_numpy(), made.sample["mean"].to_numpy()
    within = float(made.sample["within"].sum())
    if int(count.sum()) < made.sample_terms.design.shape[1] + 3:
        raise CohesionError("fewer people than the model has parameters", where=PEOPLE, count=int(count.sum()))
    if family == "gaussian":
        spread = within + float(count @ (mean - (count @ mean) / count.sum()) ** 2)
        if spread <= 0:
            raise CohesionError("the outcome does not vary", where=PEOPLE)
        return GaussianCells(made.sample_terms, count, mean, within)
    ones = np.rint(count * mean)
    if (mean < 0).any() or (mean > 1).any() or abs(within - float((ones * (1 - ones / count)).sum())) > 1e-6:
        raise CohesionError("an outcome of `binary` is 0 or 1", where=PEOPLE, todo="Code it so, or take `gaussian`.")
    if not 0 < ones.sum() < count.sum():
        raise CohesionError("everybody has the same outcome", where=PEOPLE)
    return BinaryCells(made.sample_terms, count, ones)


def _weights(made: Cells) -> tuple[FloatArray, FloatArray]:
    """Which area each cell of the census is in (areas × cells, ones), and its share of that area."""
    level = made.census_terms.levels[0]
    places = np.zeros((made.census_terms.sizes[0], len(level)))
    places[level, np.arange(len(level))] = 1.0
    population = made.census["population"].to_numpy()
    return places, population / (places @ population)[level]


def _linear(made: Cells, fitted: Fitted) -> FloatArray:
    terms = made.census_terms
    return np.asarray(terms.design @ fitted.beta + terms.add(terms.spread(fitted.theta) * fitted.effects))


def _posterior(
    made: Cells, fitted: Fitted, places: FloatArray, weights: FloatArray, confidence: float, draws: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray, FloatArray, dict[str, float]]:  # fmt: skip
    """Standard deviation and quantiles of areas over draws of all effects, and those of everybody."""
    terms, p = made.census_terms, len(fitted.beta)
    root = np.linalg.cholesky(fitted.covariance)
    drawn = rng.standard_normal((draws, len(root))) @ root.T + np.concatenate([fitted.beta, fitted.effects])
    linear = drawn[:, :p] @ terms.design.T + terms.add(terms.spread(fitted.theta) * drawn[:, p:])
    areas = (fitted.mean(linear) * weights) @ places.T
    ends = ((1 - confidence) / 2, (1 + confidence) / 2)
    whole = areas @ (places @ made.census["population"].to_numpy() / made.census["population"].sum())
    low, high = np.quantile(areas, ends, axis=0)
    bottom, top = np.quantile(whole, ends)
    overall = {"std_error": float(whole.std(ddof=1)), "conf_low": float(bottom), "conf_high": float(top)}
    return areas.std(axis=0, ddof=1), low, high, overall


def _bootstrap(
    made: Cells, fitted: Fitted, places: FloatArray, weights: FloatArray, found: FloatArray, confidence: float,
    draws: int, rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray, FloatArray, dict[str, float]]:  # fmt: skip
    """Root mean squared errors of areas, and intervals by the quantile of the absolute error."""
    errors = np.empty((draws, len(found)))
    spread = made.census_terms.spread(fitted.theta) * fitted.scale
    for at in range(draws):
        effects = spread * rng.standard_normal(len(spread))
        there = made.census_terms.design @ fitted.beta + made.census_terms.add(effects)
        here = made.sample_terms.design @ fitted.beta + made.sample_terms.add(effects)
        again = fitted.drawn(here, rng).fit(fitted.parameters)
        errors[at] = places @ (weights * (again.mean(_linear(made, again)) - fitted.mean(there)))
    share = places @ made.census["population"].to_numpy() / made.census["population"].sum()
    wide = np.quantile(np.abs(errors), confidence, axis=0)
    whole = errors @ share
    reach = float(np.quantile(np.abs(whole), confidence))
    middle = float(share @ found)
    overall = {"std_error": float(np.sqrt((whole**2).mean())), "conf_low": middle - reach, "conf_high": middle + reach}
    return np.sqrt((errors**2).mean(axis=0)), found - wide, found + wide, overall


def _areas(made: Cells, fitted: Fitted, area: str) -> pl.DataFrame:
    """One row per area of the census: its people's mean as it is, and how much of the estimate is its own."""
    information = pl.Series("information", fitted.information())
    total = pl.col("count").sum()
    mean = (pl.col("count") * pl.col("mean")).sum() / total
    squares = (pl.col("within") + pl.col("count") * pl.col("mean") ** 2).sum() - total * mean**2
    raw = (
        made.sample.with_columns(information)
        .group_by(area)
        .agg(estimate=mean, squares=squares, n_effective=total, information=pl.col("information").sum())
    )
    variance = float(fitted.standard_deviations[0]) ** 2
    n = pl.col("n_effective")
    spread = pl.col("squares").clip(lower_bound=0) / (n * (n - 1))
    whole = made.census.group_by(area).agg(pl.col("population").sum()).sort(area)
    return whole.join(raw, on=area, how="left", maintain_order="left").select(
        pl.col(area).alias("area"),
        "estimate",
        pl.when(n > 1).then(spread.sqrt()).alias("std_error"),
        "n_effective",
        (variance / (variance + 1 / pl.col("information"))).fill_null(0.0).alias("reliability"),
        pl.col("estimate").is_null().alias("is_synthetic"),
        "population",
    )


def _coefficients(made: Cells, fitted: Fitted) -> pl.DataFrame:
    raw = made.rotate
    covariance = raw @ fitted.covariance[: len(fitted.beta), : len(fitted.beta)] @ raw.T
    values = {"term": made.names, "estimate": raw @ fitted.beta, "std_error": np.sqrt(np.diag(covariance))}
    return pl.DataFrame(values)


def _shift(made: Cells, fitted: Fitted) -> float:
    """What the restricted likelihood of the columns as they are differs by from that of the orthonormal ones."""
    return float(np.log(np.abs(np.diag(made.rotate))).sum()) if isinstance(fitted, Solved) else 0.0


def _deviations(design: Design, fitted: Fitted) -> dict[str, float]:
    names = (design.area, *design.random)
    found = {name: float(value) for name, value in zip(names, fitted.standard_deviations, strict=True)}
    if fitted.residual_variance is not None:
        found["residual"] = float(np.sqrt(fitted.residual_variance))
    return found


def _words(areas: pl.DataFrame, design: Design, fitted: Fitted) -> list[str]:
    notes = []
    zero = [name for name, value in _deviations(design, fitted).items() if value == 0]
    notes += [f"the variance of `{name}` is zero: its levels differ by the other terms alone" for name in zero]
    without = int(areas["is_synthetic"].sum())
    return (
        [*notes, f"areas without a sample, given what the model says of their cells: {without:,}"] if without else notes
    )
