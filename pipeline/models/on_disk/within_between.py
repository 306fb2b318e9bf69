"""The within–between model of a panel on disk: its likelihood needs only sums by person, and how many rows each has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.inference import Term
from pipeline.models.multilevel.degrees import Degrees
from pipeline.models.multilevel.random_intercept import Profile, RandomIntercept, maximised
from pipeline.models.multilevel.within_between import estimates_table
from pipeline.models.on_disk.moments import ROUNDING, require_independent
from pipeline.models.on_disk.rows import Rows, regression_rows
from pipeline.models.options import Rows as RowOptions
from pipeline.models.options import taken
from pipeline.on_disk import OnDisk, database


def within_between(
    table: OnDisk,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    reml: bool = True,
    random_slopes: Sequence[str] = (),
    random: Mapping[str, Sequence[str]] | None = None,
    uncorrelated: Sequence[str] = (),
    degrees: Degrees = "normal",
    predict_at: Mapping[str, Sequence[float | str]] | None = None,
    confidence: float = 0.95,
    model: str = "within_between",
    **options: Any,
) -> pl.DataFrame:
    """One row per term, variance component and test, as ``pipeline.models.within_between`` of the same rows in memory.

    Raises ModelError as it does, and for a term of which less than a millionth is left by the others.
    """
    asked = {"random_slopes": random_slopes, "random": random, "uncorrelated": uncorrelated, "predict_at": predict_at}
    if any(asked.values()) or degrees == "kenward_roger":
        raise ModelError(
            "random slopes, further groupings, predictions, and Kenward and Roger's degrees of freedom need the panel "
            "in memory",
            where=next((name for name, given in asked.items() if given), "degrees"),
            todo="Give a frame.",
        )
    with database() as connection:
        rows = regression_rows(
            connection, table, outcome, exposures, covariates, **taken(RowOptions, options), intercept=True
        )
        if rows.n_persons < 2 or rows.n_persons == rows.n_obs:
            raise ModelError("needs persons seen more than once", where=outcome, count=rows.n_persons)
        rows = _split(rows, exposures)
        fit = _fit(rows, reml)
        return estimates_table(rows, fit, reml=reml, degrees=degrees, confidence=confidence, model=model)


def _split(rows: Rows, exposures: Sequence[str]) -> Rows:
    """Each exposure's column replaced by the deviation from the person's mean and the mean: the view ``apart``."""
    split = [
        place for place, term in enumerate(rows.terms) if term.component == "coefficient" and term.term in exposures
    ]
    means = "".join(f", avg({rows.columns[place]}) AS m{place}" for place in split)
    rows.connection.execute(f"CREATE TABLE means AS SELECT person{means} FROM rows GROUP BY person")
    rows.connection.execute("CREATE VIEW apart AS SELECT * FROM rows JOIN means USING (person)")
    _require_variation(rows, split)
    found: list[tuple[Term, str]] = []
    for place, (term, sql) in enumerate(zip(rows.terms, rows.columns, strict=True)):
        if place in split:
            found += [
                (replace(term, component="within"), f"({sql} - m{place})"),
                (replace(term, component="between"), f"m{place}"),
            ]
        else:
            found.append((term, sql))
    return replace(rows, terms=tuple(term for term, _ in found), columns=tuple(sql for _, sql in found))


def _require_variation(rows: Rows, split: Sequence[int]) -> None:
    if not split:
        return
    asked = ", ".join(f"max(abs({rows.columns[place]} - m{place})), max(abs({rows.columns[place]}))" for place in split)
    found = np.array(rows.connection.execute(f"SELECT {asked} FROM apart").fetchall()[0]).reshape(-1, 2)
    for place, (spread, largest) in zip(split, found, strict=True):
        if spread <= ROUNDING * max(largest, 1e-300):
            raise ModelError(
                f"{rows.terms[place].label} never changes within a person",
                where=rows.outcome_name,
                todo="Name it as a covariate instead.",
            )


def _fit(rows: Rows, reml: bool) -> RandomIntercept:
    """The fit on an orthonormal basis of the terms less their means, made from their cross-products."""
    k = len(rows.columns)
    values = [*rows.columns, "y"]
    averages = ", ".join(f"fsum({sql}) / count(*)" for sql in values[1:])
    centre = np.array([0.0, *rows.connection.execute(f"SELECT {averages} FROM apart").fetchall()[0]])
    less = ", ".join(
        f"{sql} - {float(mean)!r} AS z{place}" for place, (sql, mean) in enumerate(zip(values, centre, strict=True))
    )
    rows.connection.execute(f"CREATE VIEW centred AS SELECT person, {less} FROM apart")
    total = _products(rows, "centred", "z", k + 1)[0][1]
    require_independent(total[:-1, :-1], rows.terms, rows.outcome_name)
    summed = ", ".join(f"sum(z{place}) AS s{place}" for place in range(k + 1))
    rows.connection.execute(f"CREATE TABLE sums AS SELECT count(*) AS size, {summed} FROM centred GROUP BY person")
    by_size = _products(rows, "sums", "s", k + 1, "size")
    counts = dict(rows.connection.execute("SELECT size, count(*) FROM sums GROUP BY size").fetchall())
    scale = np.sqrt(np.diag(total)[:-1])
    upper = np.linalg.cholesky(total[:-1, :-1] / np.outer(scale, scale)).T * scale  # centred terms = basis × upper
    turn = np.eye(k + 1)
    turn[:k, :k] = np.linalg.inv(upper)
    profile = Profile(
        np.array([size for size, _ in by_size]),
        np.array([counts[size] for size, _ in by_size]),
        np.stack([turn.T @ products @ turn for _, products in by_size]),
        turn.T @ total @ turn,
        rows.n_obs,
        reml,
    )
    shift = np.eye(k)
    shift[0, 1:] = centre[1:-1]  # terms = centred terms × shift
    fit = maximised(profile, upper @ shift)
    estimates = fit.estimates.copy()
    estimates[0] += centre[-1]
    return replace(fit, estimates=estimates)


def _products(rows: Rows, source: str, name: str, size: int, by: str = "") -> list[tuple[int, np.ndarray]]:
    """Σ v v' over the rows of ``source``, in the groups of ``by`` if it is given, in their order."""
    left, right = np.triu_indices(size)
    sums = ", ".join(f"fsum({name}{a} * {name}{b})" for a, b in zip(left, right, strict=True))
    grouped = f"GROUP BY {by} ORDER BY {by}" if by else ""
    found = []
    for key, *values in rows.connection.execute(f"SELECT {by or 0}, {sums} FROM {source} {grouped}").fetchall():
        products = np.empty((size, size))
        products[left, right] = products[right, left] = values
        found.append((key, products))
    return found
