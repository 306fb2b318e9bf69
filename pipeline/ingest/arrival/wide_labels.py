"""Whether columns whose names differ by a number are one question in several waves, by what their labels say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_OF_A_WAVE = re.compile(
    r"\b(wave|welle|round|sweep|vague|onda|ola|year|time|period|w|t)[\s_.:#-]*\d{1,4}\b|\b(19|20)\d\d\b"
    r"|^\s*[\[(]?[a-z][\])]?\s*[:._-]\s*",
    re.IGNORECASE,
)
"""Words of a label that say a wave or a year; other numbers count the questions."""


def mostly_alike(names: Iterable[Sequence[str]], labels: Mapping[str, str]) -> bool:
    """Whether most groups of columns, one a name, bear one label each. ``labels``: column → label, where it has one.

    ``trust1`` "Family" and ``trust2`` "Police" are two questions; "Trust, wave 1" and "Trust, wave 2" are one.
    """
    texts = [[labels[one] for one in columns if labels.get(one, one) != one] for columns in names]
    labelled = [plain for own in texts if (plain := {*map(_plain, own)} - {""})]
    return sum(len(plain) > 1 for plain in labelled) * 2 <= len(labelled)


def _plain(label: str) -> str:
    return re.sub(r"\W+", " ", _OF_A_WAVE.sub(" ", label)).strip().lower()
