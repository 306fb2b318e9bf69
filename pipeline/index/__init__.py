"""Persons' scores into an index, areas with their uncertainty, changes, the tension monitor, pooled programmes."""

from pipeline.index.programmes import effect_sizes, leave_one_out, meta_analysis
from pipeline.index.small_areas import AreaModel, Benchmarked, benchmarked, fay_herriot

__all__ = ["AreaModel", "Benchmarked", "benchmarked", "effect_sizes", "fay_herriot", "leave_one_out", "meta_analysis"]
