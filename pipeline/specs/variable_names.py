"""How the variables of a wave are called: a pattern with ``{name}``, and the wave's ``{mark}`` or ``{number}``."""

from __future__ import annotations

import re
from string import Formatter

FIELDS = ("name", "mark", "number")


def check_pattern(pattern: str) -> str:
    """The pattern. Raises ``ValueError`` if it holds no ``{name}``, or anything that is no part of a name."""
    try:
        parts = [(field, form) for _, field, form, _ in Formatter().parse(pattern) if field is not None]
    except ValueError:
        parts = [("", "")]
    strange = [field for field, _ in parts if field not in FIELDS]
    if strange or [field for field, _ in parts].count("name") != 1:
        raise ValueError(
            f"`{pattern}` must hold {{name}} once, and may hold {{mark}} and {{number}} (or {{number:02}}) of the wave"
        )
    if any(form and (field != "number" or not re.fullmatch(r"0?\d", form)) for field, form in parts):
        raise ValueError(f"`{pattern}`: only the number may have a width, as in {{number:02}}")
    return pattern


def needs(pattern: str, field: str) -> bool:
    """Whether a pattern holds the wave's mark, or its number."""
    return any(found == field for _, found, _, _ in Formatter().parse(pattern))


def filled(pattern: str, name: str, mark: str, number: int) -> str:
    """The name of a variable in the file."""
    return pattern.format(name=name, mark=mark, number=number)


def ends(pattern: str, mark: str, number: int) -> tuple[str, str]:
    """What stands before and behind the names of the wave's variables."""
    before, _, behind = filled(pattern, "\x00", mark, number).partition("\x00")
    return before, behind
