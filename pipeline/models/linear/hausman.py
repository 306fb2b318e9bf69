"""Hausman's test: do fixed and random effects differ by more than chance?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.inference import Basis, Term, chi_squared_row, coefficient_rows, wald
from pipeline.models.linear.fixed_effects import fixed_effects_fit
from pipeline.models.linear.random_effects import random_effects_fit
from pipeline.models.options import Rows, taken
from pipeline.models.regression_data import regression_data
from pipeline.models.table import table
from pipeline.models.weighting import Weighted


@public(ordered=True)
def hausman(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    confidence: float = 0.95,
    model: str = "hausman",
    **options: Unpack[Rows],
) -> pl.DataFrame:
    """One row per term (fixed minus random effects) and the joint test, row ``hausman`` of component ``test``.

    (b_FE − b_RE)' [V_FE − V_RE]⁻¹ (b_FE − b_RE), chi-squared (Hausman 1978), over every term that changes within
    persons, with classical covariances: plm's ``phtest``. It presumes independent errors of equal variance;
    ``mundlak`` with clustered standard errors does not. Where V_FE − V_RE is not positive definite a note says so,
    and a negative statistic (which plm prints without its sign) is withheld.

    >>> import polars as pl
    >>> from pipeline.models import hausman
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d", "e", "e"],
    ...     "wave": ["w01", "w02"] * 5,
    ...     "contact": [1.0, 2.0, 2.0, 4.0, 3.0, 3.0, 5.0, 4.0, 4.0, 1.0],
    ...     "trust": [2.0, 2.5, 3.0, 4.0, 2.0, 2.5, 4.0, 3.5, 3.0, 2.0],
    ... })
    >>> hausman(panel, "trust", ["contact"], wave_effects=False).filter(component="test")["term"].to_list()
    ['hausman']
    """
    data = regression_data(frame, outcome, exposures, covariates, **taken(Rows, options))
    shared = data.varies_within()
    if not shared.any():
        raise ModelError("no term changes within a person, so there is nothing to compare", where=outcome)
    fixed = fixed_effects_fit(data.keep(shared))
    random, _ = random_effects_fit(data)
    difference = fixed.estimates - random.estimates[shared]
    covariance = fixed.covariance - random.covariance[np.ix_(shared, shared)]
    basis = data.basis("classical covariance of fixed minus that of random effects (plm's phtest)", confidence)
    terms = [replace(term, component="fixed_minus_random") for term in data.keep(shared).terms]
    rows = []
    if np.diag(covariance).min() > 0:
        rows += coefficient_rows(basis, terms, difference, covariance, None)
    rows.append(_test_row(basis, difference, covariance))
    return table(rows, data, basis, model=model, family="hausman")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return regression(hausman, name, spec, panel, rows)


def _test_row(basis: Basis, difference: np.ndarray, covariance: np.ndarray) -> dict[str, object]:
    statistic = wald(difference, covariance)
    if statistic < 0:
        withheld = "withheld: the statistic is negative (the covariances' difference is indefinite); use Mundlak's test"
        return basis.row(Term("test", "hausman", note=withheld), df=float(len(difference)))
    indefinite = np.linalg.eigvalsh(covariance).min() <= 0
    note = "the covariances' difference is not positive definite; prefer Mundlak's test" if indefinite else None
    return chi_squared_row(basis, "hausman", statistic, len(difference), note)
