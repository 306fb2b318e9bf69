"""What leaving out one indicator, or one domain, does to scores and ranks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.uncertainty.choices import Factor
from pipeline.index.uncertainty.replicated import ReplicatedIndex
from pipeline.index.uncertainty.sensitivity import changes, scores_of, sensitivity_rows


@public()
def removals(made: ReplicatedIndex) -> pl.DataFrame:
    """One row per indicator or domain left out, wave, area and measure (``area_sensitivity``, kind ``removal``).

    "index" is the change of an area's score, "rank" of its rank (1 is highest, so that 2 means two places lower);
    without an area, "rank" is the mean absolute change of rank over areas (R: COINr ``remove_elements``).
    """
    recipe = made.recipe
    names = [*(recipe.domains if len(recipe.kept) > 1 else []), *recipe.indicators]
    names = [name for name in names if len(replace(recipe, left_out=name).kept)]
    if len(names) < 2:
        raise CohesionError("nothing can be left out of a single indicator", where="domains")
    scores = scores_of(made, [Factor("left_out", tuple(names))], np.arange(len(names))[:, None])
    parts = []
    for at, name in enumerate(names):
        moved = {key: value[0] for key, value in changes(made, scores[at : at + 1]).items()}
        parts.append(sensitivity_rows(made, "removal", name, moved, 1))
    return pl.concat(parts)
