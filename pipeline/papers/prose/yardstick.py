"""How large a declared yardstick is in a paper's results, and how an effect compares with it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.papers.prose.difference import ends
from pipeline.papers.prose.quantity import Quantity
from pipeline.papers.prose.words import MULTIPLES, NEAR
from pipeline.specs.rounding import rounded

if TYPE_CHECKING:
    from pipeline.papers.results import Results
    from pipeline.specs.yardstick import Measured, Yardstick

SMALL = 0.05
"""A share of a yardstick below this is called that: its words would be of noise."""

FRACTIONS = {0.1: "a tenth of", 0.2: "a fifth of", 0.25: "a quarter of", 1 / 3: "a third of", 0.5: "half of"}


def is_clear(found: Quantity) -> bool:
    """Whether its interval lies wholly on one side of no effect."""
    low, high = ends(found)
    return low > found.null or high < found.null


def length(results: Results, model: str, declared: Yardstick) -> tuple[float, Quantity | None]:
    """The yardstick's size without its sign; zero where it is no more certain than nothing."""
    if declared.value is not None:
        return declared.value, None
    if declared.sd is not None:
        part = "residual" if declared.sd == "within" else "person"
        variance = results.est(model, part, component="variance")
        return max(variance.known(), 0.0) ** 0.5, variance
    one = _of(results, model, declared.of)
    if declared.less is None:
        return (abs(one.known()) if one.low is None or is_clear(one) else 0.0), one
    other = _of(results, model, declared.less)
    return abs(one.known() - other.known()), replace(
        one, origin=replace(one.origin, rows=(*one.origin.rows, *other.origin.rows))
    )


def _of(results: Results, model: str, named: Measured | None) -> Quantity:
    assert named is not None
    picked = {name: getattr(named, name) for name in ("component", "outcome", "wave", "group")}
    return results.est(named.model or model, named.term, **picked)


def as_much(share: float) -> str:
    """How a size compares with a yardstick's, before the words of the yardstick.

    >>> [as_much(share) for share in (0.01, 0.26, 0.97, 2.1)]
    ['less than a twentieth of', 'about a quarter of', 'about as much as', 'about twice as much as']
    """
    if share < SMALL:
        return "less than a twentieth of"
    if abs(share - 1) <= NEAR:
        return "about as much as"
    known: Mapping[float, str] = FRACTIONS if share < 1 else {
        ratio: f"{words} much as" for ratio, words in MULTIPLES.items() if ratio > 1
    }  # fmt: skip
    nearest = min(known, key=lambda ratio: abs(share / ratio - 1))
    if abs(share / nearest - 1) <= NEAR:
        return f"about {known[nearest]}"
    return f"{rounded(share, 1)} times as much as" if share > 1 else f"{rounded(100 * share, 0)}% of"
