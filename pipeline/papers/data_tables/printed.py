"""Printed cells read back as numbers, so that every form of a paper has one rounding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.papers.data_tables.content import Cell, Value

MARKS = "†‡*⁠"
"""Signs behind a number that say how it may be read."""
_NUMBER = r"(?P<{0}_sign>[−-]?)(?P<{0}>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<{0}_unit>%?)"
_BOUND = r"(?:[<>] ?[−-]?\d[\d,.]*%?)"
_PARTS = tuple(_NUMBER.format(name) for name in ("value", "low", "high", "bracket", "whole"))
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        _PARTS[0],
        rf"{_PARTS[0]} \({_PARTS[1]} to {_PARTS[2]}\)",
        rf"{_PARTS[1]} to {_PARTS[2]}",
        rf"{_PARTS[0]} \({_PARTS[3]}\)",
        rf"{_PARTS[0]} of {_PARTS[4]}",
    )
)
ROLES = ("value", "low", "high", "bracket", "whole")
"""What one printed cell may hold: a number, the ends of its interval, a number in brackets, of how many it is."""
MISSING = {"": "[z]", "–": "[x]", "-": "[x]", "withheld": "[x]", "suppressed": "[c]"}
"""What is printed where there is no number."""


@dataclass(frozen=True)
class Printed:
    """One cell, taken apart. ``missing`` is set where it holds no number; ``bound`` is what ``[low]`` stands for."""

    parts: dict[str, Cell] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    missing: str = ""
    bound: str = ""
    mark: str = ""


def printed(text: str) -> Printed | None:
    """A cell's numbers, or None if it holds words."""
    bare = text.strip().rstrip(MARKS).strip()
    mark = "".join(sign for sign in text.strip()[len(bare) :] if sign in "†‡*")
    if bare in MISSING or bare in MISSING.values():
        return Printed(missing=MISSING.get(bare, bare), mark=mark)
    if re.fullmatch(_BOUND, bare):
        return Printed(missing="[low]", bound=bare, mark=mark)
    found = next((shape for shape in (each.fullmatch(bare) for each in _SHAPES) if shape), None)
    if found is None:
        return None
    groups = found.groupdict()
    roles = [role for role in ROLES if groups.get(role)]
    parts: dict[str, Cell] = {role: _value(groups[role], groups[f"{role}_sign"]) for role in roles}
    return Printed(parts, {role: groups[f"{role}_unit"] for role in roles}, mark=mark)


def numbers_in(texts: Sequence[str]) -> list[Printed] | None:
    """A column's cells taken apart, or None if one of them holds words, or none holds a number."""
    found = [printed(text) for text in texts]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) and any(each.parts or each.bound for each in known) else None


def _value(digits: str, sign: str) -> Value:
    bare = digits.replace(",", "")
    return Value(float(bare) * (-1 if sign else 1), len(bare.partition(".")[2]))
