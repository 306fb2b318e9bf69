"""What a fitted model reports: estimates, fit, tests, and the rows of the project's table of estimates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from pipeline import tables
from pipeline.errors import ModelError
from pipeline.sem.engine.fit_measures import fit_measures
from pipeline.sem.engine.gates import problems
from pipeline.sem.engine.residuals import residual_table
from pipeline.sem.engine.standardise import derivative_steps, standardised, standardised_errors
from pipeline.sem.engine.state import State
from pipeline.sem.engine.table import Parameter

COMPONENTS = {"=~": "loading", "~": "regression", "~~": "covariance", "~1": "intercept", "|": "threshold"}
ESTIMATE_SCHEMA = {
    "lhs": pl.String, "op": pl.String, "rhs": pl.String, "group": pl.String, "label": pl.String, "estimate": pl.Float64,
    "std_error": pl.Float64, "z": pl.Float64, "p": pl.Float64, "conf_low": pl.Float64, "conf_high": pl.Float64,
    "std_all": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """A model that passed its gates (or was asked for in spite of them: see ``problems``)."""

    state: State
    family: str = "sem"
    notes: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """Why the numbers should not be used; empty for every result that was not asked for with ``gate=False``."""
        return tuple(problems(self.state))

    @property
    def n(self) -> int:
        """Persons analysed."""
        return self.state.data.n

    @property
    def dropped(self) -> int:
        """Persons left out: nothing answered, or a covariate, weight, cluster or group missing."""
        return self.state.data.dropped

    @property
    def patterns(self) -> int:
        """Missing-data patterns, over groups."""
        return sum(group.patterns for group in self.state.data.groups)

    @property
    def loglik(self) -> float:
        return self.state.optimum.loglik

    @property
    def npar(self) -> int:
        return self.state.model.npar

    @cached_property
    def fit(self) -> dict[str, float]:
        """Fit measures under lavaan's names."""
        return {name: float(value) for name, value in fit_measures(self.state).items()}

    @property
    def rows(self) -> tuple[Parameter, ...]:
        return self.state.model.table.parameters

    @cached_property
    def estimates(self) -> pl.DataFrame:
        """One row per parameter and group, fixed ones too: estimate, standard error, z, p, 95 % interval, std_all."""
        number = {id(row): k for k, row in enumerate(self.state.model.free)}
        error = np.sqrt(np.maximum(self.state.covariance.diagonal(), 0.0))
        std = standardised(self.state.model, self.state.theta, self.rows)
        labels = [group.label for group in self.state.data.groups]
        rows = []
        for k, row in enumerate(self.rows):
            at = number.get(id(row))
            value = float(row.value or 0.0) if at is None else float(self.state.theta[at])
            se = 0.0 if at is None else float(error[at])
            rows.append((row.lhs, row.op, row.rhs, labels[row.group - 1], row.label, value, se, _finite(std[k])))
        names = ["lhs", "op", "rhs", "group", "label", "estimate", "std_error", "std_all"]
        return with_tests(pl.DataFrame(rows, names, orient="row", infer_schema_length=None))

    def standardized(self) -> pl.DataFrame:
        """One row per parameter and group: std_all with its standard error, z, p and 95 % interval."""
        model, theta = self.state.model, self.state.theta
        std = standardised(model, theta, self.rows)
        errors = standardised_errors(model, theta, self.state.covariance, self.rows)
        frame = self.estimates.select("lhs", "op", "rhs", "group", "label").with_columns(
            estimate=pl.Series([_finite(value) for value in std], dtype=pl.Float64),
            std_error=pl.Series([_finite(value) for value in errors], dtype=pl.Float64),
            std_all=pl.Series([_finite(value) for value in std], dtype=pl.Float64),
        )
        return with_tests(frame)

    def residuals(self) -> pl.DataFrame:
        """One row per group and pair of variables: correlation observed, implied, and their difference."""
        return residual_table(self.state)

    def derived(
        self, function: Callable[[np.ndarray], np.ndarray], names: Sequence[str], of: Sequence[int] | None = None
    ) -> pl.DataFrame:
        """One row per name: functions of the free parameters θ with delta-method standard errors.

        ``of`` numbers the parameters that the function reads; without it, every one is moved.
        """
        theta = self.state.theta
        value = np.atleast_1d(function(theta))
        jacobian = np.zeros((len(value), len(theta)))
        sizes = derivative_steps(theta, self.state.covariance)
        for k in range(len(theta)) if of is None else of:
            step = np.zeros(len(theta))
            step[k] = sizes[k]
            jacobian[:, k] = (function(theta + step) - function(theta - step)) / (2 * sizes[k])
        variance = ((jacobian @ self.state.covariance) * jacobian).sum(1)
        frame = pl.DataFrame({"name": list(names), "estimate": value, "std_error": np.sqrt(np.maximum(variance, 0.0))})
        return with_tests(frame)

    def parameter(self, lhs: str, op: str, rhs: str = "", group: str | None = None) -> dict[str, object]:
        """The one row of ``estimates`` so named. Raises ModelError if there is none."""
        both = (pl.col("lhs") == lhs) & (pl.col("rhs") == rhs)
        if op == "~~":
            both |= (pl.col("lhs") == rhs) & (pl.col("rhs") == lhs)
        found = self.estimates.filter((pl.col("op") == op) & both)
        if group is not None:
            found = found.filter(pl.col("group") == group)
        if not len(found):
            raise ModelError("the model has no such parameter", where=f"{lhs} {op} {rhs}")
        return found.row(0, named=True)

    @property
    def covariance_name(self) -> str:
        """How the standard errors were made, in words."""
        if not self.state.robust:
            return f"maximum likelihood, {self.state.kind} information"
        clustered = "clustered " if self.state.data.is_clustered else ""
        return f"robust (Huber-White {clustered}sandwich), observed information"

    def to_estimates(self, model: str = "sem", outcome: str = "") -> pl.DataFrame:
        """One row per free parameter, fit measure and group, in the table of every model's results (Estimates)."""
        frame = self.estimates.filter(pl.col("std_error") > 0)
        term = pl.when(pl.col("op") == "~1").then(pl.col("lhs")).otherwise(pl.format("{} {} {}", "lhs", "op", "rhs"))
        parameters = frame.select(
            "group", "estimate", "std_error", "conf_low", "conf_high",
            term=term, component=pl.col("op").replace_strict(COMPONENTS), statistic=pl.col("z"), p_value=pl.col("p"),
            outcome=pl.lit(outcome) if outcome else pl.col("lhs"),
        )  # fmt: skip
        std = frame.filter(pl.col("std_all").is_not_null()).select(
            "group", term=term, estimate="std_all", component=pl.lit("standardised"),
            outcome=pl.lit(outcome) if outcome else pl.col("lhs"),
        )  # fmt: skip
        finite = {name: value for name, value in self.fit.items() if np.isfinite(value)}
        fit = pl.DataFrame({"term": list(finite), "estimate": list(finite.values())}).with_columns(
            component=pl.lit("fit"), outcome=pl.lit(outcome)
        )
        return tables.estimates(
            pl.concat([parameters, std, fit], how="diagonal"), model=model, family=self.family, n_persons=self.n,
            covariance=self.covariance_name, note="; ".join([*self.notes, *self.problems]) or None,
        )  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def with_tests(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds z, its two-sided normal p and the 95 % interval to estimate and std_error; null for fixed parameters."""
    from scipy.special import ndtr

    z = pl.when(pl.col("std_error") > 0).then(pl.col("estimate") / pl.col("std_error"))
    half = 1.959963984540054 * pl.col("std_error")
    frame = frame.with_columns(z=z, conf_low=pl.col("estimate") - half, conf_high=pl.col("estimate") + half)
    tails = [None if value is None else float(2 * ndtr(-abs(value))) for value in frame["z"]]
    frame = frame.with_columns(p=pl.Series(tails, dtype=pl.Float64))
    order = [name for name in ("name", *ESTIMATE_SCHEMA) if name in frame.columns]
    return frame.select(order).cast({name: ESTIMATE_SCHEMA[name] for name in order if name in ESTIMATE_SCHEMA})
