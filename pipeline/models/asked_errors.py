"""The standard errors that a function was asked for, and the rows that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.regression_data import RegressionData, regression_data
from pipeline.specs.standard_errors import HOUSEHOLD_WAYS, StandardErrors

Asked = StandardErrors | str | Mapping[str, Any] | None
"""A kind of standard errors, a kind with options, or None: clustered, and classical where there are no clusters."""


def chosen_errors(asked: Asked, family: str) -> StandardErrors | None:
    """The standard errors that a function was asked for. Raises ModelError for a kind that its family does not have."""
    if asked is None or isinstance(asked, StandardErrors):
        found = asked
    else:
        from pydantic import ValidationError

        try:
            found = StandardErrors.model_validate(asked if isinstance(asked, str) else dict(asked))
        except ValidationError as error:
            words = [detail["msg"].removeprefix("Value error, ") for detail in error.errors()]
            raise ModelError("; ".join(words), where="standard_errors") from None
    if found is not None and family not in found.record.families:
        what = f"`{found.kind}` standard errors are not defined here: {found.record.refusal(family)}"
        raise ModelError(what, where="standard_errors")
    return found


def rows_for(errors: StandardErrors | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the rows, with the clusters that the standard errors need.

    Raises ModelError where there are none.
    """
    if errors is None:
        return dict(options)
    if not errors.record.clusters:
        return {**options, "cluster": None}
    cluster = errors.cluster or options.get("cluster")
    if cluster is None:
        raise ModelError(
            f"`{errors.kind}` standard errors need clusters", where="cluster", todo="Name a column in `cluster`."
        )
    names = (cluster,) if isinstance(cluster, str) else tuple(cluster)
    if names == ("household_id",):
        names = HOUSEHOLD_WAYS
    if len(names) == 2 and errors.kind not in ("clustered", "wild_bootstrap"):
        raise ModelError(f"`{errors.kind}` is defined for one way of clusters", where="cluster", count=2)
    return {**options, "cluster": names[0] if len(names) == 1 else names}


def profiled(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str],
    errors: StandardErrors | None,
    **options: Any,
) -> tuple[RegressionData, np.ndarray | None]:
    """The rows of a regression, and the profile (n) of an assigned treatment, if the standard errors name one."""
    name = None if errors is None else errors.profile
    if name is None or name in (*exposures, *covariates):
        data = regression_data(frame, outcome, exposures, covariates, **options)
        place = [place for place, term in enumerate(data.terms) if name is not None and term.term == name]
        return data, data.matrix[:, place[0]] if place else None
    data = regression_data(frame, outcome, exposures, (*covariates, name), **options)
    own = np.array([term.term == name and term.component == "coefficient" for term in data.terms])
    if own.sum() != 1:
        raise ModelError("a profile is a number in each row", where=name)
    return data.keep(~own), data.matrix[:, own][:, 0]
