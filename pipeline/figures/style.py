"""How every figure looks: the Government Analysis Function's palette, sizes in inches, and one layout.

Sizes are inches and points throughout, so that a figure drawn for a phone (``NARROW``) has the same type as one
drawn for a page (``WIDE``). Nothing is laid out by search (no tight layout): text is measured once and placed.
Source of the colours: analysisfunction.civilservice.gov.uk, Data visualisation: colours in charts.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from pipeline.figures.glyphs import EM, set_line, shaped_width
from pipeline.specs.rounding import decimal, places_of, to_places

P = ParamSpec("P")
T = TypeVar("T")

DARK_BLUE = "#12436D"
TURQUOISE = "#28A197"
DARK_PINK = "#801650"
ORANGE = "#F46A25"
DARK_GREY = "#3D3D3D"
LIGHT_PURPLE = "#A285D1"
CATEGORICAL = (DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE, DARK_GREY, LIGHT_PURPLE)
DUO = (DARK_BLUE, ORANGE)
FOCUS_GREY = "#BFBFBF"

INK = "#1D1D1D"
QUIET = "#595959"
GRID = "#E3E3E3"
PAPER = "#FFFFFF"

WIDE = 6.56
"""Inches; without its margins a figure is as wide as the text of a page, 162 mm, so that its type keeps its size."""
NARROW = 3.6
"""Inches; without its margins 328 pixels, as on a phone of 360."""

TITLE, SUBTITLE, LABEL, SMALL = 13.0, 10.0, 9.5, 9.0

MARKERS = ("o", "D", "s", "^", "v", "P")

FRAME = "_frame"
"""The label of a shape that carries no result, such as the band behind small effects: it may be pale."""

SYNTHETIC = "Synthetic data: invented to test the method, not findings"

FONT = "DejaVu Sans"
"""Shipped with matplotlib, and so the same on every machine."""

RC: Any = {
    "font.family": [FONT],
    "font.size": LABEL,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.solid_capstyle": "round",
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "cohesion-panel",
}


def styled(draw: Callable[P, T]) -> Callable[P, T]:
    """Run a drawing function under the house style, whatever the reader's own matplotlib settings say."""

    @wraps(draw)
    def under_style(*args: P.args, **kwargs: P.kwargs) -> T:
        if _IN_STYLE.get():
            return draw(*args, **kwargs)
        import matplotlib

        token = _IN_STYLE.set(True)
        try:
            with matplotlib.rc_context(_settings()):
                return draw(*args, **kwargs)
        finally:
            _IN_STYLE.reset(token)

    return under_style


_IN_STYLE: ContextVar[bool] = ContextVar("in_style", default=False)
"""So that the settings, some three hundred, are set once for a figure and all its files."""


@cache
def _settings() -> Any:
    """Matplotlib's own defaults with the house style on top; how a reader's windows open is left alone."""
    import matplotlib

    left_alone = ("backend", "interactive", "toolbar", "timezone", "webagg", "keymap", "tk.", "macosx.", "figure.hooks")
    defaults = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith(left_alone)}
    return defaults | RC


@cache
def ink(colour: str, contrast: float = 4.5) -> str:
    """``colour`` darkened just enough for text on white (WCAG 2.2 AA: a contrast of 4.5 to 1)."""
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = to_rgb(colour)
    for step in range(100):
        left = 1 - step / 100
        shade = (red * left, green * left, blue * left)
        if 1.05 / (_luminance(shade) + 0.05) >= contrast:
            return str(to_hex(shade))
    return INK


@cache
def tinted(colour: str, share: float) -> str:
    """``colour`` mixed with so much white."""
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = (part + (1 - part) * share for part in to_rgb(colour))
    return str(to_hex((red, green, blue))).upper()


def outline(colour: str) -> str:
    """The colour of a fill's outline: its own, or a grey where that is too pale for a page (a contrast under 3:1)."""
    return colour if ink(colour, 3.0) == colour.lower() else QUIET


def _luminance(rgb: tuple[float, float, float]) -> float:
    """Relative luminance, WCAG 2.2."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def text_width(text: str, size: float = LABEL, bold: bool = False) -> float:
    """The width of one line of text, in inches."""
    line = set_line(text, bold)
    return (line.width if line else shaped_width(text, bold)) / EM * size / 72


def line_height(size: float) -> float:
    """The distance between two lines of text, in inches."""
    return size * 1.28 / 72


def wrap(text: str, width: float, size: float = LABEL, bold: bool = False) -> list[str]:
    """``text`` in lines no wider than ``width`` inches; a word that is wider is broken. No text has no line."""
    lines: list[str] = []
    words = filter(None, text.split(" "))  # str.split() would break at no-break spaces
    for word in (part for whole in words for part in _broken(whole, width, size, bold)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _broken(word: str, width: float, size: float, bold: bool) -> list[str]:
    """A word in pieces no wider than ``width``, each of at least one letter."""
    pieces = [""]
    if text_width(word, size, bold) <= width:
        return [word]
    for letter in word:
        if pieces[-1] and text_width(pieces[-1] + letter, size, bold) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def interval(low: float, high: float, places: int = 2) -> str:
    return f"{decimal(low, places)} to {decimal(high, places)}"


def with_interval(
    value: float,
    low: float | None,
    high: float | None,
    null: float = 0.0,
    between: str = " ",
    places: int = 2,
    mark: str = "",
) -> str:
    """An estimate with its interval, to the places that keep it and either end off ``null``, unless it is there."""
    places = places_of((low, high), places, null, value)
    if low is None or high is None:
        return to_places(value, places) + mark
    return f"{to_places(value, places)}{mark}{between}({interval(low, high, places)})"


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near ``wanted``, in their order, ``gap`` apart and, if they fit, from ``low`` to ``high``."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    clusters: list[tuple[float, int]] = []  # centre and number of labels in each run of touching labels
    for index in order:
        centre, count = wanted[index], 1
        while clusters and clusters[-1][0] + gap * (clusters[-1][1] + count) / 2 > centre:
            before, many = clusters.pop()
            centre, count = (before * many + centre * count) / (many + count), many + count
        half = gap * (count - 1) / 2
        clusters.append((min(max(centre, low + half), max(high - half, low + half)), count))
    placed = [0.0] * len(wanted)
    slots = [centre + gap * (i - (count - 1) / 2) for centre, count in clusters for i in range(count)]
    for index, slot in zip(order, slots, strict=True):
        placed[index] = slot
    return placed
