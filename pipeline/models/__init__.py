"""Statistical models: each family takes a polars panel and returns the Estimates table.

Functions for notebooks are named after their family: ``from pipeline.models import fixed_effects``. Each is imported
when it is first asked for, so that a model loads only its own module (``__init__.pyi`` has the types).
"""

from __future__ import annotations

from typing import Any

from pipeline.specs.families import FAMILIES
from pipeline.specs.family import load

_FURTHER = {
    "add_terms": "pipeline.models.terms.add",
    "fit": "pipeline.models.dispatch",
    "ReplicateColumns": "pipeline.models.on_disk.sample",
    "randomisation_test": "pipeline.models.covariances",
    "wild_cluster_bootstrap": "pipeline.models.covariances",
    "design_ratios": "pipeline.models.design.ratios",
    "design_shares": "pipeline.models.design.means",
    "design_totals": "pipeline.models.design.ratios",
}


def __getattr__(name: str) -> Any:
    module = _FURTHER.get(name)
    if module is None and name in FAMILIES:
        module = FAMILIES[name].function.split(":")[0]
    if module is None or not module.startswith("pipeline.models."):
        raise AttributeError(f"pipeline.models has no `{name}`")
    return load(f"{module}:{name}")
