"""Contrasts of a regression's terms as a declaration writes them: ``negative_contact - positive_contact``.

A contrast is a sum of terms, each with a number before it if that is not 1. A term is a column (``contact``), one
level of a categorical column (``education[3]``) or a wave (``wave[w03]``). Names with other signs, such as those of
interactions, stand in backticks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

from pipeline.specs.base import Name

_PART = re.compile(
    r"\s*(?P<sign>[+\u2212-]?)\s*(?:(?P<times>\d+(?:\.\d+)?(?:/\d+(?:\.\d+)?)?)\s*\*?\s*)?"
    r"(?:`(?P<quoted>[^`]+)`|(?P<name>[A-Za-z_][A-Za-z0-9_.]*))(?:\[(?P<level>[^\]]+)\])?\s*"
)


@dataclass(frozen=True)
class Part:
    """``times`` one term: a column, or its ``level``."""

    times: float
    name: str
    level: str | None = None

    @property
    def words(self) -> str:
        return f"{self.name}[{self.level}]" if self.level else self.name


@dataclass(frozen=True)
class Contrast:
    """A linear combination of terms, by its name."""

    name: str
    parts: tuple[Part, ...]


def read_contrast(name: str, text: str) -> Contrast:
    """The parts of a contrast. Raises ValueError for text that is not a sum of terms, or names one term twice.

    >>> [(part.times, part.words) for part in read_contrast("gap", "2*trust - 0.5 education[3]").parts]
    [(2.0, 'trust'), (-0.5, 'education[3]')]
    """
    parts, at = [], 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None or (at > 0 and not found["sign"]):
            raise ValueError(f"`{name}: {text}` is not a sum of terms, such as `negative_contact - positive_contact`")
        parts.append(_part(found))
        at = found.end()
    if not parts:
        raise ValueError(f"`{name}` names no term. Write a sum of terms, such as `negative_contact - positive_contact`")
    words = [part.words for part in parts]
    twice = next((word for word in words if words.count(word) > 1), None)
    if twice:
        raise ValueError(f"`{name}` has `{twice}` twice. Add up its numbers")
    if all(part.times == 0 for part in parts):
        raise ValueError(f"`{name}` multiplies every term by zero")
    return Contrast(name, tuple(parts))


def _part(found: re.Match[str]) -> Part:
    above, _, below = (found["times"] or "1").partition("/")
    if below and float(below) == 0:
        raise ValueError(f"`{found.group().strip()}` divides by zero")
    times = float(above) / float(below or 1)
    return Part(times * (1 if found["sign"] in ("", "+") else -1), found["quoted"] or found["name"], found["level"])


def read_contrasts(declared: Mapping[str, str]) -> tuple[Contrast, ...]:
    """Every contrast of a mapping of names to sums of terms. Raises ValueError as ``read_contrast`` does."""
    return tuple(read_contrast(name, text) for name, text in declared.items())


def _readable(declared: dict[str, str]) -> dict[str, str]:
    read_contrasts(declared)
    return declared


Contrasts = Annotated[dict[Name, str], AfterValidator(_readable)]
"""Name → a sum of terms."""
