"""Ids for invented people, of the form that a study declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.errors import CohesionError

PLAIN = r"[1-9]\d{6}"
TRIES = 50
MOST_REPEATS = 6


def invented_ids(pattern: str | None, count: int, random: np.random.Generator) -> list[str]:
    """So many different ids that match a regular expression. Raises ``CohesionError`` if it allows too few."""
    tree = _parsed(pattern or PLAIN)
    found: dict[str, None] = {}
    for _ in range(count * TRIES):
        if len(found) == count:
            break
        made = "".join(_drawn(tree, random))
        if re.fullmatch(pattern or PLAIN, made):
            found[made] = None
    if len(found) < count:
        raise CohesionError(
            f"a twin needs {count:,} ids like `{pattern}`, and such could not be made", where="ids: pattern"
        )
    return list(found)


def _parsed(pattern: str) -> Any:
    from re import _parser  # type: ignore[attr-defined]

    return _parser.parse(pattern)


def _drawn(tree: Any, random: np.random.Generator) -> Iterator[str]:
    """Texts that stand one behind the other; of what is not understood, nothing."""
    for kind, value in tree:
        name = str(kind)
        if name == "LITERAL":
            yield chr(value)
        elif name == "IN":
            yield _one_of(value, random)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, inner = value
            for _ in range(int(random.integers(low, min(int(high), low + MOST_REPEATS) + 1))):
                yield from _drawn(inner, random)
        elif name == "SUBPATTERN":
            yield from _drawn(value[-1], random)
        elif name == "BRANCH":
            yield from _drawn(value[1][int(random.integers(len(value[1])))], random)


def _one_of(members: Any, random: np.random.Generator) -> str:
    signs = [sign for kind, value in members for sign in _signs(str(kind), value)]
    return signs[int(random.integers(len(signs)))] if signs else ""


def _signs(kind: str, value: Any) -> list[str]:
    if kind == "LITERAL":
        return [chr(value)]
    if kind == "RANGE":
        return [chr(code) for code in range(value[0], value[1] + 1)]
    if kind == "CATEGORY":
        return list("ABCDEFGHIJ0123456789") if str(value).endswith("WORD") else list("0123456789")
    return []
