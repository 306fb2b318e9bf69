"""Scales that a source labels only at their ends, and perhaps in their middle: 0 = Not at all, 10 = Completely."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from pipeline.ingest.formats.numbers import NUMBER
from pipeline.ingest.items.missing_codes import WIDEST_SCALE

FEWEST_POINTS = 4
"""A scale that is labelled at two codes has so many; 1 = Yes and 3 = No are two answers."""
_TWO_ANSWERS = re.compile(r"\W*(yes|no|si|ja|nein|oui|non|sim|nao|true|false|male|female|man|woman)\b", re.IGNORECASE)


def are_codes(whole: Sequence[str]) -> bool:
    """Whether a few whole numbers close together are codes; a scale up to ten is an amount.

    >>> are_codes(["1", "2", "3", "4", "5"]), are_codes([str(code) for code in range(11)])
    (True, False)
    """
    low, high = float(whole[0]), float(whole[-1])
    return high - low < WIDEST_SCALE and not (len(whole) > 8 and 0 <= low <= 1 and high == 10)


def labelled_ends(labels: Mapping[str, str]) -> dict[str, str]:
    """The labelled codes, if they are the ends of a scale (and its middle) rather than its answers; empty if not.

    ``labels``: code → label; one that is the code itself labels nothing.

    >>> labelled_ends({"0": "Not at all", "10": "Completely"})
    {'0': 'Not at all', '10': 'Completely'}
    >>> labelled_ends({"1": "Yes", "5": "No"}), labelled_ends({"1": "Never", "2": "Often"})
    ({}, {})
    """
    if not all(re.fullmatch(NUMBER, code) and float(code).is_integer() for code in labels):
        return {}
    worded = {code: text for code, text in labels.items() if text not in ("", code)}
    ordered = sorted(worded, key=float)
    numbers = [float(code) for code in ordered]
    gaps = {second - first for first, second in pairwise(numbers)}
    if len(ordered) not in (2, 3) or len(gaps) != 1 or min(gaps) < 2 or numbers[-1] - numbers[0] + 1 < FEWEST_POINTS:
        return {}
    if any(not numbers[0] <= float(code) <= numbers[-1] for code in labels):
        return {}
    if len(ordered) == 2 and all(_TWO_ANSWERS.match(text) for text in worded.values()):
        return {}
    return {code: worded[code] for code in ordered}


def points(low: float, high: float) -> list[str]:
    """The codes of a scale from its first to its last; empty where these are no codes but an amount.

    >>> points(1.0, 5.0), points(0.0, 10.0), points(0.0, 1e12)
    (['1', '2', '3', '4', '5'], [], [])
    """
    if not (low.is_integer() and high.is_integer() and high - low < WIDEST_SCALE):
        return []
    whole = [str(code) for code in range(int(low), int(high) + 1)]
    return whole if are_codes(whole) else []
