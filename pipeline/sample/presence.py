"""Who answers which wave: late entrants, people who leave, and people who come back after a gap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.errors import CohesionError

Array = np.ndarray
RETURNING = -1.9
"""Added to the log odds of someone who missed the wave before."""


def take_part(
    willing: Array,
    rng: np.random.Generator,
    *,
    responses: Sequence[int] = (),
    entrants: Sequence[int] = (),
    returning: float = RETURNING,
) -> Array:
    """Pool people × waves: who answers. Give the number of ``responses`` of each wave, or of its new ``entrants``.

    ``willing[i, t]`` is the log odds that person i, having answered wave t, answers the next one; someone who missed
    the wave before answers on the odds of their last answered wave, lowered by ``returning``. New people of the pool
    then enter, in order, until a wave has its number (where more stay than that, it has more responses).

    Raises ``CohesionError`` if the pool is too small.
    """
    people, waves = willing.shape[0], len(responses or entrants)
    present = np.zeros((people, waves), dtype=bool)
    last = np.full(people, -1)
    entered = 0
    for wave in range(waves):
        if wave:
            known = np.arange(entered)
            odds = willing[known, last[:entered]] + np.where(last[:entered] == wave - 1, 0.0, returning)
            present[known, wave] = rng.random(entered) < 1 / (1 + np.exp(-odds))
        coming = entrants[wave] if entrants else max(responses[wave] - int(present[:, wave].sum()), 0)
        if entered + coming > people:
            raise CohesionError("the pool of made-up people is too small", count=people)
        present[entered : entered + coming, wave] = True
        entered += coming
        last[present[:, wave]] = wave
    return present
