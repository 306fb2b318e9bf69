"""Persons' scores into an index, areas with their uncertainty, changes, the tension monitor, pooled programmes."""

from pipeline.index.programmes import effect_sizes, leave_one_out, meta_analysis

__all__ = ["effect_sizes", "leave_one_out", "meta_analysis"]
