"""Where chains of changes of codes lead: that vintages run one way, and no part of a code ends outside all areas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipeline.specs.area_lookups import Change


def vintage_cycle(changes: Iterable[Change]) -> list[str] | None:
    """Vintages that lead back to the first of them (``2011, 2021, 2011``), the shortest such way; None without one.

    Time runs one way: where two vintages each come from the other, a code would become another and be it again.
    """
    after: dict[str, set[str]] = {}
    for one in changes:
        after.setdefault(one.from_vintage, set()).add(one.to_vintage)
    found = [way for start in sorted(after) if (way := _way_back(start, after)) is not None]
    return min(found, key=len, default=None)


def _way_back(start: str, after: dict[str, set[str]]) -> list[str] | None:
    ways, seen = [[start]], set[str]()
    while ways:
        way = ways.pop(0)
        for following in sorted(after.get(way[-1], ())):
            if following == start:
                return [*way, start]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return None


def ends_of(code: str, path: Sequence[str], changes: Sequence[Change]) -> list[str]:
    """The codes that people of a code are in at the end of a path of vintages, forwards or back."""
    found = [code]
    for before, after in pairwise(path):
        became: dict[str, list[str]] = {}
        for one in changes:
            if (one.from_vintage, one.to_vintage) == (before, after):
                became.setdefault(one.old_code, []).append(one.new_code)
            elif (one.from_vintage, one.to_vintage) == (after, before):
                became.setdefault(one.new_code, []).append(one.old_code)
        found = list(dict.fromkeys(end for own in found for end in became.get(own, [own])))
    return found


def half_lost(members: Iterable[str], path: Sequence[str], changes: Sequence[Change]) -> dict[str, list[str]]:
    """Code of the first vintage → those of its parts at the end of the path that no area has, while others are in one.

    A code with no part in an area is that of another place; one with some leaves people in none.
    """
    known, start = set(members), path[0]
    codes = [one.old_code for one in changes if one.from_vintage == start]
    codes += [one.new_code for one in changes if one.to_vintage == start]
    found = {}
    for code in dict.fromkeys(codes):
        ends = ends_of(code, path, changes)
        lost = [end for end in ends if end not in known]
        if lost and len(lost) < len(ends):
            found[code] = lost
    return found
