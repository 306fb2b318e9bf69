"""Who answers which wave: late entrants, people who leave, and people who come back after a gap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.errors import CohesionError

Array = np.ndarray
RETURNING = -1.9
"""Added to the log odds of someone who missed the wave before."""


def take_part(
    willing: Array, responses: Sequence[int], rng: np.random.Generator, *, returning: float = RETURNING
) -> Array:
    """Pool people × waves: who answers.

    ``willing[i, t]`` is the log odds that person i, having answered wave t, answers the next one; someone who missed
    the wave before answers on the odds of their last answered wave, lowered by ``returning``. New people of the pool
    then enter, in order, until a wave has its number of ``responses``; where more stay than that, it has more.

    Raises ``CohesionError`` if the pool is too small.
    """
    people, waves = willing.shape[0], len(responses)
    present = np.zeros((people, waves), dtype=bool)
    last = np.full(people, -1)
    entered = 0
    for wave, wanted in enumerate(responses):
        if wave:
            known = np.arange(entered)
            odds = willing[known, last[:entered]] + np.where(last[:entered] == wave - 1, 0.0, returning)
            present[known, wave] = rng.random(entered) < 1 / (1 + np.exp(-odds))
        coming = max(wanted - int(present[:, wave].sum()), 0)
        if entered + coming > people:
            raise CohesionError("the pool of made-up people is too small", count=people)
        present[entered : entered + coming, wave] = True
        entered += coming
        last[present[:, wave]] = wave
    return present
