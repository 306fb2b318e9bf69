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
    told = [{_plain(text) for one in columns if (text := labels.get(one, "")) and text != one} for columns in names]
    labelled = [texts - {""} for texts in told if texts - {""}]
    return sum(len(texts) > 1 for texts in labelled) * 2 <= len(labelled)


def _plain(label: str) -> str:
    return re.sub(r"\W+", " ", _OF_A_WAVE.sub(" ", label)).strip().lower()
