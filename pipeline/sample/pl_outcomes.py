"""Parallel Lives: the field report of the made-up panel, one row per person issued, with an outcome for each wave.

Why people are absent is made up beside who is: refusal and the like do not depend on anything. Who never answers again
may also have withdrawn, moved abroad or died.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

Array = np.ndarray

FILE = "field_report.csv"
NEVER = 0.30
"""People issued who never answered, for each one who did at the first wave."""

COMPLETE, LOST, REFUSED, NO_CONTACT, UNABLE, NOT_ISSUED, WITHDREW, ABROAD, DIED = 1, 9, 10, 11, 14, 40, 63, 81, 99
_MISSED = ((REFUSED, 0.42), (NO_CONTACT, 0.46), (UNABLE, 0.10), (LOST, 0.02))
_GONE = ((REFUSED, 0.36), (NO_CONTACT, 0.36), (UNABLE, 0.06), (WITHDREW, 0.10), (ABROAD, 0.06), (DIED, 0.06))
LASTING = (WITHDREW, ABROAD, DIED)


def outcome_codes(present: Array, rng: np.random.Generator) -> Array:
    """People × waves: the code of each wave from entry on, 0 before it."""
    people, waves = present.shape
    codes = np.where(present, COMPLETE, 0)
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


def write_report(present: Array, ids: Array, folder: Path, rng: np.random.Generator) -> Path:
    """The report as CSV, in an order that says nothing; people who never answered are in it too."""
    waves = present.shape[1]
    codes = outcome_codes(present, rng)
    count = round(NEVER * int(present[:, 0].sum()))
    strangers = np.full((count, waves), NOT_ISSUED)
    strangers[:, 0] = _draw(((REFUSED, 0.55), (NO_CONTACT, 0.38), (UNABLE, 0.07)), count, rng)
    free = np.setdiff1d(rng.choice(90_000_000, size=2 * count, replace=False) + 10_000_000, ids.astype(int))
    everyone = np.concatenate([ids.astype(int), rng.permutation(free)[:count]])
    order = rng.permutation(len(everyone))
    texts = np.concatenate([codes, strangers])[order].astype(str)
    texts[texts == "0"] = ""
    columns = {f"{letter}_ivfio": texts[:, place] for place, letter in zip(range(waves), "abc", strict=True)}
    frame = pl.DataFrame({"pidp": everyone[order].astype(str), **columns})
    path = folder / FILE
    path.write_bytes(frame.write_csv().encode())
    return path


def _draw(shares: tuple[tuple[int, float], ...], count: int, rng: np.random.Generator) -> Array:
    codes, chances = zip(*shares, strict=True)
    return rng.choice(codes, size=count, p=np.array(chances) / sum(chances))
