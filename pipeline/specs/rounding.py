"""How numbers are rounded, the same in text, tables and figures."""

from __future__ import annotations

import math
from collections.abc import Iterable

MOST_PLACES = 12


def decimal(value: float, places: int = 2) -> str:
    """A number as printed: thousands set off, a real minus sign, and never minus nothing."""
    text = f"{value:,.{places}f}"
    if not text.startswith("-"):
        return text
    return "\N{MINUS SIGN}" + text[1:] if text.strip("-0.,") else text[1:]


def places_of(ends: Iterable[float | None], places: int = 2, null: float = 0.0) -> int:
    """So many decimal places, at least ``places``, that no end of an interval is printed as no effect unless it is.

    ``null`` is the value of no effect: zero, or one for a ratio.
    """
    known = [end for end in ends if end is not None and math.isfinite(end) and end != null]
    while places < MOST_PLACES and any(f"{end:.{places}f}".lstrip("-") == f"{null:.{places}f}" for end in known):
        places += 1
    return places
