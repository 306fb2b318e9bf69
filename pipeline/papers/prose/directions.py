"""Words of change that an author typed, against what the claims beside them say about two waves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.papers.prose.quantity import Quantity
from pipeline.specs.comparing import MOVED, Direction
from pipeline.specs.components import COMPONENTS

TYPED = {said: re.compile(rf"\b({words})\b") for said, words in MOVED.items()}
"""Words of change, by what they say."""

SAYS: dict[str, Direction] = {
    "positive": "up",
    "greater_than": "up",
    "negative": "down",
    "less_than": "down",
    "not_different_from_zero": "still",
    "not_different_from": "still",
    "about_the_same_as": "still",
}
OPPOSITE: dict[Direction, Direction] = {"up": "down", "down": "up", "still": "still"}


@dataclass(frozen=True)
class Said:
    """A claim that has been judged, and where it stands in the body."""

    start: int
    result: Quantity
    says: str
    other: object = None


def direction(said: Said, waves: Sequence[str]) -> Direction | None:
    """What a claim says of time: that something rose, fell or stayed; None where it compares no two waves."""
    one, own = said.result.origin, SAYS.get(said.says)
    component = COMPONENTS.get(one.component)
    if own is None or component is None:
        return None
    if component.is_change:
        return own if not isinstance(said.other, Quantity) else None
    if not isinstance(said.other, Quantity):
        return None
    other = said.other.origin
    (wave, group), (than, of) = one.place, other.place
    alike = (one.source, one.outcome, one.component, group) == (other.source, other.outcome, other.component, of)
    if not alike or wave == than or wave not in waves or than not in waves:
        return None
    return own if waves.index(wave) > waves.index(than) else OPPOSITE[own]


def contradicted(paragraph: str, claims: Iterable[Said], waves: Sequence[str]) -> tuple[str, Direction] | None:
    """A typed word of change that no claim of its paragraph says, though claims there say something else of time.

    ``paragraph``: its text, without bindings. Returns the word, and what a claim says instead.
    """
    found = [one for one in (direction(said, waves) for said in claims) if one is not None]
    for said, pattern in TYPED.items():
        typed = pattern.search(paragraph.lower())
        if typed and found and said not in found:
            return typed.group(), found[0]
    return None
