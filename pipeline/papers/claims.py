"""Whether a result supports what a sentence or a title says about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.prose.difference import against, ends
from pipeline.papers.prose.overlap import correlation_bounds
from pipeline.papers.prose.quantity import Quantity
from pipeline.papers.prose.scales import incomparable
from pipeline.papers.prose.words import difference_of, read, smallest_of
from pipeline.papers.results import Results, nearest
from pipeline.specs.rounding import rounded

if TYPE_CHECKING:
    from pipeline.specs.figures import Claim

SAYS = (
    "positive",
    "negative",
    "not_different_from_zero",
    "greater_than",
    "less_than",
    "not_different_from",
    "about_the_same_as",
    "between",
)

COMPARING = SAYS[3:7]
"""What is said of a result and another, or a number."""


def judge(result: Quantity, says: str, other: Quantity | float | None = None, upper: float | None = None) -> str:
    """Why ``result`` does not support what is said about it; empty if it does.

    ``positive``, ``negative``: its interval lies wholly on that side of zero. ``not_different_from_zero``: its interval
    includes zero. ``greater_than``, ``less_than``, ``not_different_from`` another result: the difference against its
    standard error, at the level of the intervals. Of other people, or of other waves, this is the root of the sum of
    squared standard errors; for waves of the same people that errs on the safe side of ``greater_than`` and
    ``less_than``, because their means are positively correlated. Levels of the same people in one wave have a
    covariance that is not stored: what is said must hold whatever it is (``prose.overlap``). Against a plain number:
    the interval. ``between`` two numbers: the value itself lies there. Nothing is said of levels that were not measured
    alike, nor of two results on different scales. ``about_the_same_as``: the difference, with its interval, is smaller
    than the smallest of interest (``prose.words``).

    Raises ``PaperError`` for a claim that cannot be judged.
    """
    result.known()
    if says not in SAYS:
        raise PaperError(f"`{says}` is not something a claim can say{nearest(says, SAYS)}")
    if says == "between":
        return _between(result, other, upper)
    forbidden = _forbidden(result, says, other)
    if forbidden:
        return forbidden
    if says == "about_the_same_as":
        return _alike(result, other)
    if isinstance(other, Quantity) and says in COMPARING and (bounds := correlation_bounds(result, other)):
        return _whatever_covariance(result, says, other, bounds)
    low, high = against(result, other) if says in COMPARING else ends(result)
    return "" if _holds(says, low, high) else f"said to be {says.replace('_', ' ')}, but {_described(result, other)}"


def _alike(result: Quantity, other: Quantity | float | None) -> str:
    """Two results are about the same if their difference is smaller than any of interest, whatever it is."""
    if smallest_of(result) is None:
        raise PaperError(
            f"{result.origin.what} has no smallest difference of interest, without which nothing is about the same",
            todo=f"Declare it for `{result.origin.outcome}` under `smallest_differences` in study.yaml.",
        )
    if other is None:
        raise PaperError("a comparison needs the result it compares with")
    found = difference_of(result, other)
    if all(read(low, high, found.smallest) == "same" for low, high in found.intervals):
        return ""
    low, high = max(found.intervals, key=lambda interval: interval[1] - interval[0])
    return (
        f"said to be about the same, but {_described(result, other)}: their difference may be {rounded(low, 3)} to "
        f"{rounded(high, 3)}, and {found.smallest:g} is the smallest of interest"
    )


def _holds(says: str, low: float, high: float) -> bool:
    if says in ("positive", "greater_than"):
        return low > 0
    if says in ("negative", "less_than"):
        return high < 0
    return low <= 0 <= high


def _whatever_covariance(result: Quantity, says: str, other: Quantity, bounds: tuple[float, float]) -> str:
    """What is said of two levels of the same people must hold at both ends of what their correlation may be."""
    held = [_holds(says, *against(result, other, correlation)) for correlation in bounds]
    said = f"said to be {says.replace('_', ' ')}, but {_described(result, other)}"
    if all(held):
        return ""
    if not any(held):
        return said
    return (
        f"{said}, of the same people in one wave, and whether that holds depends on the covariance of the two, which "
        "is not stored; make their difference a measure of its own and claim that it is positive, negative or not "
        "different from zero, or compare each with a number"
    )


def _forbidden(result: Quantity, says: str, other: Quantity | float | None) -> str:
    """Why such a thing may not be said of these results, whatever their values."""
    if isinstance(other, Quantity):
        reason = incomparable(result.origin, other.origin)
        return f"said to be {says.replace('_', ' ')} another result, but {reason}" if reason else ""
    if result.origin.caution and result.origin.compares:
        return f"levels of {result.origin.what} may not be compared: {result.origin.caution}"
    return ""


def check(claims: Iterable[Claim], estimates: pl.DataFrame | Results) -> list[str]:
    """What is wrong with declared claims (of a figure's title): one message each, none if all hold."""
    results = estimates if isinstance(estimates, Results) else Results(estimates)
    problems = []
    for claim in claims:
        try:
            other, upper = _than(claim, results)
            problem = judge(_pick(claim, results), claim.says, other, upper)
        except PaperError as error:
            problem = f"its claim cannot be judged: {str(error).rstrip('.')}"
        if problem:
            problems.append(problem)
    return problems


def _than(claim: Claim, results: Results) -> tuple[Quantity | float | None, float | None]:
    """What a claim compares with: a result, a number, or the two numbers it lies between."""
    if isinstance(claim.than, tuple):
        return claim.than
    return claim.than if claim.than is None or isinstance(claim.than, float) else _pick(claim.than, results), None


def _pick(claim: Claim, results: Results) -> Quantity:
    if claim.fact is not None:
        return results.fact(claim.fact)
    names = {name: getattr(claim, name) for name in ("component", "outcome", "wave", "group")}
    return results.est(str(claim.model), claim.term, **names)


def _between(result: Quantity, low: Quantity | float | None, high: float | None) -> str:
    if low is None or isinstance(low, Quantity) or high is None:
        raise PaperError('a claim that something lies `between` needs two numbers: claim(…, "between", 0.5, 0.6)')
    if low <= result.known() <= high:
        return ""
    return f"said to lie between {low:g} and {high:g}, but {_described(result, None)}"


def _described(result: Quantity, other: Quantity | float | None) -> str:
    described = f"{result.origin.what} ({result.origin.source}) is {_shown(result)}"
    if isinstance(other, Quantity):
        return f"{described} and {other.origin.what} ({other.origin.source}) is {_shown(other)}"
    return described if other is None else f"{described}, against {other:g}"


def _shown(result: Quantity) -> str:
    text = rounded(result.known(), 3)
    if result.low is None or result.high is None:
        return text
    return f"{text} ({rounded(result.low, 3)} to {rounded(result.high, 3)})"
