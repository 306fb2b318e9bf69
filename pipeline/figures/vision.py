"""How colours are seen: contrast, in grey, and with the two common forms of colour blindness.

Colours are sRGB triples from 0 to 1. Sources: WCAG 2.2 for luminance and contrast; CIE 1976 L*a*b* (D65) for distances;
Machado, Oliveira and Fernandes (2009), IEEE TVCG 15(6), for the two dichromacies (severity 1, on linear RGB).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Colour(NamedTuple):
    """Red, green and blue from 0 to 1."""

    red: float
    green: float
    blue: float


Matrix = tuple[tuple[float, float, float], ...]

WHITE = Colour(1.0, 1.0, 1.0)
DICHROMACIES: dict[str, Matrix] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
_XYZ: Matrix = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_D65 = (0.95047, 1.0, 1.08883)


def over(colour: Colour, alpha: float, ground: Colour = WHITE) -> Colour:
    """What is seen of a colour of so much opacity over a ground."""
    return Colour(*(alpha * top + (1 - alpha) * below for top, below in zip(colour, ground, strict=True)))


@cache
def luminance(colour: Colour) -> float:
    """Relative luminance, WCAG 2.2."""
    return sum(part * share for part, share in zip(_linear(colour), (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, WCAG 2.2: from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@cache
def lightness(colour: Colour) -> float:
    """L*, from 0 (black) to 100 (white): what is left of a colour that is printed in grey."""
    return _lab(colour)[0]


@cache
def seen_with(colour: Colour, dichromacy: str) -> Colour:
    """The colour as somebody with a dichromacy sees it."""
    mixed = _times(DICHROMACIES[dichromacy], _linear(colour))
    return Colour(*(_encoded(min(max(part, 0.0), 1.0)) for part in mixed))


def distance(one: Colour, other: Colour) -> float:
    """How different two colours look at worst, to people with and without colour blindness (ΔE, CIE 1976)."""
    seen = [(one, other), *((seen_with(one, name), seen_with(other, name)) for name in DICHROMACIES)]
    return min(_apart(_lab(a), _lab(b)) for a, b in seen)


def _apart(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)


@cache
def _lab(colour: Colour) -> tuple[float, float, float]:
    x, y, z = (_root(part / white) for part, white in zip(_times(_XYZ, _linear(colour)), _D65, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(share: float) -> float:
    return float(share ** (1 / 3)) if share > (6 / 29) ** 3 else share / (3 * (6 / 29) ** 2) + 4 / 29


def _linear(colour: Colour) -> tuple[float, ...]:
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * float(part ** (1 / 2.4)) - 0.055


def _times(matrix: Matrix, parts: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sum(factor * part for factor, part in zip(row, parts, strict=True)) for row in matrix)
