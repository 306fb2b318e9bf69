"""What a fitted factor model of ordered items returns: estimates with standard errors, and measures of fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.result import with_tests
from pipeline.sem.ordinal.measures import ordinal_measures
from pipeline.sem.ordinal.solution import OrdinalSolution


@dataclass(frozen=True)
class OrdinalResult(OrdinalSolution):
    """A factor model of ordered items; reads like ``Result``."""

    @cached_property
    def covariance(self) -> np.ndarray:
        """Covariance of every free parameter: the sandwich, over N − G as lavaan."""
        delta, weights, gamma = self.pieces
        pull = weights[:, None] * delta
        inner = self.bread @ (pull.T @ gamma @ pull) @ self.bread
        return np.asarray(self.model.basis @ inner @ self.model.basis.T / (self.n - len(self.moments)))

    @cached_property
    def estimates(self) -> pl.DataFrame:
        """One row per parameter and group: estimate, standard error, z, p, 95 % interval, std_all."""
        errors = np.sqrt(np.maximum(self.covariance.diagonal(), 0.0))
        rows = [
            (
                row.lhs,
                row.op,
                row.rhs,
                self.labels[row.group - 1],
                row.label,
                value,
                0.0 if at is None else float(errors[at]),
                std,
            )
            for row, value, at, std in self.model.solution(self.theta)
        ]
        names = ["lhs", "op", "rhs", "group", "label", "estimate", "std_error", "std_all"]
        return with_tests(pl.DataFrame(rows, names, orient="row", infer_schema_length=None))

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """Why the numbers should not be used; empty for every result that was not asked for with ``gate=False``."""
        found = [] if self.is_converged else ["the search did not converge"]
        delta, weights, _ = self.pieces
        information = delta.T @ (weights[:, None] * delta)
        scale = np.sqrt(information.diagonal())
        if (scale == 0).any() or np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < 1e-10:
            found.append("the model is not identified: set items or groups more equal, or leave factors out")
        negative = self.estimates.filter(
            (pl.col("op") == "~~") & (pl.col("lhs") == pl.col("rhs")) & (pl.col("estimate") < 0)
        )
        found += [
            f"negative variance of {name} (a Heywood case)" for name in negative["lhs"].unique(maintain_order=True)
        ]
        if (self.estimates["op"] == "~").any():
            found += self.beyond_one
        return tuple(found)

    @cached_property
    def beyond_one(self) -> tuple[str, ...]:
        """Correlations that cannot be. A measurement model that fits nowhere may have them: its fit says so first."""
        pairs = self.estimates.filter((pl.col("op") == "~~") & (pl.col("lhs") != pl.col("rhs")))
        return tuple(
            f"the correlation of {row['lhs']} and {row['rhs']} is beyond one"
            for row in pairs.filter(pl.col("std_all").abs() > 1 + 1e-6).iter_rows(named=True)
        )

    @cached_property
    def fit(self) -> dict[str, float]:
        """Fit measures under lavaan's names."""
        return ordinal_measures(self)

    def parameter(self, lhs: str, op: str, rhs: str = "", group: str | None = None) -> dict[str, object]:
        """The one row of ``estimates`` so named. Raises ModelError if there is none."""
        found = self.estimates.filter((pl.col("lhs") == lhs) & (pl.col("op") == op) & (pl.col("rhs") == rhs))
        found = found if group is None else found.filter(pl.col("group") == group)
        if not len(found):
            raise ModelError("the model has no such parameter", where=f"{lhs} {op} {rhs}")
        return found.row(0, named=True)
