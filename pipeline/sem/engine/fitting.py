"""How a model is fitted, as opposed to what it says: one small object for every family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Self, TypedDict

from pipeline.errors import ModelError


class SearchOptions(TypedDict, total=False):
    """The keywords that every family takes; see ``Fitting``."""

    estimator: str
    missing: str
    cluster: str | None
    weights: str | None
    starts: int
    seed: int
    gate: bool


class FitOptions(SearchOptions, total=False):
    """Those of models that may have groups and covariates."""

    group: str | None
    fixed_x: bool | None


@dataclass(frozen=True)
class Search:
    """What every way of fitting has: groups, clusters and weights, where searches start, and whether to withhold."""

    group: str | None = None
    cluster: str | None = None
    weights: str | None = None
    starts: int = 1
    seed: int = 1
    gate: bool = True

    def __post_init__(self) -> None:
        if self.starts < 1:
            raise ModelError("a search needs one start at least", where="starts", count=self.starts)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """From keywords. Raises ModelError for one that there is not."""
        refuse_unknown(options, [one.name for one in fields(cls)])
        return cls(**options)


@dataclass(frozen=True, kw_only=True)
class Fitting(Search):
    """``estimator``: ML, or MLR (Huber–White standard errors, Yuan–Bentler χ²), which ``cluster`` and ``weights``
    (sampling weights) need. ``missing``: fiml or listwise. ``group``: one model per group.

    ``fixed_x``: covariates taken as they are (lavaan's ``fixed.x``), so that persons without one of them are left out,
    with a warning; ``False``: their means and covariances are estimated and everybody is kept; ``None`` (the default)
    is ``False`` under fiml wherever somebody lacks a covariate. ``starts``: searches from several places, the first at
    the usual values. ``gate=False`` returns a result that would be withheld, ``problems`` saying why.

    Raises ModelError for values that there are not, or that exclude each other.
    """

    estimator: str = "ML"
    missing: str = "fiml"
    fixed_x: bool | None = None

    def __post_init__(self) -> None:
        if self.estimator not in ("ML", "MLR"):
            raise ModelError(f"unknown estimator {self.estimator!r}", todo="Use ML or MLR.")
        if self.missing not in ("fiml", "listwise"):
            raise ModelError(f"unknown treatment of missing answers {self.missing!r}", todo="Use fiml or listwise.")
        if (self.cluster or self.weights) and self.estimator != "MLR":
            raise ModelError("clusters and weights need robust standard errors", todo='Use estimator="MLR".')
        super().__post_init__()


def check_level(level: float) -> None:
    """Raises ModelError for a level of confidence that is none."""
    if not 0 < level < 1:
        raise ModelError(f"a level lies between 0 and 1, not at {level:g}", where="level", todo="Write 0.95 for 95 %.")


def refuse_unknown(options: Mapping[str, Any], known: list[str]) -> None:
    """Raises ModelError naming the first keyword that is not among ``known``, and the nearest that is."""
    for name in options:
        if name not in known:
            near = get_close_matches(name, known, 1)
            todo = f"Did you mean {near[0]}?" if near else f"Choose from {', '.join(known)}."
            raise ModelError(f"there is no option {name}", where=name, todo=todo)
