"""Least squares within persons from cross-products that DuckDB computes, with the covariance of clustered errors.

Cross-products are those of deviations from persons' means, never differences of large sums. Coefficients are
corrected by the gradient of the residuals until nothing is left of it (iterative refinement; Björck 1996, section 2.9),
so that they have the digits of a fit on the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariance import Correction, Linear, linear
from pipeline.models.inference import Term
from pipeline.models.on_disk.rows import Rows

ROUNDING = 1e-9
"""A column whose deviations are smaller than this share of its size does not change within persons."""
INDEPENDENT = 1e-6
"""Where less of a column than this share is left by those before it, cross-products cannot tell it from them."""
REFINED = 1e-11
"""Corrections smaller than this share of a standard error are rounding."""
MOST_PASSES = 4


@dataclass(frozen=True)
class Within:
    """Cross-products (k+1 × k+1, the outcome last) of deviations d0 d1 … in the view ``deviations``.

    ``size``: the norm of each column as it was; ``spread``: its largest deviation; ``largest``: its largest value.
    """

    products: np.ndarray
    size: np.ndarray
    spread: np.ndarray
    largest: np.ndarray

    @property
    def k(self) -> int:
        return len(self.products) - 1


def within(rows: Rows, columns: Sequence[str]) -> Within:
    """The cross-products of ``columns`` (SQL over ``rows``) and the outcome, less (weighted) persons' means."""
    values = [*columns, "y"]
    means = ", ".join(f"sum(weight * {sql}) / sum(weight) AS m{place}" for place, sql in enumerate(values))
    rows.connection.execute(f"CREATE OR REPLACE TABLE means AS SELECT person, {means} FROM rows GROUP BY person")
    less = ", ".join(f"{sql} - m{place} AS d{place}, {sql} AS v{place}" for place, sql in enumerate(values))
    rows.connection.execute(
        f"CREATE OR REPLACE VIEW deviations AS SELECT rows.* EXCLUDE (weight), weight / {rows.mean_weight!r} AS w, "
        f"{less} FROM rows JOIN means USING (person)"
    )
    left, right = np.triu_indices(len(values))
    sums = [f"fsum(w * d{a} * d{b})" for a, b in zip(left, right, strict=True)]
    sizes = [f"sqrt(fsum(v{a} * v{a})), max(abs(d{a})), max(abs(v{a}))" for a in range(len(values))]
    found = np.array(rows.connection.execute(f"SELECT {', '.join([*sums, *sizes])} FROM deviations").fetchall()[0])
    products = np.empty((len(values), len(values)))
    products[left, right] = products[right, left] = found[: len(sums)]
    size, spread, largest = found[len(sums) :].reshape(-1, 3).T
    return Within(products, size, spread, largest)


def require_variation(found: Within, terms: Sequence[Term], outcome: str) -> None:
    """Raises ModelError naming the terms that are the same in all of each person's waves."""
    varies = found.spread > ROUNDING * np.maximum(found.largest, 1e-300)
    constant = [term.label for term, changes in zip(terms, varies[: len(terms)], strict=True) if not changes]
    if constant:
        raise ModelError(
            f"{', '.join(constant)} never changes within a person",
            where=outcome,
            todo="Leave it out, or use random effects or a within–between model.",
        )
    if found.spread[-1] < 1e-12 * max(1.0, float(found.largest[-1])):
        raise ModelError("the outcome never changes within a person", where=outcome)


def require_independent(products: np.ndarray, terms: Sequence[Term], outcome: str, absorbed: int = 0) -> None:
    """Raises ModelError naming the terms that those before them, or the last ``absorbed`` columns, nearly determine."""
    size = np.sqrt(np.maximum(np.diag(products), 1e-300))
    rest = products / np.outer(size, size)
    k, tied = len(terms), []
    for place in (*range(k, k + absorbed), *range(k)):
        left = rest[place, place]
        if left >= INDEPENDENT**2:
            rest = rest - np.outer(rest[:, place], rest[place]) / left
        elif place < k:
            tied.append(terms[place].label)
    if tied:
        raise ModelError(
            f"{', '.join(tied)} cannot be separated from the other terms of the model",
            where=outcome,
            todo="Leave it out.",
        )


def absorbed_fit(rows: Rows, found: Within, absorbed: int, correction: Correction, waves: int = 0) -> Linear:
    """The fit of all columns but the last ``waves``, which are dummies that are absorbed with the persons.

    ``absorbed``: how many effects there are in all; conventions are those of ``within.least_squares.absorbed_fit``.
    """
    k = found.k - waves
    scale = np.sqrt(np.maximum(np.diag(found.products), 1e-300))
    scaled = found.products / np.outer(scale, scale)
    inverse, explained = _inverse(scaled[:-1, :-1], k)
    beta = inverse @ scaled[:-1, -1]
    df = rows.n_obs - k - absorbed
    for _ in range(MOST_PASSES):
        squares, gradient, middle = _scores(rows, beta / scale[:-1] * scale[-1], scale, explained, k, correction)
        step = inverse @ (gradient / scale[-1])
        beta = beta + step
        own = inverse[:k, :k]
        if rows.cluster_name is None:
            covariance = squares / df * own
        else:
            counted = k + (waves if correction == "stata" else 0)  # as `Effects.counted`
            covariance = own @ middle @ own * (rows.n_obs / (rows.n_obs - counted) if correction != "none" else 1.0)
        if np.all(np.abs(step[:k]) * scale[-1] <= REFINED * np.sqrt(np.maximum(np.diag(covariance), 1e-300))):
            break
    estimates = beta[:k] * scale[-1] / scale[:k]
    return linear(rows, estimates, covariance / np.outer(scale[:k], scale[:k]), df, correction)


def _inverse(products: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The inverse, with the pseudo-inverse of the columns after the first ``k``; and what those explain of these."""
    own, shared, dummies = products[:k, :k], products[k:, :k], products[k:, k:]
    if not dummies.size:
        return np.asarray(np.linalg.inv(own)), shared
    absorbed = np.linalg.pinv(dummies, rcond=1e-11, hermitian=True)
    explained = absorbed @ shared
    left = np.linalg.inv(own - shared.T @ explained)
    corner = -explained @ left
    return np.block([[left, corner.T], [corner, absorbed - corner @ explained.T]]), explained


def _scores(
    rows: Rows, beta: np.ndarray, scale: np.ndarray, explained: np.ndarray, k: int, correction: Correction
) -> tuple[float, np.ndarray, np.ndarray]:
    """Σ w e², the gradient of all columns, and Σ s s' over clusters, s the sums of scores of the first ``k`` columns.

    Columns are of norm one; the absorbed ones are taken from the first ``k``.
    """
    fitted = [f"{float(value)!r} * d{place}" for place, value in enumerate(beta)]
    residual = " - ".join([f"d{len(beta)}", *fitted])
    own = [
        " - ".join(
            [f"d{place} / {float(scale[place])!r}"]
            + [f"{float(explained[j, place])!r} * d{k + j} / {float(scale[k + j])!r}" for j in range(len(explained))]
        )
        for place in range(k)
    ]
    keys = list(dict.fromkeys(rows.clusters))
    scores = ", ".join(f"w * e * ({sql}) AS s{place}" for place, sql in enumerate(own))
    view = f"SELECT *, {scores} FROM (SELECT *, {residual} AS e FROM deviations)"
    gradient = [f"fsum(w * e * d{place} / {float(scale[place])!r})" for place in range(len(beta))]
    total = rows.connection.execute(f"SELECT fsum(w * e * e), {', '.join(gradient)} FROM ({view})").fetchall()[0]
    if not keys:
        return float(total[0]), np.array(total[1:]), np.zeros((k, k))
    ways = [(1.0, [key]) for key in keys] + ([(-1.0, keys)] if len(keys) == 2 else [])
    middle = sum(sign * _clustered(rows, view, way, k, correction) for sign, way in ways)
    return float(total[0]), np.array(total[1:]), np.asarray(middle)


def _clustered(rows: Rows, view: str, keys: Sequence[str], k: int, correction: Correction) -> np.ndarray:
    left, right = np.triu_indices(k)
    sums = ", ".join(f"sum(s{place}) AS s{place}" for place in range(k))
    products = ", ".join(f"fsum(s{a} * s{b})" for a, b in zip(left, right, strict=True))
    count, *found = rows.connection.execute(
        f"SELECT count(*), {products} FROM (SELECT {sums} FROM ({view}) GROUP BY {', '.join(keys)})"
    ).fetchall()[0]
    middle = np.empty((k, k))
    middle[left, right] = middle[right, left] = found
    factor = count / (count - 1) * (rows.n_obs - 1) / rows.n_obs if correction == "stata" else 1.0
    return middle * factor
