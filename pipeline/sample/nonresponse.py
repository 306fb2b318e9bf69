"""Answers that people leave out: refused, don't know, or blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

Array = np.ndarray
REASONS = ("refused", "dont_know", "blank")


def leave_out(
    items: Iterable[str],
    count: int,
    rng: np.random.Generator,
    *,
    share: float = 0.04,
    reasons: tuple[str, ...] = REASONS,
    shares: tuple[float, ...] = (0.3, 0.4, 0.3),
    more: Mapping[str, float] | None = None,
) -> dict[str, Array]:
    """Item → for each of ``count`` people "" or the reason why there is no answer.

    Some people leave out more than others; what they leave out does not depend on what they would have said.
    ``reasons`` come in ``shares``; ``more`` gives single items another share.
    """
    careless = rng.gamma(2.0, 0.5, count)
    found: dict[str, Array] = {}
    for item in items:
        wanted = (more or {}).get(item, share)
        left = rng.random(count) < np.clip(wanted * careless, 0, 0.9)
        reason = np.array(reasons, dtype=object)[rng.choice(len(reasons), size=count, p=shares)]
        found[item] = np.where(left, reason, "")
    return found
