"""Seeded simulations of recodings: two waves of a panel, codes changed in the second, and whether it is found.

Planted: a trait that correlates with itself between waves (``stability``), moves by ``change`` standard deviations, and
is cut into 4, 5, 7 or 11 ordered answers with shares drawn about a given shape; or, for party lists, categories that
people keep or draw anew. Then the codes of the second wave are permuted, moved, reversed, rescaled, merged or split.

``uv run python tests/recovery/recoding_power.py [repetitions]`` prints the table: found, where the recoding moves the
mean by a tenth of a standard deviation or more, and false alarms without any.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from pipeline.harmonise.drift.recoding.fit import best_mapping
from pipeline.harmonise.drift.recoding.transitions import Transitions

Codes = NDArray[np.float64]
Random = np.random.Generator
SHAPES = (
    (0.3, 0.2, 0.35, 0.15),
    (0.1, 0.25, 0.3, 0.25, 0.1),
    (0.35, 0.3, 0.2, 0.1, 0.05),
    (0.05, 0.1, 0.2, 0.3, 0.2, 0.1, 0.05),
    (0.04, 0.04, 0.07, 0.08, 0.1, 0.25, 0.12, 0.12, 0.1, 0.05, 0.03),
)
PEOPLE, STABILITY, CHANGE = (200, 500, 1000, 3000), (0.2, 0.5, 0.8), (0.0, 0.2, 0.4)


def _permuted(chance: Random, codes: Codes, size: int) -> Codes:
    order = np.arange(1, size + 1)
    while (order == np.arange(1, size + 1)).all():
        order = chance.permutation(size) + 1
    return order[codes.astype(int) - 1].astype(float)


def _merged(chance: Random, codes: Codes, size: int) -> Codes:
    at = chance.integers(1, size)
    return np.where(codes > at, codes - 1, codes) if chance.random() < 0.5 else np.where(codes == at, at + 1.0, codes)


def _split(chance: Random, codes: Codes, size: int) -> Codes:
    at = chance.integers(1, size + 1)
    upper = (codes == at) & (chance.random(len(codes)) < 0.5)
    return np.where((codes > at) | upper, codes + 1, codes)


def _gap(chance: Random, codes: Codes, size: int) -> Codes:
    return np.where(codes >= chance.integers(2, size + 1), codes + 1, codes)


RECODINGS: dict[str, Callable[[Random, Codes, int], Codes]] = {
    "none": lambda _, codes, __: codes,
    "permutation": _permuted,
    "shift": lambda chance, codes, _: codes + float(chance.choice([-1, 1])),
    "code left out": _gap,
    "merge": _merged,
    "split": _split,
    "rescale": lambda _, codes, size: (codes - 1) * 10.0 / (size - 1),
    "reverse": lambda _, codes, size: size + 1 - codes,
}


def two_waves(chance: Random, shape: int, people: int, stability: float, change: float) -> tuple[Codes, Codes, int]:
    """The same people's codes before and now, and how many codes there are."""
    shares = 0.9 * chance.dirichlet(60 * np.array(SHAPES[shape])) + 0.1 * np.array(SHAPES[shape])
    cuts = ndtri(np.clip(np.cumsum(shares / shares.sum())[:-1], 1e-6, 1 - 1e-6))
    before = chance.normal(size=people)
    now = change + stability * before + np.sqrt(1 - stability**2) * chance.normal(size=people)
    return np.searchsorted(cuts, before) + 1.0, np.searchsorted(cuts, now) + 1.0, len(shares)


def counted(before: Codes, now: Codes, size: int, ordered: bool = True) -> Transitions:
    """The table, every present code declared: what somebody would do who only wants the build to go on."""
    values, first = np.unique(before, return_inverse=True)
    symbols, second = np.unique(now, return_inverse=True)
    flat = np.bincount(first * len(symbols) + second, minlength=len(values) * len(symbols))
    declared = frozenset({*map(float, range(1, size + 1)), *symbols.tolist()})
    codes = tuple((f"{symbol:g}",) for symbol in symbols)
    counts = flat.reshape(len(values), len(symbols)).astype(float)
    return Transitions(tuple(values.tolist()), tuple(symbols.tolist()), codes, counts, declared, ordered)


def simulated(repetitions: int, seed: int = 20261128) -> Iterator[tuple[str, int, float, float, bool, bool]]:
    """Recoding, people, stability, change, whether it moved the mean by a tenth of a standard deviation, found."""
    chance = np.random.default_rng(seed)
    for people, stability, change, kind, turn in product(PEOPLE, STABILITY, CHANGE, RECODINGS, range(repetitions)):
        moved = change * chance.choice([-1, 1])
        before, meant, size = two_waves(chance, turn % len(SHAPES), people, stability, moved)
        now = RECODINGS[kind](chance, meant, size)
        matters = abs(now.mean() - meant.mean()) >= 0.1 * meant.std()
        found = best_mapping(counted(before, now, size)) is not None
        yield kind, people, stability, change, bool(matters), found


def power(repetitions: int) -> tuple[dict[tuple[str, int, float], list[bool]], list[bool]]:
    """Found or not, by recoding, people and stability where the mean is moved; and false alarms."""
    cells: dict[tuple[str, int, float], list[bool]] = defaultdict(list)
    alarms = []
    for kind, people, stability, _, matters, found in simulated(repetitions):
        if kind == "none":
            alarms.append(found)
        elif matters:
            cells[kind, people, stability].append(found)
    return cells, alarms


def table(repetitions: int) -> str:
    """The table as text."""
    cells, alarms = power(repetitions)
    columns = list(product(PEOPLE, STABILITY))
    lines = ["found, per cent   " + " ".join(f"{f'{n}/{r}':>8}" for n, r in columns) + "      all"]
    for kind in list(RECODINGS)[1:]:
        own = [found for (name, *_), hits in cells.items() if name == kind for found in hits]
        shares = " ".join(f"{100 * np.mean(cells[kind, n, r] or [np.nan]):8.1f}" for n, r in columns)
        lines.append(f"{kind:<18}{shares} {100 * np.mean(own):8.1f}  ({len(own):,})")
    every = [found for hits in cells.values() for found in hits]
    lines.append(f"all recodings that move the mean by .1 SD: {100 * np.mean(every):.1f} % of {len(every):,} found")
    lines.append(f"false alarms: {100 * np.mean(alarms):.2f} % of {len(alarms):,} items without a recoding")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
