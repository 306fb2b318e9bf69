"""How numbers are rounded, the same in text, tables and figures.

One rule: no number is rounded onto zero unless it is zero, and a result and the ends of its interval are printed to the
same places. An end gets as many places as show on which side of no effect it lies, an estimate or a single number at
most ``FURTHER`` more than asked for; what these do not show is printed as smaller than the smallest that they do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

MOST_PLACES = 12
FURTHER = 2
NOISE = 1e-9
"""What floating-point arithmetic leaves of zero."""


def decimal(value: float, places: int = 2) -> str:
    """A number with so many places: thousands set off, a real minus sign, and never minus nothing."""
    text = f"{value:,.{places}f}"
    if not text.startswith("-"):
        return text
    return "\N{MINUS SIGN}" + text[1:] if text.strip("-0.,") else text[1:]


def rounded(value: float, places: int = 2) -> str:
    """A result as printed, never as nothing unless it is.

    At two places 0.3 is 0.30, 0.004 is 0.004, and 0.00001 is < 0.0001.
    """
    if abs(value) <= NOISE or not math.isfinite(value):
        return decimal(value, places)
    enough = next((more for more in range(places, places + FURTHER) if not _hidden(value, more)), places + FURTHER)
    return to_places(value, enough)


def to_places(value: float, places: int) -> str:
    """A result with just so many places, as ``places_of`` finds them: what they do not show is < 0.01, or > −0.01."""
    if abs(value) <= NOISE or not _hidden(value, places):
        return decimal(value, places)
    smallest = decimal(10.0**-places, places)
    return f"< {smallest}" if value > 0 else f"> \N{MINUS SIGN}{smallest}"


def percent(share: float, places: int = 0) -> str:
    """A share from 0 to 1 as a percentage: neither as none nor as all unless it is, so that 0.9996 is 99.96%."""
    rest = 1.0 - share
    while NOISE < rest < 1 and places < MOST_PLACES and _hidden(100 * rest, places):
        places += 1
    return f"{rounded(100 * share, places)}%"


def places_of(ends: Iterable[float | None], places: int = 2, null: float = 0.0, value: float | None = None) -> int:
    """So many decimal places, at least ``places``, that no end of an interval is printed as no effect unless it is.

    ``null`` is the value of no effect: zero, or one for a ratio. ``value``, the estimate, is kept off it as well, as
    far as ``FURTHER`` places do.
    """
    known = [end for end in ends if end is not None and math.isfinite(end) and end != null]
    while places < MOST_PLACES and any(_hidden(end, places, null) for end in known):
        places += 1
    if value is None or not math.isfinite(value) or abs(value - null) <= NOISE:
        return places
    return next((more for more in range(places, places + FURTHER) if not _hidden(value, more, null)), places + FURTHER)


def to_base(value: float, base: int) -> float:
    """A count as a multiple of ``base``, halves upwards."""
    return float(value) if base == 1 else float(base * math.floor(value / base + 0.5))


def count_text(value: float, base: int, fewer: str = "fewer than ") -> str:
    """A number of people as printed to a base, never as none unless it is: 4 to the base of 10 is fewer than 10.

    ``fewer``: how a bound begins, in a table ``< ``.
    """
    return f"{fewer}{base:,}" if is_hidden(value, base) else f"{_whole(value, base):,.0f}"


def count_shown(value: float, base: int) -> float:
    """The number in the middle of those that the printed one may stand for: half of the base where it is a bound."""
    return base / 2 if is_hidden(value, base) else _whole(value, base)


def is_hidden(value: float, base: int) -> bool:
    """Whether a count would be rounded onto zero although it is not zero."""
    return value > NOISE and not _whole(value, base)


def _whole(value: float, base: int) -> float:
    """To the base; to the base of one an effective number of people, which is no whole one, is rounded as well."""
    return to_base(value, base) if base > 1 else float(round(value))


LEVELS = (0.01, 0.05)
"""What p values are read against."""


def p_value(value: float) -> str:
    """A p value to three places: below 0.001 and above 0.999 as such, and never rounded onto 0.01 or 0.05."""
    if value < 0.001:
        return "< 0.001"
    if 0.9995 <= value < 1 - NOISE:
        return "> 0.999"
    onto = [level for level in LEVELS if value != level]
    places = next((p for p in range(3, MOST_PLACES) if not any(_hidden(value, p, level) for level in onto)), 3)
    return decimal(value, places)


def _hidden(value: float, places: int, null: float = 0.0) -> bool:
    """Whether a number looks like no effect at so many places."""
    return f"{value:.{places}f}".lstrip("-") == f"{null:.{places}f}"
