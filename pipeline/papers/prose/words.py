"""Words that follow numbers: which of "rose", "fell", "stayed about the same" a result supports.

A difference is read by its interval and by the smallest difference of interest that the study declares for its measure
(``smallest_differences`` in study.yaml), as in tests of equivalence (Lakens, Scheel and Isager 2018):

- the whole interval lies closer to zero than the smallest difference of interest: *about the same*;
- else it lies wholly above or below zero: *rose*, *fell*;
- else the data do not tell: *no clear change*. Without a declared smallest difference nothing is about the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.errors import PaperError
from pipeline.papers.prose.difference import against, ends
from pipeline.papers.prose.overlap import correlation_bounds
from pipeline.papers.prose.quantity import Printed, Quantity
from pipeline.papers.prose.scales import incomparable
from pipeline.papers.prose.ties import tie_between
from pipeline.specs.rounding import rounded

Verdict = Literal["up", "down", "same", "unclear"]
Words = Mapping[Verdict, str]


def _words(up: str, down: str, same: str, unclear: str) -> Words:
    return {"up": up, "down": down, "same": same, "unclear": unclear}


MOVED: Mapping[str, Words] = {
    "past": _words("rose", "fell", "stayed about the same", "did not clearly change"),
    "present": _words("rises", "falls", "stays about the same", "does not clearly change"),
    "noun": _words("a rise", "a fall", "hardly any change", "no clear change"),
}
"""What a measure did from one wave to another, by the form of the word."""

DIFFERS: Mapping[str, Words] = {
    "than": _words("higher than", "lower than", "about the same as", "not clearly different from"),
    "adjective": _words("higher", "lower", "about the same", "not clearly different"),
    "count": _words("more", "fewer", "about as many", "neither clearly more nor fewer"),
    "likely": _words("more likely", "less likely", "about as likely", "neither clearly more nor less likely"),
}
"""How one group, place or term differs from another, by the form of the words."""

MULTIPLES = {
    0.2: "a fifth as",
    0.25: "a quarter as",
    1 / 3: "a third as",
    0.5: "half as",
    2.0: "twice as",
    3.0: "three times as",
    4.0: "four times as",
    5.0: "five times as",
}
"""Ratios that have words of their own."""

NEAR = 0.1
"""How far a ratio may lie from one of ``MULTIPLES``, as a share of it, to be called "about" that."""


@dataclass(frozen=True)
class Difference:
    """A difference with its interval (the widest and the narrowest where a covariance is not known), and its words."""

    value: float
    intervals: tuple[tuple[float, float], ...]
    smallest: float | None

    @property
    def verdict(self) -> Verdict:
        """What the interval supports. Raises ``PaperError`` if that depends on a covariance that is not stored."""
        found = {read(low, high, self.smallest) for low, high in self.intervals}
        if len(found) > 1:
            raise PaperError(
                "these two are of the same people in one wave, and which is larger depends on their covariance, which "
                "is not stored",
                todo="Make their difference a measure of its own, or compare each with a number.",
            )
        return found.pop()


def read(low: float, high: float, smallest: float | None) -> Verdict:
    """What an interval of a difference supports; ``smallest``: the smallest difference of interest, in its units."""
    if smallest is not None and -smallest < low and high < smallest:
        return "same"
    if low > 0:
        return "up"
    return "down" if high < 0 else "unclear"


def difference_of(result: Quantity, other: Quantity | float | None = None) -> Difference:
    """The difference between a result and another, or a number, or its own value of no effect.

    Raises ``PaperError`` if the two are not on one scale, or if either has no interval.
    """
    result.known()
    smallest = smallest_of(result)
    if other is None:
        low, high = ends(result)
        return Difference(result.known() - result.null, ((low - result.null, high - result.null),), smallest)
    if not isinstance(other, Quantity):
        return Difference(result.known() - other, (against(result, other),), smallest)
    reason = incomparable(result.origin, other.origin)
    if reason:
        raise PaperError(f"no word says how two results differ if {reason}")
    bounds = correlation_bounds(result, other) or (0.0,)
    intervals = tuple(against(result, other, correlation) for correlation in dict.fromkeys(bounds))
    return Difference(result.known() - other.known(), intervals, smallest)


def smallest_of(result: Quantity) -> float | None:
    """The smallest difference of interest of a result's measure, in the units that the result is in."""
    declared, factor = result.origin.smallest, abs(result.origin.factor)
    return declared * factor if declared is not None and factor else None


def moved(after: object, before: object = None, says: str | None = None, *, form: str = "past") -> Printed:
    """``moved(est(…, wave="w05"), est(…, wave="w01"))`` → rose. Of a change, ``moved(est(…))``.

    ``says``: the word that the sentence is built on; the paper does not build when the results ask for another.
    ``form``: past, present or noun ("a rise").
    """
    return _chosen(MOVED, after, before, says, form, "moved")


def differs(one: object, other: object = None, says: str | None = None, *, form: str = "than") -> Printed:
    """``differs(est(…, group="a"), est(…, group="b"))`` → higher than. Of an effect, ``differs(est(…))``.

    ``form``: than, adjective, count ("more") or likely ("more likely").
    """
    return _chosen(DIFFERS, one, other, says, form, "differs")


def ratio(one: object, other: object, what: str, says: str | None = None) -> Printed:
    """``ratio(est(…), est(…), "likely to volunteer")`` → twice as likely to volunteer as.

    For two levels above zero. If chance can explain their difference it says "neither clearly more nor less likely to
    volunteer than"; within the smallest difference of interest, "about as likely to volunteer as".
    """
    if not (isinstance(one, Quantity) and isinstance(other, Quantity)):
        raise PaperError("`ratio` takes two results: ratio(est(…), est(…), “likely to …”)")
    if one.known() <= 0 or other.known() <= 0:
        raise PaperError(f"`ratio` compares two levels above zero; {one.origin.what} is not")
    if one.null != 0 or one.origin.component not in ("mean", "share", "total", "ratio", "quantile"):
        raise PaperError(f"`ratio` compares levels, such as shares and means; {one.origin.what} is none")
    found = difference_of(one, other)
    ratio = one.known() / other.known()
    verdict = found.verdict
    if verdict == "same":
        text = f"about as {what} as"
    elif verdict == "unclear":
        text = f"neither clearly more nor less {what} than"
    else:
        text = f"{_multiple(ratio)} {what} as"
    return _printed(text, one, other, found, says, (text, f"{text.split(f' {what}')[0]}"))


def _multiple(ratio: float) -> str:
    nearest = min(MULTIPLES, key=lambda multiple: abs(math.log(ratio / multiple)))
    if abs(ratio / nearest - 1) <= NEAR / 10:
        return MULTIPLES[nearest]
    if abs(ratio / nearest - 1) <= NEAR:
        return f"about {MULTIPLES[nearest]}"
    return f"{rounded(ratio, 1 if ratio >= 1 else 2)} times as"


def _chosen(
    forms: Mapping[str, Words], one: object, other: object, says: str | None, form: str, called: str
) -> Printed:
    if not isinstance(one, Quantity) or not isinstance(other, Quantity | int | float | None):
        raise PaperError(f"`{called}` takes results: {called}(est(…), est(…))")
    if form not in forms:
        raise PaperError(f"`{form}` is not a form of `{called}`: {', '.join(forms)}")
    words = forms[form]
    if says is not None and says not in words.values():
        raise PaperError(f"`{called}` cannot say “{says}”; it says {', '.join(f'“{word}”' for word in words.values())}")
    found = difference_of(one, other)
    return _printed(words[found.verdict], one, other, found, says, (words[found.verdict],))


def _printed(
    text: str,
    one: Quantity,
    other: Quantity | float | None,
    found: Difference,
    says: str | None,
    allowed: tuple[str, ...],
) -> Printed:
    """The words as they stand in the text, with the difference that they are read from."""
    compared = other.origin.what if isinstance(other, Quantity) else f"{other:g}" if other is not None else ""
    than = f", less {compared}" if compared else ""
    smallest = f"; smallest difference of interest {found.smallest:g}" if found.smallest is not None else ""
    low, high = max(found.intervals, key=lambda interval: interval[1] - interval[0])
    what = (
        f"Word for the difference {rounded(found.value, 3)} ({rounded(low, 3)} to {rounded(high, 3)}{smallest}): "
        f"{one.origin.what}{than}{_errors(one, other)}"
    )
    caution = one.origin.caution or (other.origin.caution if isinstance(other, Quantity) else "")
    if caution:
        raise PaperError(f"no word compares levels of {one.origin.what}: {caution}")
    origin = replace(one.origin, what=what, scaled=True, factor=0.0)
    quantity = Quantity(found.value, origin, low, high)
    wrong = f"said “{says}”, but the word for it is “{text}” ({what})"
    return Printed(text, quantity, unsupported="" if says is None or says in allowed else wrong)


def _errors(one: Quantity, other: Quantity | float | None) -> str:
    """How the errors of two levels of different waves are taken together, in words."""
    if not isinstance(other, Quantity) or "" in (one.origin.place[0], other.origin.place[0]):
        return ""
    if one.origin.place[0] == other.origin.place[0] or one.origin.source != other.origin.source:
        return ""
    tie = tie_between(one.origin, other.origin, one.known() - other.known())
    if tie is not None:
        return f"; with the covariance of the same people, from {tie.model}"
    return "; as if other people had answered each wave"


WORDS: dict[str, Callable[..., object]] = {"moved": moved, "differs": differs, "ratio": ratio}
"""The bindings that choose words."""
