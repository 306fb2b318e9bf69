"""Any parameter table on a frame: the way every model of this package is fitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Unpack

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.covariates import prepared, random_note, random_rows
from pipeline.sem.engine.data import Data, as_frame, several
from pipeline.sem.engine.fit import fit_table
from pipeline.sem.engine.fitting import FitOptions, Fitting
from pipeline.sem.engine.gates import untested_covariances
from pipeline.sem.engine.grounds import weak_grounds
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.table import Linear, Parameter, ParameterTable, parameter_table


def sem(
    frame: pl.DataFrame,
    table: ParameterTable | pl.DataFrame | Iterable[Parameter | Mapping[str, object]],
    *,
    constraints: Sequence[str | Linear] = (),
    exogenous: Sequence[str] = (),
    information: str | None = None,
    family: str = "sem",
    **options: Unpack[FitOptions],
) -> Result:
    """Fit a parameter table (see ``parameter_table``) to a wide frame: one row per person.

    Observed variables without a ``~1`` row get a free intercept; everything else not in the table is zero. Labels
    shared between groups are equal. ``exogenous``: covariates, with those that the table marks so (lavaan's ``exo``);
    their moments belong to no parameter (lavaan's ``fixed.x``), or are free where ``fixed_x`` says so. ``information``:
    observed or expected, else lavaan's default. Other ``options`` as in ``Fitting``.

    Raises ModelError, the result withheld, if the model is not identified, does not converge, or is improper
    (a negative variance, a correlation beyond 1); ``gate=False`` returns it all the same, ``problems`` saying why not.
    """
    return fit_declared_table(
        frame, parameter_table(table, constraints), Fitting.of(options), several(exogenous), information, family
    )


def fit_declared_table(
    frame: pl.DataFrame,
    table: ParameterTable,
    fitting: Fitting,
    exogenous: Sequence[str] = (),
    information: str | None = None,
    family: str = "sem",
) -> Result:
    """``sem`` with its options as one object."""
    frame = as_frame(frame)
    if information not in (None, "observed", "expected"):
        raise ModelError(f"unknown information {information!r}", todo="Use observed or expected.")
    covariates = tuple(dict.fromkeys([*exogenous, *table.covariates]))
    whole = table.without_covariate_moments(covariates)
    unknown = [name for name in covariates if name not in whole.observed]
    if unknown:
        raise ModelError(
            "a covariate is not in the model", where=", ".join(unknown), todo="Give it a path, or drop it."
        )
    data, fixed = prepared(frame, whole.observed, covariates, fitting)
    return fit_prepared(whole, data, fitting, covariates, fixed, information=information, family=family)


def fit_prepared(
    table: ParameterTable,
    data: Data,
    fitting: Fitting,
    covariates: Sequence[str] = (),
    fixed: Sequence[str] = (),
    *,
    information: str | None = None,
    family: str = "sem",
    near: Result | None = None,
) -> Result:
    """``sem`` on data already prepared: ``fixed`` are the covariates taken as they are; the search starts from the
    estimates of ``near``, a model of the same data."""
    table = ParameterTable((*table.parameters, *random_rows(covariates, fixed)), table.constraints).with_intercepts()
    try:
        state = fit_table(
            table, data, estimator=fitting.estimator, information=information, exogenous=fixed, starts=fitting.starts,
            seed=fitting.seed, near=near.state if near else None,
        )  # fmt: skip
    except np.linalg.LinAlgError:
        raise ModelError(
            "the covariances of the answers are singular: one variable copies others, or adds up to them",
            where=family, todo="Leave that variable out.",
        ) from None  # fmt: skip
    notes = [*random_note(covariates, fixed), *untested_covariances(state), *weak_grounds(state.data, state.model.npar)]
    if data.dropped:
        persons = "person" if data.dropped == 1 else "persons"
        notes.insert(0, f"{data.dropped:,} {persons} without the answers needed left out")
    result = Result(state, family, tuple(notes))
    if fitting.gate and result.problems:
        raise ModelError(
            "; ".join(result.problems), where=family, todo="The result is withheld; simplify or constrain the model."
        )
    return result
