"""The wave in a variable's name: ``a_trust`` and ``w2_trust`` before it, ``trust_w02`` and ``trust_2`` behind it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

PREFIX = re.compile(r"^(?:[a-z]{1,3}_|w\d{1,2}_?|[a-z]{1,2}\d{1,2}_)$", re.IGNORECASE)
"""What household panels put before a variable's name: ``a_``, ``bb_``, ``w1_``, ``hh1_``."""

SUFFIX = re.compile(r"^(?:_?[wt]\d{1,2}|_\d{1,2})$", re.IGNORECASE)
"""What other panels put behind it: ``_w02``, ``w2``, ``_t3``, ``_2``."""

_OWN_PREFIX = re.compile(r"^(?:w\d{1,2}_?|[a-z]{1,2}\d{1,2}_)", re.IGNORECASE)
_LETTERS = re.compile(r"^[a-z]{1,2}_", re.IGNORECASE)
_WAVE_SUFFIX = re.compile(r"_?[wt]\d{1,2}$", re.IGNORECASE)
_OWN_SUFFIX = re.compile(r"(?:_?[wt]\d{1,2}|_\d{1,2})$", re.IGNORECASE)


@dataclass(frozen=True)
class Mark:
    """What stands before and behind the names of a wave's variables."""

    prefix: str = ""
    suffix: str = ""

    def of(self, name: str) -> str:
        return f"{self.prefix}{name}{self.suffix}"

    def without(self, name: str) -> str:
        """A name without the mark, if it bears it and more."""
        lower = name.lower()
        if not lower.startswith(self.prefix.lower()) or not lower.endswith(self.suffix.lower()):
            return name
        return name[len(self.prefix) : len(name) - len(self.suffix)] or name

    @property
    def number(self) -> int | None:
        """The wave's number, where the mark holds one."""
        found = re.search(r"\d+", self.prefix + self.suffix)
        return int(found.group()) if found else None


def common_prefix(columns: Collection[str], wanted: Collection[str]) -> str:
    """The prefix under which most of the wanted variables are in a file; empty if none brings more than the bare names.

    >>> common_prefix(["a_trust", "a_sex", "pid"], ["trust", "sex"])
    'a_'
    """
    return _common(columns, wanted, is_prefix=True)


def common_suffix(columns: Collection[str], wanted: Collection[str]) -> str:
    """The same for what stands behind the names. A bare number is none where it counts the items of a battery.

    >>> common_suffix(["trust_w02", "sex_w02", "pid"], ["trust", "sex"])
    '_w02'
    >>> common_suffix(["trust_1", "trust_2", "worry_1", "worry_2"], ["trust", "worry"])
    ''
    """
    found = _common(columns, wanted, is_prefix=False)
    if not found.lstrip("_").isdigit():
        return found
    lower = {column.lower() for column in columns}
    others = [f"_{number}" for number in range(1, 10) if f"_{number}" != found]
    batteries = sum(any(f"{name}{other}".lower() in lower for other in others) for name in wanted)
    return "" if batteries > len(wanted) / 3 else found


def without_own(names: Collection[str]) -> dict[str, str]:
    """Name → the name without the wave's mark that most of the names bear; the name itself if they bear none.

    >>> without_own(["c01_w01", "c02_w01", "sex_w01"])["c02_w01"]
    'c02'
    """
    found = {name: name for name in names}
    for pattern, strip in ((_OWN_PREFIX, str.removeprefix), (_OWN_SUFFIX, str.removesuffix)):
        marks = Counter(match.group() for name in found.values() if (match := pattern.search(name)))
        mark, count = marks.most_common(1)[0] if marks else ("", 0)
        if count > len(found) / 2 and count > 1:
            found = {name: strip(bare, mark) or bare for name, bare in found.items()}
    return found


def _common(columns: Collection[str], wanted: Collection[str], is_prefix: bool) -> str:
    bare = len({name.lower() for name in wanted} & {name.lower() for name in columns})
    found: dict[str, set[str]] = {}
    for column in columns:
        for name in wanted:
            mark = _rest(column, name, is_prefix)
            if mark and (PREFIX if is_prefix else SUFFIX).match(mark):
                found.setdefault(mark, set()).add(name)
    best = max(found, key=lambda mark: len(found[mark]), default="")
    return best if best and len(found[best]) > max(bare, len(wanted) / 3) else ""


def _rest(column: str, name: str, is_prefix: bool) -> str:
    """What a column has before (or behind) a name; empty if it does not hold the name there."""
    lower = column.lower()
    if is_prefix:
        return column[: len(column) - len(name)] if lower.endswith(name.lower()) else ""
    return column[len(name) :] if lower.startswith(name.lower()) else ""


def own_mark(columns: Collection[str]) -> Mark:
    """The mark that most names of a file bear, of which nothing else is known.

    >>> own_mark(["c01_w01", "c02_w01", "c03_w01", "sex_w01", "pid"])
    Mark(prefix='', suffix='_w01')
    >>> own_mark(["a_trust", "a_worry", "a_sex", "a_dvage", "a_hhsize", "pidp"])
    Mark(prefix='a_', suffix='')
    >>> own_mark(["trust_1", "trust_2", "trust_3", "worry_1"])
    Mark(prefix='', suffix='')
    """
    for is_prefix, pattern, least in ((True, _OWN_PREFIX, 0.5), (True, _LETTERS, 0.8), (False, _WAVE_SUFFIX, 0.5)):
        marks = Counter(match.group() for name in columns if (match := pattern.search(name)))
        mark, count = marks.most_common(1)[0] if marks else ("", 0)
        if count > 3 and count > least * len(columns):
            return Mark(prefix=mark) if is_prefix else Mark(suffix=mark)
    return Mark()
