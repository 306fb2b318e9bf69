"""What the items of a battery share: the stem of their names, and the stem of their labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

_NUMBERED = re.compile(r"^(.+)[_.]\d{1,3}$|^([^\W\d]{3,})\d{1,3}$|^(.*\d)_?[a-z]$", re.IGNORECASE)
_COUNTERS = ("var", "item", "col", "column", "question", "qid")
"""Words that number all columns of a file."""
FEWEST = 3
"""So many columns of one stem are a battery."""
SHORTEST = 8
"""A stem of labels has so many characters."""
_DASHES = " -–—|"
_SEPARATOR = re.compile(r"(?:[:?.;…|]|\s[-–—])\s+(?=\S)")
"""Where a label passes from the stem to what is asked of it: ``How much do you trust …? The police``."""


def stem_of(name: str) -> str | None:
    """What the names of a battery share; None for a name that is none of several.

    >>> [stem_of(name) for name in ("trust_3", "trust3", "e3_12", "q17a", "q17", "var17", "region")]
    ['trust', 'trust', 'e3', 'q17', None, None, None]
    """
    found = _NUMBERED.match(name)
    stem = next(filter(None, found.groups()), "").lower() if found else ""
    return None if not stem or stem in _COUNTERS else stem


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """Stem → the names that share it, for stems of at least three names."""
    found: dict[str, list[str]] = {}
    for name in names:
        stem = stem_of(name)
        if stem is not None:
            found.setdefault(stem, []).append(name)
    return {stem: members for stem, members in found.items() if len(members) >= FEWEST}


def common_stem(labels: Sequence[str]) -> str:
    """The stem that all labels begin with, up to a colon, a dash or the end of a sentence; empty if they share none.

    >>> common_stem(["Trust in: the police", "Trust in: the courts"])
    'Trust in:'
    >>> common_stem(["How safe? - At home", "How safe? - Outside"])
    'How safe?'
    >>> common_stem(["I feel at home", "I feel safe"])
    ''
    """
    first, last = min(labels), max(labels)
    shared = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    ends = [found.end() for found in _SEPARATOR.finditer(f"{shared}x")]
    stem = shared[: ends[-1]] if ends else ""
    rest = {label[len(stem) :].strip() for label in labels}
    whole = stem.strip(_DASHES)
    return whole if len(whole) >= SHORTEST and len(rest) == len(labels) and "" not in rest else ""


def by_stem(labels: Sequence[str]) -> list[list[int]]:
    """The places of labels of which each begins with the same stem; all together where they have none or one.

    >>> by_stem(["Trust in people: A", "Trust in people: B", "Trust in people: C", "Trust in offices: D"])
    [[0, 1, 2], [3]]
    >>> by_stem(["I feel at home", "I like it: yes", "I stay"])
    [[0, 1, 2]]
    """
    is_one = bool(common_stem(labels))
    found: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        ends = [end.end() for end in _SEPARATOR.finditer(label)]
        found.setdefault(label[: ends[-1 if is_one else 0]].strip(_DASHES) if ends else "", []).append(place)
    stems = {stem: places for stem, places in found.items() if len(stem) >= SHORTEST and len(places) >= FEWEST}
    rest = [place for place in range(len(labels)) if all(place not in places for places in stems.values())]
    if not stems or (is_one and (rest or len(stems) == 1)):
        return [list(range(len(labels)))]
    return sorted([*stems.values(), *([rest] if rest else [])])


def below_stem(wording: str, stem: str) -> str:
    """What is asked below the stem that a wording begins with.

    >>> below_stem("How safe? - At home", "How safe?")
    'At home'
    """
    return re.sub(r"^\s*(?:[-–—|]\s+)?", "", wording[len(stem) :])
