"""The calendar of each arm: its waves are named in the order in which people were asked."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from pipeline.specs.project import Study
from pipeline.specs.strict_yaml import Source


def check_calendar(study: Study, sources: Mapping[str, Source]) -> None:
    """Report waves whose fieldwork began before that of an earlier wave of the arm. ``sources``: wave → its file.

    Fieldwork may overlap, as it does in household panels; who is new, who returns and what changed is read off the
    order of the names.
    """
    reported: set[tuple[str, str]] = set()
    for arm, declared in study.about.arms.items():
        waves = sorted(wave for wave in declared.waves if wave in study.waves)
        for earlier, later in pairwise(waves):
            before, after = study.fieldwork(earlier, arm).start, study.fieldwork(later, arm).start
            if after < before and (earlier, later) not in reported:
                reported.add((earlier, later))
                sources[later].report(
                    ("fieldwork", "start"),
                    f"{later} began on {after}, before {earlier} ({before}): correct the dates, or name the waves in "
                    "the order of their fieldwork.",
                )
