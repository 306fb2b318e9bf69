"""What the tension monitor refuses."""

from __future__ import annotations

import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.checks import require_numbers
from pipeline.specs.disclosure import SMALLEST

NEEDED = ("area", "measure", "kind", "wave", "against", "estimate", "std_error", "n_persons")


def check_changes(changes: pl.DataFrame, rate: float, fall: float, areas: int, smallest: int) -> None:
    """Raises CohesionError for changes and options that do not fit."""
    missing = [name for name in NEEDED if name not in changes.columns]
    if missing:
        raise CohesionError(
            f"there is no column `{missing[0]}`", where="changes", todo="Give the rows of `area_changes`."
        )
    require_numbers(changes, ["estimate", "std_error", "n_persons"])
    if not 0 < rate < 1:
        raise CohesionError(f"`false_alarms={rate!r}` is not between 0 and 1", where="false_alarms")
    if not fall > 0:
        raise CohesionError(f"`fall={fall!r}` is not above 0", where="fall", todo="Write 0.3 for 0.3 deviations.")
    if areas < 4:
        raise CohesionError("of fewer than 4 areas it is not known how much they differ", where="fewest_areas")
    if smallest < SMALLEST:
        raise CohesionError(f"fewer than {SMALLEST} people may not be shown", where="smallest")
    twice = changes.select("area", "measure", "kind", "wave", "against").is_duplicated().sum()
    if twice:
        raise CohesionError("an area has several changes of one measure, kind and pair of waves", count=int(twice))
