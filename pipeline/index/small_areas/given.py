"""What is given about areas, checked: a row each, numbers where they are needed, covariates as a design matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.errors import CohesionError

FloatArray = np.ndarray
SAME = 1e-9
"""A column whose part that the others do not explain is a smaller share of it than this is explained by them."""


def require(frame: pl.DataFrame, columns: Sequence[str], where: str) -> None:
    """Raises CohesionError for a column that ``frame`` lacks."""
    absent = [name for name in dict.fromkeys(columns) if name not in frame.columns]
    if absent:
        there = ", ".join(frame.columns)
        names = ", ".join(f"`{name}`" for name in absent)
        raise CohesionError(f"has no column {names}", where=where, todo=f"It has: {there}.")
    if not frame.height:
        raise CohesionError("has no rows", where=where)


def by_area(frame: pl.DataFrame, area: str, where: str) -> pl.DataFrame:
    """One row per area, in the order of codes. Raises CohesionError for one that is missing or there twice."""
    require(frame, [area], where)
    blank = frame[area].null_count()
    if blank:
        raise CohesionError("rows without an area", where=f"{where}: {area}", count=blank, todo="Give each its code.")
    twice = frame.height - frame[area].n_unique()
    if twice:
        todo = "Give one row per area: fit each wave and measure by itself."
        raise CohesionError("an area more than once", where=f"{where}: {area}", count=twice, todo=todo)
    return frame.sort(pl.col(area).cast(pl.String))


def numbers(frame: pl.DataFrame, column: str, where: str, *, needed: bool = True) -> FloatArray:
    """The column as numbers, NaN for null. Raises CohesionError for text, infinity, and null where it is ``needed``."""
    require(frame, [column], where)
    values = frame[column]
    if not (values.dtype.is_numeric() or values.dtype in (pl.Boolean, pl.Null)):
        raise CohesionError("must be numbers", where=f"{where}: {column}", todo=f"It is {values.dtype}.")
    found = values.cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
    if np.isinf(found).any():
        raise CohesionError("infinite values", where=f"{where}: {column}", count=int(np.isinf(found).sum()))
    if needed and np.isnan(found).any():
        count = int(np.isnan(found).sum())
        raise CohesionError(
            "has no value", where=f"{where}: {column}", count=count, todo="Give it, or leave the row out."
        )
    return found


def design_of(
    frame: pl.DataFrame, covariates: Sequence[str], where: str, levels: dict[str, list[str]] | None = None
) -> tuple[FloatArray, list[str]]:
    """The design matrix and the names of its columns: an intercept, numbers as they are, text by its categories.

    The first category in the order of the alphabet is the reference. ``levels`` names the categories of text where
    they are those of another frame. Raises CohesionError for missing values and for categories that are not among
    ``levels``.
    """
    require(frame, covariates, where)
    if len(set(covariates)) < len(covariates):
        raise CohesionError("a covariate is named twice", where=where, todo="Name each once.")
    columns, names = [np.ones(frame.height)], ["intercept"]
    for name in covariates:
        if frame[name].dtype.is_numeric() or frame[name].dtype == pl.Boolean:
            columns.append(numbers(frame, name, where))
            names.append(name)
            continue
        values = frame[name].cast(pl.String)
        if values.null_count():
            raise CohesionError("has no value", where=f"{where}: {name}", count=values.null_count())
        known = (levels or {}).get(name) or sorted(values.unique())
        foreign = int((~values.is_in(known)).sum())
        if foreign:
            raise CohesionError("categories that no area with a sample has", where=f"{where}: {name}", count=foreign)
        columns += [(values == level).to_numpy().astype(float) for level in known[1:]]
        names += [f"{name}: {level}" for level in known[1:]]
    return np.column_stack(columns), names


def levels_of(frame: pl.DataFrame, covariates: Sequence[str]) -> dict[str, list[str]]:
    """The categories of each covariate that is text, in the order of the alphabet."""
    text = [name for name in covariates if name in frame.columns and not frame[name].dtype.is_numeric()]
    text = [name for name in text if frame[name].dtype != pl.Boolean]
    return {name: sorted(frame[name].cast(pl.String).drop_nulls().unique()) for name in text}


def orthonormal(design: FloatArray, names: Sequence[str], where: str) -> tuple[FloatArray, FloatArray]:
    """Q and R of the design matrix. Raises CohesionError for a column that the others explain."""
    length = np.sqrt((design**2).sum(axis=0))
    basis, upper = np.linalg.qr(design)
    size = np.abs(np.diag(upper)) if design.shape[0] >= design.shape[1] else np.zeros(design.shape[1])
    explained = [
        name for name, left, whole in zip(names, size, length, strict=False) if left <= SAME * max(whole, 1e-300)
    ]
    if explained:
        todo = "Leave it out: it is constant, or follows from the other covariates in the areas with a sample."
        raise CohesionError(
            "a covariate that cannot be told from the others", where=f"{where}: {explained[0]}", todo=todo
        )
    return basis, upper


def coefficient_table(
    names: Sequence[str], estimates: FloatArray, covariance: FloatArray, confidence: float
) -> pl.DataFrame:
    """One row per coefficient: ``term, estimate, std_error, statistic, p_value, conf_low, conf_high`` (normal)."""
    from scipy.stats import norm

    errors = np.sqrt(np.diag(covariance))
    statistic = estimates / errors
    reach = norm.ppf(0.5 + confidence / 2) * errors
    return pl.DataFrame(
        {
            "term": list(names),
            "estimate": estimates,
            "std_error": errors,
            "statistic": statistic,
            "p_value": 2 * norm.sf(np.abs(statistic)),
            "conf_low": estimates - reach,
            "conf_high": estimates + reach,
        }
    )
