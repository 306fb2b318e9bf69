"""Whether a result supports what a sentence or a title says about it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.cautions import cautions_of
from pipeline.papers.facts import facts_of
from pipeline.papers.prose.overlap import correlation_bounds
from pipeline.papers.prose.quantity import Quantity
from pipeline.papers.prose.scales import incomparable
from pipeline.papers.results import Results, nearest
from pipeline.papers.study_context import StudyContext
from pipeline.specs.rounding import rounded
from pipeline.tables import estimates as rows_of_estimates

if TYPE_CHECKING:
    from pipeline.specs.figures import Claim

SAYS = (
    "positive",
    "negative",
    "not_different_from_zero",
    "greater_than",
    "less_than",
    "not_different_from",
    "between",
)

Z = 1.959963984540054


def judge(result: Quantity, says: str, other: Quantity | float | None = None, upper: float | None = None) -> str:
    """Why ``result`` does not support what is said about it; empty if it does.

    ``positive``, ``negative``: its interval lies wholly on that side of zero. ``not_different_from_zero``: its interval
    includes zero. ``greater_than``, ``less_than``, ``not_different_from`` another result: the difference against its
    standard error, at the level of the intervals. Of other people, or of other waves, this is the root of the sum of
    squared standard errors; for waves of the same people that errs on the safe side of ``greater_than`` and
    ``less_than``, because their means are positively correlated. Levels of the same people in one wave have a
    covariance that is not stored: what is said must hold whatever it is (``prose.overlap``). Against a plain number:
    the interval. ``between`` two numbers: the value itself lies there. Nothing is said of levels that were not measured
    alike, nor of two results on different scales.

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
    if isinstance(other, Quantity) and says in SAYS[3:6] and (bounds := correlation_bounds(result, other)):
        return _whatever_covariance(result, says, other, bounds)
    low, high = _against(result, other) if says in SAYS[3:6] else _ends(result)
    return "" if _holds(says, low, high) else f"said to be {says.replace('_', ' ')}, but {_described(result, other)}"


def _holds(says: str, low: float, high: float) -> bool:
    if says in ("positive", "greater_than"):
        return low > 0
    if says in ("negative", "less_than"):
        return high < 0
    return low <= 0 <= high


def _whatever_covariance(result: Quantity, says: str, other: Quantity, bounds: tuple[float, float]) -> str:
    """What is said of two levels of the same people must hold at both ends of what their correlation may be."""
    held = [_holds(says, *_against(result, other, correlation)) for correlation in bounds]
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


def title_problems(key: str, title: str, claims: Iterable[Claim], results: Results) -> list[str]:
    """One message for each claim of the figure ``key`` that the results do not support; they all name its title."""
    return [
        f"reports/figures/{key}.yaml: the result does not support “{title}”: {problem}."
        for problem in check(claims, results)
    ]


def judge_figure(
    key: str,
    title: str,
    claims: Iterable[Claim],
    estimates: pl.DataFrame | None,
    *,
    comparability: pl.DataFrame | None,
    groups: Mapping[str, str],
    labels: Mapping[str, str],
    ranges: Mapping[str, tuple[float, float]],
    participation: pl.DataFrame | None = None,
    pooling: Collection[str] = (),
) -> None:
    """Judge what a figure's title claims, before it is drawn.

    ``estimates``: of the figure's models. ``participation``: who took part, for claims about facts of the study.
    ``comparability``: the study's table of what may be compared. ``groups``: model → the column it groups by.
    ``ranges``: concept → its declared ends. ``pooling``: the models without a term for each wave.

    Raises ``PaperError`` with every claim that the results do not support.
    """
    rows = rows_of_estimates([]) if estimates is None else estimates
    facts = {} if participation is None else facts_of(participation, StudyContext(""))
    found = Results(rows, facts, labels, cautions_of(comparability, groups, pooling), ranges)
    problems = title_problems(key, title, claims, found)
    if problems:
        raise PaperError("\n".join(problems).removesuffix("."))


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


def _ends(result: Quantity) -> tuple[float, float]:
    """An interval, if need be from the standard error; of a number that has none, such as a count, its value twice."""
    if result.low is None and result.origin.exact:
        return result.known(), result.known()
    if result.low is None and result.std_error is not None and result.std_error.value is not None:
        reach = Z * result.std_error.value
        return result.known() - reach, result.known() + reach
    if result.low is None or result.high is None:
        raise PaperError(f"{result.origin.what} ({result.origin.source}) has no interval to judge a claim by")
    return result.low, result.high


def _against(result: Quantity, other: Quantity | float | None, correlation: float = 0.0) -> tuple[float, float]:
    """The interval of the difference between a result and another, whose errors so correlate, or a number."""
    if other is None:
        raise PaperError("a comparison needs the result it compares with")
    if not isinstance(other, Quantity):
        low, high = _ends(result)
        return low - other, high - other
    own, others = result.std_error, other.std_error
    if own is None or others is None or own.value is None or others.value is None:
        raise PaperError(f"{result.origin.what} ({result.origin.source}) has no standard error to compare by")
    low, high = _ends(result)
    level = (high - low) / 2 / own.value if own.value > 0 else Z
    covariance = correlation * own.value * others.value
    reach = level * math.sqrt(max(own.value**2 + others.value**2 - 2 * covariance, 0.0))
    difference = result.known() - other.known()
    return difference - reach, difference + reach


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
