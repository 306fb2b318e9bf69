"""What to impute and how: one rule per column, passive scales that follow their items, and what is never filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError

Method = Literal["pmm", "lrd", "norm", "category"]


@dataclass(frozen=True)
class Rule:
    """How one column is imputed.

    ``pmm`` takes the answer of a person predicted much the same (values stay ones that occur); ``lrd`` adds such a
    person's residual to the prediction, so that it reaches beyond the answers that there are (local residual draws:
    Morris, White & Royston 2014); ``norm`` draws from the regression; both keep ``bounds`` if given; ``category`` draws
    a category from a multinomial logit. ``predictors`` defaults to every other column of the plan. ``delta`` is added
    to each imputed value: an answer not at random
    (MNAR), in the column's own unit.
    """

    method: Method = "pmm"
    bounds: tuple[float | None, float | None] = (None, None)
    predictors: tuple[str, ...] | None = None
    donors: int = 5
    delta: float = 0.0


@dataclass(frozen=True)
class Passive:
    """A scale that is computed from its items after each of them is imputed, never imputed itself."""

    parts: tuple[str, ...]
    how: Literal["mean", "sum"] = "mean"


@dataclass(frozen=True)
class Plan:
    """Rules by column, passive scales by name, and ``complete`` columns that only predict.

    Columns are imputed in order of how little they miss. A passive scale predicts every column but its own parts.
    """

    rules: Mapping[str, Rule]
    passive: Mapping[str, Passive] = field(default_factory=dict)
    complete: Sequence[str] = ()

    def predictors_of(self, column: str) -> list[str]:
        """The columns that predict ``column``: as declared, else all others but scales it is part of."""
        declared = self.rules[column].predictors
        if declared is not None:
            return list(declared)
        others = [*self.complete, *self.rules, *self.passive]
        own = {name for name, scale in self.passive.items() if column in scale.parts}
        return [name for name in others if name != column and name not in own]

    def check(self, frame: pl.DataFrame) -> None:
        """Raises CohesionError naming every column that is absent, empty, of a wrong kind, or predicted by itself."""
        problems = [
            f"{name} is not a column of the data" for name in [*self.rules, *self.complete] if name not in frame.columns
        ]
        for name, scale in self.passive.items():
            problems += [
                f"{name} is made of {part}, which is not imputed"
                for part in scale.parts
                if part not in self.rules and part not in self.complete
            ]
        if not problems:
            problems = [problem for name, rule in self.rules.items() for problem in _column_problems(frame, name, rule)]
            problems += [
                f"{name} has unanswered values and no rule" for name in self.complete if frame[name].null_count()
            ]
        if problems:
            raise CohesionError("; ".join(problems), where="imputation plan")


@public()
def default_plan(
    frame: pl.DataFrame,
    *,
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    passive: Mapping[str, Passive] | None = None,
    leave_out: Sequence[str] = ("person_id",),
) -> Plan:
    """Every column with gaps imputed from all others: numbers matched (or drawn within ``bounds``), text as categories.

    ``bounds`` by column or by measure of a wide panel (``trust`` for ``trust@w01``, ...) turn a number into a bounded
    ``norm`` draw. Columns without gaps predict; ``leave_out`` takes no part.
    """
    limits = bounds or {}
    rules, complete = {}, []
    for name in frame.columns:
        if name in leave_out:
            continue
        if not frame[name].null_count():
            complete.append(name)
            continue
        limit = limits.get(name, limits.get(name.split("@")[0]))
        if not frame[name].dtype.is_numeric():
            rules[name] = Rule("category")
        else:
            rules[name] = Rule("pmm") if limit is None else Rule("norm", bounds=limit)
    return Plan(rules, passive or {}, complete)


def _column_problems(frame: pl.DataFrame, name: str, rule: Rule) -> list[str]:
    series = frame[name]
    problems = []
    if series.null_count() == series.len():
        problems.append(f"nobody answered {name}")
    if (rule.method == "category") == series.dtype.is_numeric():
        problems.append(f"{name} is {'a number' if series.dtype.is_numeric() else 'text'}, not for {rule.method!r}")
    if rule.predictors is not None and name in rule.predictors:
        problems.append(f"{name} predicts itself")
    if rule.donors < 1:
        problems.append(f"{name} needs at least one donor")
    return problems
