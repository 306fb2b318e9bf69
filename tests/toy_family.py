"""A toy model family, as somebody would add it: one module (this one) and one record. The middle answer of all."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.specs.family import Family
from pipeline.tables import estimates

RECORD = Family(
    "middle",
    "Middle answer",
    "The median of all answers, ignoring who gave them",
    "tests.toy_family:fit",
    needs=("outcome",),
    takes=frozenset(),
    components=("coefficient",),
)


def fit(name: str, spec: Any, panel: pl.DataFrame, _: Any, __: Any) -> pl.DataFrame:
    answers = panel[spec.outcome].drop_nulls()
    row = {"model": name, "family": "middle", "outcome": spec.outcome, "component": "coefficient", "term": "median"}
    return estimates([row | {"estimate": answers.median(), "n_obs": answers.len(), "n_persons": answers.len()}])
