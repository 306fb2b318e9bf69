"""Any parameter table on a frame: the way every model of this package is fitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.data import Data, as_frame, prepare
from pipeline.sem.engine.fit import fit_table
from pipeline.sem.engine.gates import told
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.table import Linear, Parameter, ParameterTable, parameter_table


def sem(
    frame: pl.DataFrame,
    table: ParameterTable | pl.DataFrame | Iterable[Parameter | Mapping[str, object]],
    *,
    constraints: Sequence[str | Linear] = (),
    estimator: str = "ML",
    missing: str = "fiml",
    group: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    exogenous: Sequence[str] = (),
    information: str | None = None,
    starts: int = 1,
    seed: int = 1,
    gate: bool = True,
    family: str = "sem",
) -> Result:
    """Fit a parameter table (see ``parameter_table``) to a wide frame: one row per person.

    Observed variables without a ``~1`` row get a free intercept; everything else not in the table is zero.
    ``estimator``: ML, or MLR (Huber–White standard errors, Yuan–Bentler χ²). ``missing``: fiml or listwise.
    ``cluster`` and ``weights`` (sampling weights) call for MLR. ``group``: one model per group, labels shared between
    groups are equal. ``exogenous``: covariates whose moments are taken as they are (lavaan's ``fixed.x``); persons
    without them are dropped and counted. ``information``: observed or expected, else lavaan's default.

    Raises ModelError, the result withheld, if the model is not identified, does not converge, or is improper
    (a negative variance, a correlation beyond 1); ``gate=False`` returns it all the same, ``problems`` saying why not.
    """
    check_options(estimator, missing, cluster, weights)
    frame = as_frame(frame)
    whole = parameter_table(table, constraints).with_intercepts()
    unknown = [name for name in exogenous if name not in whole.observed]
    if unknown:
        raise ModelError(
            "a covariate is not in the model", where=", ".join(unknown), todo="Give it a path, or drop it."
        )
    data = prepare(
        frame, whole.observed, missing=missing, group=group, cluster=cluster, weights=weights, complete=exogenous
    )
    return analyse(
        whole, data, estimator=estimator, information=information, exogenous=exogenous, starts=starts, seed=seed,
        gate=gate, family=family,
    )  # fmt: skip


def analyse(
    table: ParameterTable,
    data: Data,
    *,
    estimator: str = "ML",
    information: str | None = None,
    exogenous: Sequence[str] = (),
    starts: int = 1,
    seed: int = 1,
    gate: bool = True,
    family: str = "sem",
    near: Result | None = None,
) -> Result:
    """``sem`` on data already prepared; the search starts from the estimates of ``near``, a model of the same data."""
    state = fit_table(
        table, data, estimator=estimator, information=information, exogenous=exogenous, starts=starts, seed=seed,
        near=near.state if near else None,
    )  # fmt: skip
    notes = told(state)
    if data.dropped:
        persons = "person" if data.dropped == 1 else "persons"
        notes.insert(0, f"{data.dropped:,} {persons} without the answers needed left out")
    result = Result(state, family, tuple(notes))
    if gate and result.problems:
        raise ModelError(
            "; ".join(result.problems), where=family, todo="The result is withheld; simplify or constrain the model."
        )
    return result


def check_options(estimator: str, missing: str, cluster: str | None, weights: str | None) -> None:
    if estimator not in ("ML", "MLR"):
        raise ModelError(f"unknown estimator {estimator!r}", todo="Use ML or MLR.")
    if missing not in ("fiml", "listwise"):
        raise ModelError(f"unknown treatment of missing answers {missing!r}", todo="Use fiml or listwise.")
    if (cluster or weights) and estimator != "MLR":
        raise ModelError("clusters and weights need robust standard errors", todo='Use estimator="MLR".')
