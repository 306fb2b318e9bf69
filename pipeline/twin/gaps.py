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
    share: float
    who: Array | None = None
    """Of all people whether they are of it; NaN for who is not in the wave. None: of few, so that anybody may be."""


@dataclass(frozen=True)
class Gaps:
    """The gaps of one wave, the commonest first. ``never``: column → code, where (nearly) nobody has an answer."""

    found: tuple[Gap, ...]
    never: Mapping[str, str]


def gaps_of(
    wave: str, cells: Mapping[str, Sequence[str]], missing: Mapping[str, frozenset[str]], here: Array, smallest: int
) -> Gaps:
    """Learn the gaps of a wave. ``cells``: column → code of each person; ``here``: who is in the wave.

    Missing codes of fewer than ``smallest`` people are taken for the column's commonest one. Where a column has no
    other, anybody may have it, as often as on average over all such columns.
    """
    groups: dict[tuple[str, bytes], list[str]] = {}
    masks: dict[tuple[str, bytes], Array] = {}
    never: dict[str, str] = {}
    few: list[tuple[str, str, int]] = []
    for column, codes in cells.items():
        found = _all(codes, missing[column], here)
        answered = here & ~np.logical_or.reduce([np.zeros_like(here), *found.values()])
        if answered.sum() < smallest:
            never[column] = max(found, key=lambda code: int(found[code].sum()), default=EMPTY)
            continue
        kept, code, count = _of_column(found, here, smallest)
        if count:
            few.append((column, code, count))
        for name, mask in kept.items():
            key = (name, np.packbits(mask).tobytes())
            groups.setdefault(key, []).append(column)
            masks[key] = mask
    people = max(int(here.sum()), 1)
    made = [
        Gap(wave, key[0], tuple(columns), float(masks[key].sum()) / people,
            np.where(here, masks[key].astype(float), np.nan))
        for key, columns in groups.items()
    ]  # fmt: skip
    usual = float(np.mean([count for _, _, count in few])) / people if few else 0.0
    made += [Gap(wave, code, (column,), usual) for column, code, _ in few]
    made.sort(key=lambda gap: (-gap.share, gap.columns))
    return Gaps(tuple(made), never)


def _all(codes: Sequence[str], missing: frozenset[str], here: Array) -> dict[str, Array]:
    """Missing code → who has it."""
    array = np.asarray(codes, dtype=object)
    return {code: here & (array == code) for code in sorted({*missing, EMPTY}) if (here & (array == code)).any()}


def _of_column(found: Mapping[str, Array], here: Array, smallest: int) -> tuple[dict[str, Array], str, int]:
    """Missing code → who has it, of those that enough people have; the code and the number of the few others."""
    kept = {code: mask for code, mask in found.items() if mask.sum() >= smallest}
    others = [code for code in found if code not in kept]
    if not others:
        return kept, EMPTY, 0
    rest = np.logical_or.reduce([np.zeros_like(here), *(found[code] for code in others)])
    commonest = max(kept or others, key=lambda code: int(found[code].sum()))
    if kept or rest.sum() >= smallest:
        return {**kept, commonest: kept.get(commonest, np.zeros_like(here)) | rest}, EMPTY, 0
    return {}, commonest, int(rest.sum())
