"""Change within persons of a yes-or-no outcome: conditional logit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.models.contrasts import combined
from pipeline.models.declared import ModelSpec
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.inference import coefficient_rows, joined
from pipeline.models.likelihood.conditional import conditional
from pipeline.models.outcomes.answers import declared, fit_rows, likelihood_values
from pipeline.models.outcomes.fitted import fit_groups
from pipeline.models.outcomes.rows import OutcomeData, OutcomeRows
from pipeline.models.outcomes.within_persons import changers, left_aside
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True)
def conditional_logit(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    confidence: float = 0.95,
    model: str = "conditional_logit",
    **options: Unpack[OutcomeRows],
) -> pl.DataFrame:
    """One row per coefficient and odds ratio: fixed-effects logit, from change within persons only.

    P(y_i | Σ_t y_it) = exp(Σ_t y_it x_it b) / Σ exp(Σ_t d_t x_it b) over all d with the same sum (Chamberlain 1980; R:
    ``survival::clogit``; Stata: ``clogit``, ``xtlogit, fe``). Whatever is lasting about a person cancels out, and so
    does everyone whose answer never changes: rows of ``sample`` count them. Errors are those of the likelihood unless
    ``cluster`` is given. There are no marginal effects: they need the person effects, which are not estimated.

    Raises ModelError if nobody's answer changes, or a term does in nobody whose answer does.

    >>> import polars as pl
    >>> from pipeline.models import conditional_logit
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d"], "wave": ["w01", "w02"] * 4,
    ...     "contact": [1.0, 2.0, 2.0, 1.0, 3.0, 4.0, 1.0, 5.0], "helped": [0, 1, 0, 1, 0, 1, 1, 1],
    ... })
    >>> table = conditional_logit(panel, "helped", ["contact"])
    >>> table.filter(component="coefficient")["estimate"].round(4).to_list()
    [0.6931]
    >>> table.filter(term="persons_without_change")["estimate"].to_list()
    [1.0]
    """
    given: OutcomeRows = {"cluster": None, "correction": "stata", **options}
    whole, used = changers(frame, outcome, exposures, covariates, given, kind="binary")
    stacked = Stacked(used.data.outcome, np.arange(used.data.n_obs), used.data.person)
    return conditional_table(whole, used, stacked, confidence=confidence, model=model, family="conditional_logit")


@dataclass(frozen=True)
class Stacked:
    """Zeros and ones (m), the row that each is of (m), and the group in which they are compared (m)."""

    outcome: np.ndarray
    rows: np.ndarray
    group: np.ndarray


def conditional_table(
    whole: OutcomeData, used: OutcomeData, stacked: Stacked, *, confidence: float, model: str, family: str
) -> pl.DataFrame:
    """The Estimates table of the conditional likelihood of ``stacked``, whose rows are those of ``used``."""
    likelihood = conditional(
        stacked.outcome, used.scaled.data.matrix[stacked.rows], stacked.group, whole.data.outcome_name
    )
    fit = fit_groups(used, likelihood, stacked.group, stacked.rows)
    errors, terms = fit.errors, used.data.terms
    basis = used.data.basis(errors.basis_words(), confidence)
    rows = coefficient_rows(basis, terms, fit.parameters, fit.covariance, errors.df)
    rows += combined(used.data.contrasts, terms).rows(basis, fit.parameters, fit.covariance, errors.df)
    rows += ratio_rows(basis, terms, fit.parameters, fit.covariance, df=errors.df)
    note = joined(errors.note, whole.note)
    values = likelihood_values(fit.value, fit.null, len(terms), used.data.n_obs)
    made = [*noted(rows, note), *fit_rows(basis, values), *left_aside(basis, whole, used)]
    return table(made, used.data, basis, model=model, family=family)


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return declared(conditional_logit, name, spec, panel, rows)
