"""When the waves were: numbers or dates, and whether their spacing is equal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from pipeline.errors import ModelError

Times = Sequence[float] | Sequence[date]


def gaps(times: Times) -> list[float]:
    """Intervals between waves."""
    return [later - earlier for earlier, later in pairwise(numbers(times))]


def numbers(times: Times) -> list[float]:
    """Numbers as they are, dates in years of 365.25 days. Raises ModelError for what is neither."""
    try:
        found = [moment.toordinal() / 365.25 if isinstance(moment, date) else float(moment) for moment in times]
    except (TypeError, ValueError) as problem:
        raise ModelError("the times are numbers or dates, one a wave", where="times") from problem
    if not all(math.isfinite(value) for value in found):
        raise ModelError("the times are numbers or dates, one a wave", where="times")
    return found


def wave_numbers(times: Times | None, waves: int) -> list[float]:
    """One time a wave, the first at zero: 0, 1, 2, … unless given. Raises ModelError if they do not rise."""
    if times is None:
        return [float(wave) for wave in range(waves)]
    unequal_spacing(times, waves)
    found = numbers(times)
    return [number - found[0] for number in found]


def unequal_spacing(times: Times | None, waves: int) -> str | None:
    """A warning where intervals differ by more than a tenth of the shortest.

    Raises ModelError if there is not one time a wave, in order.
    """
    if times is None:
        return None
    if len(times) != waves:
        raise ModelError(f"{len(times)} times for {waves} waves", todo="Give one time a wave.")
    found = gaps(times)
    if min(found) <= 0:
        raise ModelError("the times do not rise from wave to wave", todo="List them in order of waves.")
    if max(found) <= 1.1 * min(found):
        return None
    listed = ", ".join(f"{gap:.2f}" for gap in found)
    return f"the waves are unequally spaced (intervals {listed}): lags belong to their interval, see continuous_time"
