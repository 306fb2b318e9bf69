"""From the estimates of a mediation model to the chains of a diagram: each is a path from exposure to outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.style import interval, with_interval
from pipeline.specs.rounding import places_of, to_places

LEVELS = {"": "", "_within": "Within a person", "_between": "Between people"}
"""What follows the name of a component → the panel's name."""
ARROW = " → "


@dataclass(frozen=True)
class Step:
    """One number with its interval: a coefficient on an arrow, or an effect below a chain."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def is_clear(self) -> bool:
        """Whether its interval lies on one side of zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def text(self) -> str:
        if self.value is None:
            return "withheld"
        return with_interval(self.value, self.low, self.high)

    @property
    def brief(self) -> str:
        if self.value is None:
            return "withheld"
        return to_places(self.value, places_of((self.low, self.high), value=self.value))

    @property
    def bracket(self) -> str:
        if self.value is None or self.low is None or self.high is None:
            return ""
        return f"({interval(self.low, self.high, places_of((self.low, self.high), value=self.value))})"


@dataclass(frozen=True)
class Chain:
    """A path from exposure to outcome: its mediators, a step for each arrow, and the effect along it."""

    mediators: tuple[str, ...]
    steps: tuple[Step, ...]
    effect: Step

    @property
    def name(self) -> str:
        return "Indirect effect" if self.mediators else "Direct effect"


@dataclass(frozen=True)
class Diagram:
    """One level of a model: its chains, the direct path last, and the total effect."""

    name: str
    exposure: str
    outcome: str
    chains: tuple[Chain, ...]
    total: Step


def diagrams(estimates: pl.DataFrame, exposure: str | None = None) -> list[Diagram]:
    """A diagram for each level that the estimates hold. Raises PaperError without paths to draw."""
    rows = list(estimates.iter_rows(named=True))
    known = list(dict.fromkeys(row["term"] for row in rows if row["component"].startswith("total_effect")))
    if not known:
        raise PaperError("the model has no mediation to draw", todo="Name a `mediation` model.")
    if exposure is not None and exposure not in known:
        raise PaperError(f"`{exposure}` is no exposure of the model", todo=f"It has: {', '.join(known)}.")
    chosen = exposure or known[0]
    found = [_diagram(rows, suffix, name, chosen) for suffix, name in LEVELS.items() if _has(rows, suffix, chosen)]
    if not found:
        raise PaperError("the model has no products of paths to draw", todo="Draw a model of `definition: product`.")
    return found


def _has(rows: Sequence[Mapping[str, Any]], suffix: str, exposure: str) -> bool:
    paths = [row["group"] for row in rows if row["component"] == f"indirect_effect{suffix}" and row["term"] == exposure]
    named = {row["outcome"] for row in rows if row["component"] == f"path{suffix}"}
    return bool(paths) and all(set(str(path).split(ARROW)) <= named for path in paths)


def _diagram(rows: Sequence[Mapping[str, Any]], suffix: str, name: str, exposure: str) -> Diagram:
    own = [row for row in rows if row["component"].endswith(suffix)]
    kinds = [row["component"].removesuffix(suffix) if suffix else row["component"] for row in own]
    of = {(kind, row["outcome"], row["term"], row["group"]): row for kind, row in zip(kinds, own, strict=True)}
    outcome = next(str(row["outcome"]) for row in rows if row["component"] == f"total_effect{suffix}")
    chains = []
    for (component, _, term, group), row in of.items():
        if component == "indirect_effect" and term == exposure:
            mediators = tuple(str(group).split(ARROW))
            edges = pairwise([exposure, *mediators, outcome])
            steps = tuple(_step(of["path", later, earlier, None]) for earlier, later in edges)
            chains.append(Chain(mediators, steps, _step(row)))
    direct = _step(of["direct_effect", outcome, exposure, None])
    chains.append(Chain((), (direct,), direct))
    return Diagram(name, exposure, outcome, tuple(chains), _step(of["total_effect", outcome, exposure, None]))


def _step(row: Mapping[str, Any]) -> Step:
    return Step(row["estimate"], row["conf_low"], row["conf_high"])
