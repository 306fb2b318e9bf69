"""Rows of the table of every model's results, from what structural models find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from pipeline import tables
from pipeline.errors import ModelError
from pipeline.sem.engine.result import Result
from pipeline.sem.ordinal.result import OrdinalResult

MEASURES = {name: name for name in ("cfi", "tli", "rmsea", "srmr", "aic", "bic")} | {"logl": "log_likelihood"}
SCALED = ("chisq", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper")


@dataclass
class Rows:
    """Rows under way. ``outcome`` is what a row is about, ``term`` what of it; intervals at ``confidence``."""

    confidence: float
    found: list[dict[str, object]] = field(default_factory=list)

    def add(self, outcome: str, component: str, term: str, estimate: float | None, **more: object) -> None:
        named = {"outcome": outcome, "component": component, "term": term, "estimate": _plain(estimate)}
        finite = {name: _plain(value) if isinstance(value, float) else value for name, value in more.items()}
        self.found.append({**named, **finite})

    def parameter(self, outcome: str, component: str, term: str, row: Mapping[str, object], **more: object) -> None:
        """A parameter with its standard error, z and interval; a fixed one has none.

        A row's own ``interval`` (of a bootstrap) is taken, widened to hold the estimate where it does not.
        """
        from scipy.special import ndtri

        value, error = _plain(row["estimate"]), _plain(row["std_error"])
        tested: dict[str, object] = {}
        if value is not None and error:
            reach = float(ndtri(0.5 + self.confidence / 2)) * error
            given: Any = row.get("interval")
            low, high = given or (value - reach, value + reach)
            tested = {
                "std_error": error, "statistic": _plain(row["z"]), "p_value": _plain(row["p"]),
                "conf_low": min(low, value), "conf_high": max(high, value),
            }  # fmt: skip
        self.add(outcome, component, term, value, **tested, **more)

    def fit(self, result: Result | OrdinalResult, outcome: str = "model", **more: object) -> None:
        """Fit measures; scaled ones where standard errors are robust. RMSEA with its 90 % interval."""
        fit = result.fit
        values = {name: fit.get(f"{name}.scaled", fit.get(name)) for name in SCALED}
        self.add(outcome, "fit", "chi_square", values["chisq"], df=fit["df"], p_value=_plain(values["pvalue"]), **more)
        for theirs, ours in MEASURES.items():
            value = _plain(values.get(theirs, fit.get(theirs)))
            if value is None:
                continue
            ends = {}
            if theirs == "rmsea":
                ends = {"conf_low": _plain(values["rmsea.ci.lower"]), "conf_high": _plain(values["rmsea.ci.upper"])}
            self.add(outcome, "fit", ours, value, **ends, **more)

    def sample(self, result: Result) -> None:
        """How many were analysed, in how many patterns of missing answers, and how many were left out."""
        self.add("model", "sample", "patterns", result.patterns)
        self.add("model", "sample", "persons_left_out", result.dropped)

    def withheld(self, outcome: str, component: str, term: str, reason: object, **more: object) -> None:
        self.add(outcome, component, term, None, note=f"withheld: {reason}".rstrip("."), **more)

    def table(self, model: str, family: str, **constants: object) -> pl.DataFrame:
        """One row per outcome, component, term, wave and group."""
        if not self.found:
            raise ModelError("the model has no results")
        for name, value in constants.items():
            for row in self.found:
                row.setdefault(name, value)
        return tables.estimates([*self.found], model=model, family=family)


def _plain(value: object) -> float | None:
    """A finite number as Python's, or nothing."""
    return float(value) if isinstance(value, int | float | np.number) and np.isfinite(value) else None
