"""Covariates: taken as they are, or as variables of the model, so that nobody is lost who lacks one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.data import Data, numeric, prepare
from pipeline.sem.engine.fitting import Fitting
from pipeline.sem.engine.table import Parameter


def prepared(
    frame: pl.DataFrame, variables: Sequence[str], covariates: Sequence[str], fitting: Fitting
) -> tuple[Data, tuple[str, ...]]:
    """The answers, and the covariates that are taken as they are (none where they are random; see ``Fitting``).

    Warns how many persons a fixed covariate leaves out. Raises ModelError as ``prepare``, and where ``fixed_x`` is said
    of a model without covariates.
    """
    if fitting.fixed_x is not None and not covariates:
        raise ModelError("fixed_x is about covariates, and the model has none", where="fixed_x", todo="Leave it out.")
    lost = _without_covariate(frame, variables, covariates) if covariates and fitting.missing == "fiml" else 0
    fixed = not lost if fitting.fixed_x is None else fitting.fixed_x
    if fixed and lost:
        persons = "person who lacks" if lost == 1 else "persons who lack"
        warnings.warn(
            f"fixed_x leaves out {lost:,} {persons} a covariate: without it they are kept (covariates as random)",
            stacklevel=4,
        )
    complete = tuple(covariates) if fixed else ()
    data = prepare(
        frame, variables, missing=fitting.missing, group=fitting.group, cluster=fitting.cluster,
        weights=fitting.weights, complete=complete,
    )  # fmt: skip
    return data, complete


def _without_covariate(frame: pl.DataFrame, variables: Sequence[str], covariates: Sequence[str]) -> int:
    """Persons who answered one of the other variables and lack a covariate."""
    known = numeric(frame, list(dict.fromkeys([*variables, *covariates])))
    others = [name for name in known.columns if name not in set(covariates)]
    lacks = pl.any_horizontal(pl.col(list(covariates)).is_null())
    return known.filter(pl.any_horizontal(pl.col(others).is_not_null()) & lacks).height if others else 0


def random_rows(covariates: Sequence[str], fixed: Sequence[str]) -> list[Parameter]:
    """Means, variances and covariances of covariates that are not fixed: free in every group."""
    random = [name for name in covariates if name not in set(fixed)]
    rows = [Parameter(name, "~1") for name in random]
    return rows + [Parameter(one, "~~", other) for k, one in enumerate(random) for other in random[k:]]


def random_note(covariates: Sequence[str], fixed: Sequence[str]) -> list[str]:
    """A note on random covariates, if there are any."""
    if not covariates or fixed:
        return []
    return ["covariates taken as random (fixed.x = FALSE), so that nobody is left out for lack of one"]
