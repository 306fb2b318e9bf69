"""Of a row of ``areas``: the best and the worst rank that the data leave open, of one area alone or of all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Ends = tuple[str, str]
ALONE: Ends = ("rank_low", "rank_high")
AT_ONCE: Ends = ("rank_set_low", "rank_set_high")


def rank_ends(row: Mapping[str, Any], *, at_once: bool = False) -> Ends | None:
    """The columns with the best and the worst rank that the data leave open, of this area alone or of all at once.

    Ranks of all at once come from the confidence set of all ranks. It carries sampling alone: an end that the choices
    of method move further is that of the area alone. ``None`` where one is not known.
    """
    known = [ends for ends in (ALONE, AT_ONCE) if all(row.get(name) is not None for name in ends)]
    if not at_once:
        known = [ends for ends in known if ends == ALONE]
    elif AT_ONCE not in known:
        return None
    if not known:
        return None
    low, high = zip(*known, strict=True)  # of two ends that are the same, that of the area alone
    return min(low, key=lambda name: row[name]), max(high, key=lambda name: row[name])


def rank_with_ends(row: Mapping[str, Any], *, at_once: bool = False) -> tuple[float, float, float]:
    """The rank with its ends: those of the area alone where none are known of all at once; without either the rank."""
    low, high = rank_ends(row, at_once=at_once) or rank_ends(row) or ("rank", "rank")
    return row["rank"], row[low], row[high]
