"""Terms of a regression as they are declared: measures, their powers, lags and parts, and products of these.

| written | means |
|---|---|
| `trust` | the measure |
| `age^2` | a power of it; `age` itself is among the terms too |
| `a * b` | both, and their product; `a * b * c` every product of them |
| `a : b` | the product alone, whose parts are among the terms |
| `lag(trust)`, `lead(trust, 2)` | the measure one wave earlier, two waves later, in the calendar of the person's arm |
| `lag(trust, within 12 months)` | what the person last answered, no longer ago than that |
| `within(trust)`, `between(trust)` | the deviation from the person's mean, and that mean |
| `wave * a`, `time * a` | waves as categories; years since the first wave's fieldwork began |

A term is the column of its `key`: ``lag(trust)``, ``age^2``, ``contact:trust``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated

from pydantic import AfterValidator

WAVE, TIME = "wave", "time"
RESERVED = (WAVE, TIME)
"""Names that are no measures: waves as categories, and the years since the first wave."""
PARTS = ("within", "between")
MOVES = ("lag", "lead")
MONTHS = {"month": 1.0, "months": 1.0, "year": 12.0, "years": 12.0}
HIGHEST_POWER = 5

_NAME = r"[a-z][a-z0-9_]*"
_FACTOR = re.compile(
    rf"(?:(?P<name>{_NAME})|(?P<call>{_NAME})\(\s*(?P<of>{_NAME})\s*(?:,\s*(?P<by>[^()]*?)\s*)?\))"
    r"(?:\s*\^\s*(?P<power>\d+))?"
)
_WITHIN = re.compile(r"within (?P<count>\d+(?:\.\d+)?) (?P<unit>[a-z]+)")


@dataclass(frozen=True)
class Factor:
    """One column: the measure ``name``, moved in time, a part of it, or a power of it.

    ``waves``: so many waves earlier (lag) or later (lead); ``months``: the last answer no longer ago than that.
    """

    name: str
    call: str = ""  # lag | lead | within | between
    waves: int = 0
    months: float | None = None
    power: int = 1

    @property
    def moved(self) -> bool:
        """Whether it is a lag or a lead."""
        return self.call in MOVES

    @property
    def key(self) -> str:
        """The name of its column."""
        inner = self.name
        if self.call:
            step = f", within {self.months:g} months" if self.months is not None else ""
            inner = f"{self.call}({self.name}{step or (f', {self.waves}' if self.waves > 1 else '')})"
        return inner if self.power == 1 else f"{inner}^{self.power}"


@dataclass(frozen=True)
class Term:
    """A measure, or the product of several (``factors``)."""

    factors: tuple[Factor, ...]

    @property
    def key(self) -> str:
        """The name of its column, with ``:`` between the factors."""
        return ":".join(factor.key for factor in self.factors)

    @property
    def is_product(self) -> bool:
        return len(self.factors) > 1

    @property
    def plain(self) -> bool:
        """Whether it is a measure as it is."""
        return self.factors == (Factor(self.factors[0].name),) and self.factors[0].name not in RESERVED

    def same(self, other: Term) -> bool:
        """Whether it is the same product, in whatever order it is written."""
        return set(self.factors) == set(other.factors)


def parse(text: str) -> tuple[Term, ...]:
    """The terms that an entry stands for: ``a * b`` is a, b and a:b. Raises ValueError if it is not one.

    >>> [term.key for term in parse("age^2 * trust")]
    ['age^2', 'trust', 'age^2:trust']
    """
    if "*" in text and ":" in text:
        raise ValueError(f"`{text}` mixes `*` and `:`: write the products one by one")
    if "*" not in text:
        return (Term(_distinct(text, text.split(":"))),)
    factors = _distinct(text, text.split("*"))
    return tuple(Term(some) for size in range(1, len(factors) + 1) for some in combinations(factors, size))


def _distinct(text: str, parts: list[str]) -> tuple[Factor, ...]:
    factors = tuple(_factor(part.strip(), text) for part in parts)
    if len(set(factors)) < len(factors):
        raise ValueError(f"`{text}` multiplies a measure by itself: write a power, such as `{factors[0].name}^2`")
    return factors


def _factor(text: str, entry: str) -> Factor:
    found = _FACTOR.fullmatch(text)
    if found is None:
        raise ValueError(
            f"`{entry}` is no term: write a measure, `a * b`, `a : b`, `a^2`, `lag(a)`, `lead(a)`, `within(a)` or "
            "`between(a)`, of names in small letters"
        )
    power = int(found["power"] or 1)
    if found["power"] and not 2 <= power <= HIGHEST_POWER:
        raise ValueError(f"`{entry}`: a power is from 2 to {HIGHEST_POWER}")
    if found["name"]:
        return Factor(found["name"], power=power)
    call, of, by = found["call"], found["of"], found["by"]
    if call not in (*MOVES, *PARTS):
        raise ValueError(f"`{entry}`: there is no `{call}(…)`; there are lag, lead, within and between")
    if of in RESERVED:
        raise ValueError(f"`{entry}`: `{of}` is no measure of people")
    if call in PARTS:
        if by:
            raise ValueError(f"`{entry}`: `{call}(…)` takes a measure alone")
        return Factor(of, call, power=power)
    return _moved(call, of, by, power, entry)


def _moved(call: str, of: str, by: str | None, power: int, entry: str) -> Factor:
    """A lag or a lead, by waves or by time."""
    if not by:
        return Factor(of, call, 1, power=power)
    if by.isdigit() and int(by) > 0:
        return Factor(of, call, int(by), power=power)
    found = _WITHIN.fullmatch(by)
    if found is None or found["unit"] not in MONTHS or float(found["count"]) <= 0:
        raise ValueError(
            f"`{entry}`: `{call}` is by waves (`{call}({of}, 2)`) or by time (`{call}({of}, within 12 months)`)"
        )
    return Factor(of, call, months=float(found["count"]) * MONTHS[found["unit"]], power=power)


def _is_term(text: str) -> str:
    """The entry, with one space around its signs."""
    parse(text)
    text = re.sub(r"\s*([*:])\s*", r" \1 ", " ".join(text.split()))
    return re.sub(r"\s*\^\s*", "^", text)


TermText = Annotated[str, AfterValidator(_is_term)]
"""An entry of `exposures` or `covariates`."""


def measures(entries: Iterable[str]) -> tuple[str, ...]:
    """The measures that entries name, each once; text that is no term names itself."""
    found: list[str] = []
    for entry in entries:
        try:
            found += [factor.name for term in parse(entry) for factor in term.factors]
        except ValueError:
            found.append(entry)
    return tuple(dict.fromkeys(name for name in found if name not in RESERVED))


def label_of(key: str, labels: Mapping[str, str]) -> str:
    """A term in words, from the labels of measures: "Contact quantity × political trust".

    >>> label_of("lag(contact):age^2", {"contact": "Contact", "age": "Age"})
    'Contact one wave earlier × age squared'
    """
    if key in labels or not re.search(r"[:^(]", key):
        return labels.get(key) or key.replace("_", " ")
    try:
        factors = parse(key)[-1].factors
    except ValueError:
        return key.replace("_", " ")
    first, *others = [_in_words(factor, labels) for factor in factors]
    return " × ".join([first, *(small(word) for word in others)])


MODERATED = {
    "low": "one standard deviation below its mean",
    "mean": "at its mean",
    "high": "one standard deviation above its mean",
    "lower": "the lower end of the region",
    "upper": "the upper end of the region",
    "share": "share of answers in the region",
}


def moderated(group: str, labels: Mapping[str, str]) -> str:
    """The value of a moderator in words: "Political trust, one standard deviation below its mean".

    >>> moderated("contact=low", {"contact": "Contact"})
    'Contact, one standard deviation below its mean'
    """
    by, _, value = group.rpartition("=")
    known = labels.get(group)
    return known or f"{label_of(by, labels)}, {MODERATED.get(value, f'at {value}')}"


_POWERS = {2: "squared", 3: "cubed"}


def _in_words(factor: Factor, labels: Mapping[str, str]) -> str:
    word = labels.get(factor.name) or factor.name.replace("_", " ")
    if factor.call in PARTS:
        word += " (within a person)" if factor.call == "within" else " (between people)"
    elif factor.moved:
        when = "earlier" if factor.call == "lag" else "later"
        waves = "one wave" if factor.waves == 1 else f"{factor.waves} waves"
        word += f" up to {factor.months:g} months {when}" if factor.months is not None else f" {waves} {when}"
    return word if factor.power == 1 else f"{word} {_POWERS.get(factor.power, f'to the power of {factor.power}')}"


def small(label: str) -> str:
    """A label with a small first letter, unless it begins with an abbreviation."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
