"""A result on its way into a sentence: its value, where it comes from, and how it is printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.errors import PaperError


@dataclass(frozen=True)
class Origin:
    """Where a quantity comes from, in words for the appendix. ``concepts``: what it measures."""

    what: str
    source: str
    people: str = ""
    uncertainty: str = ""
    concepts: tuple[str, ...] = ()
    caution: str = ""  # why it may not be compared with its like of other waves or groups


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

    @property
    def conf_low(self) -> Quantity:
        return self._end(self.low, "lower end of the interval")

    @property
    def conf_high(self) -> Quantity:
        return self._end(self.high, "upper end of the interval")

    def _end(self, value: float | None, name: str) -> Quantity:
        return Quantity(value, replace(self.origin, what=f"{self.origin.what}: {name}"), why=self.why)

    def mapped(self, change: Callable[[float], float], name: str) -> Quantity:
        """The same result on another scale; what has no meaning there (its standard error) is left out."""

        def of(value: float | None) -> float | None:
            return None if value is None else change(value)

        ends = sorted(end for end in (of(self.low), of(self.high)) if end is not None)
        low, high = ends if len(ends) == 2 else (None, None)
        origin = replace(self.origin, what=f"{self.origin.what}, {name}" if name else self.origin.what)
        return Quantity(of(self.value), origin, low, high, p_value=self.p_value, why=self.why)

    def known(self) -> float:
        """The value. Raises ``PaperError`` if the result is withheld."""
        if self.value is None:
            reason = f": {self.why}" if self.why else ""
            raise PaperError(f"{self.origin.what} ({self.origin.source}) is withheld{reason}", todo="Say so instead.")
        return self.value


@dataclass(frozen=True)
class Printed:
    """A quantity as it stands in the text."""

    text: str
    quantity: Quantity


WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def decimal(value: float, places: int) -> str:
    """A number as printed: thousands set off, a real minus sign, and never minus nothing."""
    text = f"{value:,.{places}f}"
    if not text.startswith("-"):
        return text
    return "\N{MINUS SIGN}" + text[1:] if text.strip("-0.,") else text[1:]


def dp(quantity: Quantity, places: int = 2) -> Printed:
    """``est(...) | dp(2)`` → 0.25"""
    return Printed(decimal(quantity.known(), places), quantity)


def count(quantity: Quantity) -> Printed:
    """``fact("persons") | count`` → 2,928"""
    return Printed(decimal(quantity.known(), 0), quantity)


def pct(quantity: Quantity, places: int = 0) -> Printed:
    """``fact("retention") | pct(1)`` → 59.4%"""
    return Printed(f"{decimal(100 * quantity.known(), places)}%", quantity)


def in_words(quantity: Quantity) -> Printed:
    """``fact("waves") | words`` → five; figures beyond twelve."""
    value = quantity.known()
    if value == int(value) and 0 <= value < len(WORDS):
        return Printed(WORDS[int(value)], quantity)
    return count(quantity)


def interval(quantity: Quantity, places: int = 2) -> Printed:
    """``est(...) | interval(2)`` → 0.23 to 0.28"""
    return _interval(quantity, lambda value: decimal(value, places))


def pct_interval(quantity: Quantity, places: int = 0) -> Printed:
    """``est(...) | pct_interval`` → 8% to 11%"""
    return _interval(quantity, lambda value: f"{decimal(100 * value, places)}%")


def _interval(quantity: Quantity, show: Callable[[float], str]) -> Printed:
    quantity.known()
    if quantity.low is None or quantity.high is None:
        raise PaperError(f"{quantity.origin.what} ({quantity.origin.source}) has no interval")
    return Printed(f"{show(quantity.low)} to {show(quantity.high)}", quantity)


def p(quantity: Quantity) -> Printed:
    """``est(...) | p`` → p < 0.001, or p = 0.032"""
    own = quantity.p_value
    if own is None or own.value is None:
        quantity.known()
        raise PaperError(f"{quantity.origin.what} ({quantity.origin.source}) has no p value")
    text = "p < 0.001" if own.value < 0.001 else f"p = {decimal(own.value, 2 if own.value >= 0.1 else 3)}"
    return Printed(text, own)


def exp(quantity: Quantity) -> Quantity:
    """``est(...) | exp | dp(2)``: a logit's coefficient as an odds ratio, its interval with it."""
    return quantity.mapped(math.exp, "as an odds ratio")


def per(quantity: Quantity, units: float) -> Quantity:
    """``est(...) | per(10) | exp | dp(2)``: the effect of ten units instead of one."""
    return quantity.mapped(lambda value: value * units, f"for {units:g} units")


def size(quantity: Quantity) -> Quantity:
    """``est(...) | size | dp(2)``: without its sign, for "fell by 0.12"."""
    return quantity.mapped(abs, "without its sign")


def change(after: Quantity, before: Quantity) -> Quantity:
    """``change(est(..., wave="w05"), est(..., wave="w01")) | dp(2)``: the difference, without an interval."""
    value = after.known() - before.known()
    origin = replace(after.origin, what=f"difference: {after.origin.what}, less {before.origin.what}", uncertainty="")
    return Quantity(value, origin)


FILTERS: dict[str, Callable[..., object]] = {
    "dp": dp,
    "count": count,
    "pct": pct,
    "words": in_words,
    "interval": interval,
    "pct_interval": pct_interval,
    "p": p,
    "exp": exp,
    "per": per,
    "size": size,
}
"""What may follow a bar in a binding. ``exp``, ``per`` and ``size`` change the scale; the others print."""
