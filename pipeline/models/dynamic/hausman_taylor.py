"""Hausman–Taylor: effects of what never changes, where some terms are related to people's lasting level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.declared import ModelSpec
from pipeline.models.dynamic.declared import dynamic_options
from pipeline.models.groups import group_sums, means_of, within
from pipeline.models.inference import Basis, Term, chi_squared_row, coefficient_rows
from pipeline.models.options import Rows, taken
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.table import noted, table, variance_rows
from pipeline.models.weighting import Weighted

Method = Literal["hausman_taylor", "amemiya_macurdy"]
ROUNDING = 1e-9
WEAK = 10.0
"""Below this F the panel's instruments say little of a term (Staiger & Stock 1997)."""


@public(once=True, ordered=True)
def hausman_taylor(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    endogenous: Sequence[str],
    method: Method = "hausman_taylor",
    robust: bool = True,
    confidence: float = 0.95,
    model: str = "hausman_taylor",
    **options: Unpack[Rows],
) -> pl.DataFrame:
    """One row per term: y_it = a + b x_it + c z_i + w_t + u_i + e_it, where ``endogenous`` terms relate to u_i.

    Deviations from persons' means instrument what changes; the means of the other changing terms instrument the
    endogenous ones that never change (Hausman & Taylor 1981), which random effects would bias and fixed effects cannot
    estimate. ``method="amemiya_macurdy"`` (1986) adds those terms' deviations in every wave. Variances are those of
    ``plm(…, random.method = "ht")``, of an unbalanced panel those of Stata's ``xthtaylor``. Standard errors are robust
    within persons (HC1); ``robust=False`` are plm's and Stata's classical ones. Row ``sargan`` tests the instruments
    that are more than needed (a Hausman test against fixed effects), rows ``fit`` give the F of the instruments of
    each endogenous term that never changes. Intervals are normal.

    Raises ModelError where there are fewer instruments than terms, and as ``pooled`` does.

    >>> import numpy as np, polars as pl
    >>> from pipeline.models import hausman_taylor
    >>> rng = np.random.default_rng(1)
    >>> usual, person = rng.normal(size=200), np.repeat(np.arange(200), 4)
    >>> income = rng.normal(size=800) + rng.normal(size=200)[person]
    >>> schooling = usual + income.reshape(200, 4).mean(axis=1) + rng.normal(size=200)
    >>> panel = pl.DataFrame({
    ...     "person_id": person, "wave": list(range(4)) * 200, "income": income, "schooling": schooling[person],
    ...     "trust": 0.5 * income + 0.3 * schooling[person] + usual[person] + rng.normal(size=800),
    ... })
    >>> table = hausman_taylor(panel, "trust", ["income", "schooling"], endogenous=["schooling"])
    >>> table.filter(component="coefficient")["term"].to_list()
    ['income', 'schooling']
    """
    data = regression_data(frame, outcome, exposures, covariates, **taken(Rows, options))
    check_rank(data.matrix, data.terms, outcome)
    fit = hausman_taylor_fit(data, endogenous, method)
    covariance = fit.robust if robust else fit.classical
    how = "Amemiya–MaCurdy" if method == "amemiya_macurdy" else "Hausman–Taylor"
    error = "clustered by person, HC1" if robust else "classical"
    basis = data.basis(f"{how} instruments ({fit.n_instruments}); {error}; normal intervals", confidence)
    rows = coefficient_rows(basis, data.terms, fit.estimates, covariance, None)
    weak = [f"{term.label} (F = {value:.1f})" for term, value in fit.strength if value < WEAK]
    caution = f"weak instruments of {', '.join(weak)}" if weak else None
    rows = [*noted(rows, caution), *variance_rows(basis, fit.variances), _sargan(basis, fit)]
    rows += [
        basis.row(Term("fit", "instruments"), estimate=float(fit.n_instruments), covariance=None),
        *(
            basis.row(Term("fit", "first_stage_f", group=term.label), estimate=value, covariance=None)
            for term, value in fit.strength
        ),
    ]
    return table(rows, data, basis, model=model, family="hausman_taylor")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, _rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return hausman_taylor(panel, **dynamic_options(name, spec))


@dataclass(frozen=True)
class Instrumented:
    """Estimates, both covariances, variances; Sargan's statistic with its degrees of freedom; first-stage F."""

    estimates: np.ndarray
    classical: np.ndarray
    robust: np.ndarray
    variances: dict[str, float]
    sargan: float
    df: int
    n_instruments: int
    strength: tuple[tuple[Term, float], ...]


def hausman_taylor_fit(data: RegressionData, endogenous: Sequence[str], method: Method) -> Instrumented:
    """Instrumental variables on quasi-demeaned rows. Raises ModelError where instruments are fewer than terms."""
    changes = data.varies_within()
    related = np.array([term.component == "coefficient" and term.term in endogenous for term in data.terms])
    _require(data, endogenous, changes, related)
    variances = _variances(data, changes, related)
    size = np.bincount(data.person)[data.person]
    theta = 1 - np.sqrt(variances["residual"] / (variances["residual"] + size * variances["person"]))
    quasi = np.column_stack([data.outcome, data.matrix])
    quasi = quasi - theta[:, None] * means_of(quasi, data.person)
    instruments = _instruments(data, changes, related, method)
    outcome, matrix = quasi[:, 0], quasi[:, 1:]
    scale = np.linalg.norm(matrix, axis=0)
    fitted = instruments @ (instruments.T @ (matrix / scale))
    if np.linalg.matrix_rank(fitted, tol=1e-9) < len(data.terms):
        raise ModelError("the instruments do not tell the terms from each other", where=data.outcome_name)
    bread = np.linalg.inv(fitted.T @ fitted)
    estimates = bread @ (fitted.T @ outcome) / scale
    errors = outcome - matrix @ estimates
    freedom = data.n_obs - len(data.terms)
    variance = float(errors @ errors) / freedom
    scores = group_sums(fitted * errors[:, None], data.person) @ bread / scale
    explained = instruments.T @ errors
    return Instrumented(
        estimates,
        variance * bread / np.outer(scale, scale),
        scores.T @ scores * data.n_obs / freedom,
        variances,
        float(explained @ explained) / variances["residual"],
        instruments.shape[1] - len(data.terms),
        instruments.shape[1],
        _strength(data, changes, related),
    )


def _require(data: RegressionData, endogenous: Sequence[str], changes: np.ndarray, related: np.ndarray) -> None:
    """Raises ModelError where the endogenous terms cannot be instrumented."""
    absent = sorted(set(endogenous) - {term.term for term, one in zip(data.terms, related, strict=True) if one})
    if absent or not related.any():
        raise ModelError(
            f"{', '.join(absent) or 'nothing'} is endogenous, but no term of the model", where="endogenous",
            todo="Name terms of the model.",
        )  # fmt: skip
    if not changes.any():
        raise ModelError("no term changes within a person", where=data.outcome_name, todo="Choose other terms.")
    exogenous = np.array([term.component == "coefficient" for term in data.terms]) & changes & ~related
    needed, given = int((related & ~changes).sum()), int(exogenous.sum())
    if given < needed:
        raise ModelError(
            f"{needed} endogenous terms never change, and {given} exogenous ones do to instrument them",
            where="endogenous",
            todo="Name fewer terms endogenous, or add terms that change and are unrelated to people’s lasting level.",
        )


def _variances(data: RegressionData, changes: np.ndarray, related: np.ndarray) -> dict[str, float]:
    """Of residuals within persons and of persons' levels, by instrumental variables on what never changes."""
    person = data.person
    left = within(np.column_stack([data.outcome, data.matrix[:, changes]]), person)
    scale = np.linalg.norm(left[:, 1:], axis=0)
    slopes = np.linalg.lstsq(left[:, 1:] / scale, left[:, 0], rcond=None)[0] / scale
    errors = left[:, 0] - left[:, 1:] @ slopes
    n_persons = data.n_persons
    if data.n_obs <= n_persons:
        raise ModelError("needs persons seen more than once", where=data.outcome_name, count=n_persons)
    residual = float(errors @ errors) / (data.n_obs - n_persons)
    level = means_of((data.outcome - data.matrix[:, changes] @ slopes)[:, None], person)[:, 0]
    lasting = data.matrix[:, ~changes]
    basis = _orthonormal(data.matrix[:, ~related])
    fitted = basis @ (basis.T @ lasting)
    unexplained = level - lasting @ np.linalg.lstsq(fitted, level, rcond=None)[0]
    per_person = float(1 / np.mean(1 / np.bincount(person)))
    between = (float(unexplained @ unexplained) / n_persons - residual) / per_person
    return {"person": max(0.0, float(between)), "residual": residual}


def _instruments(data: RegressionData, changes: np.ndarray, related: np.ndarray, method: Method) -> np.ndarray:
    """An orthonormal basis of the instruments: deviations of all terms, means of those unrelated to the level."""
    deviations = within(data.matrix[:, changes], data.person)
    found = [deviations, means_of(data.matrix[:, ~related], data.person)]
    if method == "amemiya_macurdy":
        named = np.array([term.component == "coefficient" for term in data.terms])
        own = within(data.matrix[:, changes & ~related & named], data.person)
        by_wave = np.zeros((data.n_persons, data.n_waves, own.shape[1]))
        by_wave[data.person, data.wave] = own
        found.append(by_wave.reshape(data.n_persons, -1)[data.person])
    return _orthonormal(np.column_stack(found))


def _orthonormal(matrix: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the columns, without those that the others determine."""
    size = np.linalg.norm(matrix, axis=0)
    left, values, _ = np.linalg.svd(matrix[:, size > 0] / size[size > 0], full_matrices=False)
    return np.asarray(left[:, values > ROUNDING * values[0]])


def _strength(data: RegressionData, changes: np.ndarray, related: np.ndarray) -> tuple[tuple[Term, float], ...]:
    """Of each endogenous term that never changes: the F of the exogenous terms' means beyond what else is exogenous."""
    first = np.searchsorted(data.person, np.arange(data.n_persons))
    lasting = data.matrix[first][:, ~changes & ~related]
    named = np.array([term.component == "coefficient" for term in data.terms])
    means = means_of(data.matrix, data.person)[first][:, changes & ~related & named]
    small, large = _orthonormal(lasting), _orthonormal(np.column_stack([lasting, means]))
    added, freedom = large.shape[1] - small.shape[1], data.n_persons - large.shape[1]
    found = []
    for place in np.flatnonzero(related & ~changes):
        values = data.matrix[first, place]
        rest, full = (float(((values - basis @ (basis.T @ values)) ** 2).sum()) for basis in (small, large))
        if added > 0 and freedom > 0 and full > 0:
            found.append((data.terms[place], (rest - full) / added / (full / freedom)))
    return tuple(found)


def _sargan(basis: Basis, fit: Instrumented) -> dict[str, object]:
    if fit.df == 0:
        return basis.row(Term("test", "sargan", note="as many instruments as terms: nothing to test"), df=0.0)
    return chi_squared_row(basis, "sargan", fit.sargan, fit.df)
