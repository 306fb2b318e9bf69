"""Areas as sets of codes with a vintage."""

from pipeline.index.area_sets.declared import in_declared_areas
from pipeline.index.area_sets.mapped import area_sets

__all__ = ["area_sets", "in_declared_areas"]
