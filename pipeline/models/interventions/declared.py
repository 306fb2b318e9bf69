"""From the declaration of an intervention to the arguments of its family's function."""

from __future__ import annotations

from typing import cast

import polars as pl

from pipeline.models.declared import CLUSTERS
from pipeline.models.interventions.adoption import Treated
from pipeline.models.weighting import WEIGHT, Weighted
from pipeline.specs.families import FAMILIES
from pipeline.specs.interventions import Intervention

InterventionSpec = Intervention
MONTH = "_month of fieldwork"
OPTIONS = ("start", "treated", "reaches", "by", "unit", "categorical", "design", "anticipation")


def treatment(spec: Intervention, panel: pl.DataFrame, rows: Weighted | None) -> tuple[pl.DataFrame, Treated]:
    """The panel, with months in place of waves where the declaration says so, and who is treated from when."""
    takes = FAMILIES[spec.family].keys
    frame, wave = clocked(spec.calendar, panel)
    given: dict[str, object] = {name: getattr(spec, name) for name in OPTIONS if name in takes}
    given |= {"wave": wave, "weights": spec.weights if rows is None else WEIGHT}
    if "cluster" in takes:
        cluster = CLUSTERS.get(spec.cluster, spec.cluster)
        given["cluster"] = "person_id" if isinstance(cluster, tuple) else cluster
    return frame, cast(Treated, given)


def clocked(calendar: str, panel: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """The panel and its column of times: waves, or the months in which each arm's wave was in the field."""
    if calendar == "waves":
        return panel, "wave"
    return panel.with_columns(pl.col("fieldwork_start").dt.strftime("%Y-%m").alias(MONTH)), MONTH
