"""Areas as sets of codes with a vintage."""

from pipeline.index.area_sets.declared import in_declared_areas, lookup_table, vintage_logged
from pipeline.index.area_sets.mapped import area_sets

__all__ = ["area_sets", "in_declared_areas", "lookup_table", "vintage_logged"]
