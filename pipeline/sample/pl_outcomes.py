"""Parallel Lives: what became of everybody issued in the made-up panel, an outcome for each wave.

Why people are absent is made up beside who is: refusal and the like do not depend on anything. Who never answers again
may also have withdrawn, moved abroad or died.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray

NEVER = 0.30
"""People issued who never answered, for each one who did at the first wave."""

NOT_YET, COMPLETE, LOST, REFUSED, NO_CONTACT, UNABLE, NOT_ISSUED, WITHDREW, ABROAD, DIED = (
    -8,
    1,
    9,
    10,
    11,
    14,
    40,
    63,
    81,
    99,
)
_MISSED = ((REFUSED, 0.42), (NO_CONTACT, 0.46), (UNABLE, 0.10), (LOST, 0.02))
_GONE = ((REFUSED, 0.36), (NO_CONTACT, 0.36), (UNABLE, 0.06), (WITHDREW, 0.10), (ABROAD, 0.06), (DIED, 0.06))
LASTING = (WITHDREW, ABROAD, DIED)


def outcome_codes(present: Array, rng: np.random.Generator) -> Array:
    """People × waves: the code of each wave; before they enter, that of people not in the panel yet."""
    people, waves = present.shape
    codes = np.where(present, COMPLETE, NOT_YET)
    entered = np.maximum.accumulate(present, axis=1)
    comes_back = np.flip(np.maximum.accumulate(np.flip(present, axis=1), axis=1), axis=1)
    gone = np.zeros(people, dtype=int)
    for wave in range(waves):
        missed, left = _draw(_MISSED, people, rng), _draw(_GONE, people, rng)
        absent = entered[:, wave] & ~present[:, wave]
        codes[:, wave] = np.where(absent, np.where(comes_back[:, wave], missed, left), codes[:, wave])
        codes[:, wave] = np.where(gone > 0, gone, codes[:, wave])
        gone = np.where(np.isin(codes[:, wave], LASTING), codes[:, wave], gone)
    return codes


def outcomes_of_strangers(present: Array, rng: np.random.Generator) -> Array:
    """People × waves: the codes of people who were issued at the first wave and never answered."""
    count = round(NEVER * int(present[:, 0].sum()))
    codes = np.full((count, present.shape[1]), NOT_ISSUED)
    codes[:, 0] = _draw(((REFUSED, 0.55), (NO_CONTACT, 0.38), (UNABLE, 0.07)), count, rng)
    return codes


def ids_of_others(ids: Array, count: int, rng: np.random.Generator) -> Array:
    """Ids of so many people, none of them among ``ids``."""
    free = np.setdiff1d(rng.choice(90_000_000, size=2 * count, replace=False) + 10_000_000, ids.astype(int))
    return rng.permutation(free)[:count].astype(float)


def _draw(shares: tuple[tuple[int, float], ...], count: int, rng: np.random.Generator) -> Array:
    codes, chances = zip(*shares, strict=True)
    return rng.choice(codes, size=count, p=np.array(chances) / sum(chances))
