"""What waves may be called: w01 to w99 or w001 to w999, of one width in a study, so that text sorts as waves do."""

from __future__ import annotations

import re
from collections.abc import Iterable

NAME = re.compile(r"w[0-9]{2,3}")
_STRETCH = re.compile(r"(w[0-9]{2,3})\s+to\s+(w[0-9]{2,3})")


def misnamed(name: str, others: Iterable[str]) -> str:
    """In words, why a wave cannot be called so; empty where it can. ``others``: names of waves of the study."""
    if not NAME.fullmatch(name) or int(name[1:]) == 0:
        return f"`{name}` is no name of a wave: w01 to w99, or w001 to w999."
    if len(name) < max((len(other) for other in others if NAME.fullmatch(other)), default=0):
        return f"others have three digits: call `{name}` `w{int(name[1:]):03}`, so that waves sort by name."
    return ""


def stretch(given: object) -> object:
    """A list of waves, where they are given as ``w01 to w26``; anything else as it is."""
    if not isinstance(given, str):
        return given
    found = _STRETCH.fullmatch(given.strip())
    if found is None or len(found[1]) != len(found[2]) or not int(found[1][1:]) <= int(found[2][1:]):
        raise ValueError("say which waves, as [w01, w02] or `w01 to w26`")
    width = len(found[1]) - 1
    return [f"w{number:0{width}}" for number in range(int(found[1][1:]), int(found[2][1:]) + 1)]
