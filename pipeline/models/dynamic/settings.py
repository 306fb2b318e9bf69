"""What a dynamic model assumes of its terms, and how it is estimated: as options of a function and as a declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from pipeline.errors import ModelError
from pipeline.models.dynamic.instruments import Lags
from pipeline.models.dynamic.transforms import Transformation

Steps = Literal["one", "two"]


class Dynamics(TypedDict, total=False):
    """``outcome_lags``: how many waves back the outcome acts on itself.

    ``predetermined`` terms may answer to earlier errors, ``endogenous`` ones to those of their own wave as well: levels
    of one wave before, or of two, are their instruments; all other terms are their own. ``instruments``: columns
    outside the model that are instruments as they stand. ``instrument_lags``: name → the first and last lag (None:
    all), of the outcome by default from the second. ``collapse``: one instrument for each lag, not for each lag and
    wave. ``steps``, ``robust``: two-step estimates with Windmeijer's correction, or one-step ones with errors of any
    pattern within a person; not robust, the conventional covariance. ``transformation``: first differences or forward
    orthogonal deviations. ``withhold``: leave out estimates whose instruments the tests reject, with the reason.
    """

    outcome_lags: int
    lags: Mapping[str, int]
    predetermined: Sequence[str]
    endogenous: Sequence[str]
    instruments: Sequence[str]
    instrument_lags: Mapping[str, tuple[int, int | None]]
    collapse: bool
    steps: Steps
    robust: bool
    transformation: Transformation
    wave_effects: bool
    withhold: bool
    categorical: Iterable[str]
    person: str
    wave: str


@dataclass(frozen=True)
class Settings:
    """The options, each with its default; see ``Dynamics``. ``level_instruments``: of a system, see ``system_gmm``."""

    outcome_lags: int = 1
    lags: Mapping[str, int] = field(default_factory=dict)
    predetermined: Sequence[str] = ()
    endogenous: Sequence[str] = ()
    instruments: Sequence[str] = ()
    instrument_lags: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)
    collapse: bool = False
    steps: Steps = "two"
    robust: bool = True
    transformation: Transformation = "difference"
    wave_effects: bool = True
    withhold: bool = False
    system: bool = False
    level_instruments: bool = True
    categorical: Iterable[str] = ()
    person: str = "person_id"
    wave: str = "wave"

    def __post_init__(self) -> None:
        """Raises ModelError for lags that do not count up from zero, and for a term of two kinds."""
        if self.outcome_lags < 1:
            raise ModelError("a dynamic model has the outcome of an earlier wave in it", where="outcome_lags")
        both = sorted(set(self.predetermined) & set(self.endogenous))
        if both:
            raise ModelError(f"{', '.join(both)} is predetermined and endogenous: choose one", where="endogenous")
        negative = sorted(name for name, count in self.lags.items() if count < 0)
        if negative:
            raise ModelError("lags are waves back, from zero", where=f"lags {negative[0]}")
        for name, limits in self.instrument_lags.items():
            first, last = limits
            if first < 0 or (last is not None and last < first):
                raise ModelError("instrument lags run from the first to the last", where=f"instrument_lags {name}")

    def instrumented(self, outcome: str) -> dict[str, Lags]:
        """The outcome and each term that is not strictly exogenous → the lags that instrument it."""
        usual = {outcome: 2} | dict.fromkeys(self.predetermined, 1) | dict.fromkeys(self.endogenous, 2)
        given = self.instrument_lags
        unknown = sorted(set(given) - set(usual))
        if unknown:
            raise ModelError(
                f"{', '.join(unknown)} is neither the outcome, predetermined nor endogenous",
                where="instrument_lags",
                todo="Other terms are their own instruments.",
            )
        early = sorted(name for name, (first, _) in given.items() if first < usual[name])
        if early and self.transformation == "difference":
            first = usual[early[0]]
            raise ModelError(
                f"{early[0]} answers to the errors of the differences: its instruments begin at lag {first}",
                where="instrument_lags",
            )
        return {name: Lags(*given.get(name, (first, None))) for name, first in usual.items()}


def settings(options: Mapping[str, Any], **fixed: Any) -> Settings:
    """The settings of the options of a function."""
    return Settings(**options, **fixed)
