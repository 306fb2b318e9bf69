"""A result on its way into a sentence: its value, where it comes from, and how it is printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.errors import PaperError
from pipeline.papers.prose.origin import Origin
from pipeline.papers.prose.scales import unlike
from pipeline.papers.prose.ties import tie_between
from pipeline.specs.components import COMPONENTS
from pipeline.specs.disclosure import MARK as WITHHELD
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.rounding import p_value, percent, places_of, rounded, to_places

SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class Quantity:
    """A number with its interval. ``value`` is ``None`` where the result is withheld, ``why`` says why.

    In a paper: ``est(...)`` and ``fact(...)`` give one, and so do ``est(...).conf_low``, ``.conf_high``,
    ``.std_error``, ``.p_value``, ``.statistic``, ``.df``, ``.n_obs`` and ``.n_persons``.
    """

    value: float | None
    origin: Origin
    low: float | None = None
    high: float | None = None
    std_error: Quantity | None = None
    p_value: Quantity | None = None
    statistic: Quantity | None = None
    df: Quantity | None = None
    n_obs: Quantity | None = None
    n_persons: Quantity | None = None
    why: str = ""
    null: float = 0.0  # the value of no effect: one for a ratio

    def places(self, wanted: int, times: float = 1.0) -> int:
        """Decimal places that it is printed with: so many that neither it nor an end is rounded onto no effect."""
        ends = (None if end is None else end * times for end in (self.low, self.high))
        return places_of(ends, wanted, self.null * times, None if self.value is None else self.value * times)

    @property
    def conf_low(self) -> Quantity:
        return self._end(self.low, "lower end of the interval", "conf_low")

    @property
    def conf_high(self) -> Quantity:
        return self._end(self.high, "upper end of the interval", "conf_high")

    def _end(self, value: float | None, name: str, column: str) -> Quantity:
        origin = replace(self.origin, what=f"{self.origin.what}: {name}", scaled=True, column=column)
        return Quantity(value, origin, self.low, self.high, why=self.why, null=self.null)

    def times(self, factor: float, name: str) -> Quantity:
        """The same result in other units, its standard error with it."""
        scaled = self.mapped(lambda value: factor * value, name)
        scaled = replace(scaled, origin=replace(scaled.origin, factor=self.origin.factor * factor))
        error = self.std_error
        if error is None or error.value is None:
            return scaled
        return replace(scaled, std_error=replace(error, value=abs(factor) * error.value))

    def mapped(self, change: Callable[[float], float], name: str) -> Quantity:
        """The same result on another scale; what has no meaning there (its standard error) is left out."""

        def of(value: float | None) -> float | None:
            return None if value is None else change(value)

        ends = sorted(end for end in (of(self.low), of(self.high)) if end is not None)
        low, high = ends if len(ends) == 2 else (None, None)
        origin = replace(self.origin, what=f"{self.origin.what}, {name}", scaled=True, factor=0.0)
        return Quantity(of(self.value), origin, low, high, p_value=self.p_value, why=self.why, null=change(self.null))

    def known(self) -> float:
        """The value. Raises ``PaperError`` if the result is withheld."""
        if self.value is None:
            reason = f": {self.why}" if self.why else ""
            raise PaperError(f"{self.origin.what} ({self.origin.source}) is withheld{reason}", todo="Say so instead.")
        return self.value


@dataclass(frozen=True)
class Printed:
    """A quantity as it stands in the text.

    ``places``: decimal places asked for; ``times``: 100 for a percentage. ``unsupported``: why its words do not hold.
    """

    text: str
    quantity: Quantity
    places: int | None = None
    times: float = 1.0
    unsupported: str = ""


WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def withheld(quantity: Quantity) -> bool:
    """Whether a number is not printed because it is of few people."""
    judged = quantity.origin.judged
    return judged is not None and (judged.value is None if judged.statistic == "count" else _is_few(judged.n))


def _is_few(people: float | None) -> bool:
    return people is not None and people < SMALLEST


def dp(quantity: Quantity, places: int = 2) -> Printed:
    """``est(...) | dp(2)`` → 0.25"""
    if withheld(quantity):
        return Printed(WITHHELD, quantity)
    return Printed(to_places(quantity.known(), quantity.places(places)), quantity, places)


def count(quantity: Quantity) -> Printed:
    """``fact("persons") | count`` → 2,928; of fewer than ten people it is withheld.

    What the study's base would round onto none is printed as fewer than that base.
    """
    if withheld(quantity):
        return Printed(WITHHELD, quantity)
    bound = _bound(quantity)
    if bound:
        return Printed(f"fewer than {bound:,.0f}", quantity)
    return Printed(rounded(quantity.known(), 0), quantity)


def _bound(quantity: Quantity) -> float:
    """The base that rounds a number of people onto none although its cell has some; zero where it does not."""
    judged = quantity.origin.judged
    if judged is None or judged.statistic != "count" or quantity.value != 0 or not judged.value:
        return 0.0
    return judged.rounding or 0.0


def pct(quantity: Quantity, places: int = 0) -> Printed:
    """``fact("retention") | pct(1)`` → 59.4%, of a share."""
    _is_share(quantity, "percentage")
    if withheld(quantity):
        return Printed(WITHHELD, quantity)
    return Printed(percent(quantity.known(), quantity.places(places, 100)), quantity, places, 100.0)


def in_words(quantity: Quantity) -> Printed:
    """``fact("waves") | words`` → five; figures beyond twelve."""
    value = quantity.known()
    if withheld(quantity):
        return Printed(WITHHELD, quantity)
    if value == int(value) and 0 <= value < len(WORDS) and not _bound(quantity):
        return Printed(WORDS[int(value)], quantity)
    return count(quantity)


def interval(quantity: Quantity, places: int = 2) -> Printed:
    """``est(...) | interval(2)`` → 0.23 to 0.28"""
    fine = quantity.places(places)
    return _interval(quantity, lambda value: rounded(value, fine), places)


def pct_interval(quantity: Quantity, places: int = 0) -> Printed:
    """``est(...) | pct_interval`` → 8% to 11%"""
    _is_share(quantity, "percentage")
    fine = quantity.places(places, 100)
    return _interval(quantity, lambda value: percent(value, fine), places, 100.0)


def points(quantity: Quantity, places: int = 0) -> Printed:
    """``est(...) | points`` → 9 percentage points, of a difference between shares."""
    _is_share(quantity, "number of percentage points")
    text = to_places(quantity.known() * 100, quantity.places(places, 100))
    unit = "percentage point" if text.lstrip("-\u2212") == "1" else "percentage points"
    return Printed(f"{text} {unit}", quantity, places, 100.0)


def points_interval(quantity: Quantity, places: int = 0) -> Printed:
    """``est(...) | points_interval`` → 4 to 14, in percentage points."""
    _is_share(quantity, "number of percentage points")
    fine = quantity.places(places, 100)
    return _interval(quantity, lambda value: rounded(value * 100, fine), places, 100.0)


def _is_share(quantity: Quantity, what: str) -> None:
    """Raises ``PaperError`` for a result on another scale than that of shares."""
    origin = quantity.origin
    ends = origin.ranges[0]
    component = COMPONENTS.get(origin.component)
    if ends in (None, SHARE) or component is None or not (component.compared or component.in_units):
        return
    if component.log_scale or component.derived or component.is_path:
        return
    raise PaperError(
        f"{origin.what} ({origin.source}) is on a scale from {ends[0]:g} to {ends[1]:g} and has no {what}",
        todo="Print it with `dp`.",
    )


def _interval(
    quantity: Quantity, show: Callable[[float], str], places: int | None = None, times: float = 1.0
) -> Printed:
    quantity.known()
    if withheld(quantity):
        return Printed(WITHHELD, quantity)
    if quantity.low is None or quantity.high is None:
        raise PaperError(f"{quantity.origin.what} ({quantity.origin.source}) has no interval")
    return Printed(f"{show(quantity.low)} to {show(quantity.high)}", quantity, places, times)


def p(quantity: Quantity) -> Printed:
    """``est(...) | p`` → p < 0.001, or p = 0.032"""
    own = quantity.p_value
    if own is None or own.value is None:
        quantity.known()
        raise PaperError(f"{quantity.origin.what} ({quantity.origin.source}) has no p value")
    text = p_value(own.value)
    return Printed(f"p {text}" if text[0] in "<>" else f"p = {text}", own)


def exp(quantity: Quantity) -> Quantity:
    """``est(...) | exp | dp(2)``: a logit's coefficient as an odds ratio, its interval with it."""
    return quantity.mapped(math.exp, "as an odds ratio")


def per(quantity: Quantity, units: float) -> Quantity:
    """``est(...) | per(10) | exp | dp(2)``: the effect of ten units instead of one."""
    return quantity.times(units, f"for {units:g} more")


def size(quantity: Quantity) -> Quantity:
    """``est(...) | size | dp(2)``: without its sign, for "fell by 0.12"; an interval beyond zero stays beyond it."""
    sign = -1.0 if quantity.value is not None and quantity.value < 0 else 1.0
    return quantity.times(sign, "without its sign")


def change(after: Quantity, before: Quantity) -> Quantity:
    """``change(est(..., wave="w05"), est(..., wave="w01")) | dp(2)``: the difference.

    It has an interval where a model of changes says how the two levels, of the same people, vary together.
    """
    reason = unlike(after.origin, before.origin)
    if reason:
        raise PaperError(f"`change` takes the difference of two results, but {reason}")
    value = after.known() - before.known()
    what = f"difference: {after.origin.what}, less {before.origin.what}"
    caution = after.origin.caution or before.origin.caution
    rows = (*after.origin.rows, *before.origin.rows)
    made = replace(after.origin, what=what, uncertainty="", caution=caution, scaled=True, compares=True, rows=rows)
    tie, own = tie_between(after.origin, before.origin, value), after.std_error
    if tie is None or after.low is None or after.high is None or own is None or not own.value:
        return Quantity(value, made)
    reach = (after.high - after.low) / 2 / own.value * abs(after.origin.factor) * tie.std_error
    made = replace(made, what=f"{what}; interval with the covariance of the same people, from {tie.model}")
    return Quantity(value, made, value - reach, value + reach)


FILTERS: dict[str, Callable[..., object]] = {
    "dp": dp,
    "count": count,
    "pct": pct,
    "words": in_words,
    "interval": interval,
    "pct_interval": pct_interval,
    "points": points,
    "points_interval": points_interval,
    "p": p,
    "exp": exp,
    "per": per,
    "size": size,
}
"""What may follow a bar in a binding. ``exp``, ``per`` and ``size`` change the scale; the others print."""
