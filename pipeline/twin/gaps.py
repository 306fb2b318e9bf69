"""Why answers are missing: of each wave, groups of columns that the same people leave out for the same reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
EMPTY = ""
"""Stands for an empty cell."""


@dataclass(frozen=True)
class Gap:
    """Columns of a wave that the same people do not answer, with the missing code that stands there."""

    wave: str
    code: str
    columns: tuple[str, ...]
    who: Array
    """Of all people whether they are of it; NaN for those who are not in the wave."""

    @property
    def share(self) -> float:
        return float(np.nanmean(self.who))


@dataclass(frozen=True)
class Gaps:
    """The gaps of one wave, the commonest first. ``never``: column → code, where (nearly) nobody has an answer."""

    found: tuple[Gap, ...]
    never: Mapping[str, str]


def gaps_of(
    wave: str, cells: Mapping[str, Sequence[str]], missing: Mapping[str, frozenset[str]], here: Array, smallest: int
) -> Gaps:
    """Learn the gaps of a wave. ``cells``: column → code of each person; ``here``: who is in the wave.

    Missing codes of fewer than ``smallest`` people are taken for the column's commonest one, or left out with it.
    """
    groups: dict[tuple[str, bytes], list[str]] = {}
    masks: dict[tuple[str, bytes], Array] = {}
    never: dict[str, str] = {}
    for column, codes in cells.items():
        found = _of_column(codes, missing[column], here, smallest)
        answered = here & ~np.logical_or.reduce([np.zeros_like(here), *_all(codes, missing[column], here).values()])
        if answered.sum() < smallest:
            never[column] = max(found, key=lambda code: found[code].sum(), default=EMPTY)
            continue
        for code, mask in found.items():
            key = (code, np.packbits(mask).tobytes())
            groups.setdefault(key, []).append(column)
            masks[key] = mask
    made = [
        Gap(wave, key[0], tuple(columns), np.where(here, masks[key].astype(float), np.nan))
        for key, columns in groups.items()
    ]
    made.sort(key=lambda gap: (-gap.share, gap.columns))
    return Gaps(tuple(made), never)


def _all(codes: Sequence[str], missing: frozenset[str], here: Array) -> dict[str, Array]:
    array = np.asarray(codes, dtype=object)
    return {code: here & (array == code) for code in sorted({*missing, EMPTY}) if (here & (array == code)).any()}


def _of_column(codes: Sequence[str], missing: frozenset[str], here: Array, smallest: int) -> dict[str, Array]:
    """Missing code → who has it, of those codes that enough people have."""
    found = _all(codes, missing, here)
    few = [code for code, mask in found.items() if mask.sum() < smallest]
    rest = np.logical_or.reduce([np.zeros_like(here), *(found.pop(code) for code in few)])
    if found and few:
        commonest = max(found, key=lambda code: found[code].sum())
        found[commonest] = found[commonest] | rest
    elif rest.sum() >= smallest:
        found[few[0]] = rest
    return found
