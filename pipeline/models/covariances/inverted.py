"""From draws of a test to its p-value at any hypothesis, and to the interval of those it does not reject.

Under the null that a coefficient lies ``shift`` below its estimate the residuals are e + shift · x̃, so that the
numerator of each draw is linear in the shift and its variance quadratic: five numbers a draw, computed once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

TIE = 1e-9
FARTHEST = 1e6
"""In standard errors: an interval that reaches further has no end."""


@dataclass(frozen=True)
class DrawnTest:
    """The test of one coefficient by draws, all of them where ``enumerated``.

    ``conf_low`` or ``conf_high`` is None where no value on that side is rejected.
    """

    estimate: float
    std_error: float
    statistic: float
    p_value: float
    conf_low: float | None
    conf_high: float | None
    n_clusters: int
    n_draws: int
    enumerated: bool
    described: str
    note: str | None


def p_value(draws: np.ndarray, shift: float, statistic: float, *, counted: bool, themselves: float = 0.0) -> float:
    """The share of draws (5 × B: see ``Statistics.drawn``) at least as extreme as ``statistic``.

    Draws with a variance below zero, as two-way clustering may give, are left out. ``counted``: ties count;
    ``themselves`` is 1 where the data count as a further draw.
    """
    first, second, square, cross, own = draws
    numerator = first + shift * second
    variance = square + 2 * shift * cross + shift**2 * own
    size = abs(statistic)
    bound = size * (1 - TIE) if counted else size * (1 + TIE)
    reached = numerator**2 >= bound**2 * variance if counted else numerator**2 > bound**2 * variance
    meant = variance >= 0
    number = float(meant.sum()) + themselves
    return float(((reached & meant).sum() + themselves) / number) if number else 1.0


def interval(p_at: Callable[[float], float], std_error: float, level: float) -> tuple[float | None, float | None]:
    """How far below and above the estimate hypotheses are rejected at ``level`` first: (negative, positive) shifts.

    ``p_at`` takes the estimate less the hypothesis. None: on that side nothing is rejected.
    """
    return _end(p_at, std_error, level, -1.0), _end(p_at, std_error, level, 1.0)


def _end(p_at: Callable[[float], float], std_error: float, level: float, sign: float) -> float | None:
    inside, step = 0.0, 0.25
    outside = step
    while p_at(sign * outside * std_error) > level:
        inside = outside
        outside = outside + step if outside < 8 else outside * 1.5
        if outside > FARTHEST:
            return None
    for _ in range(60):
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            break
        if p_at(sign * middle * std_error) > level:
            inside = middle
        else:
            outside = middle
    return sign * inside * std_error
