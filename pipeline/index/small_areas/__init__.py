"""Small-area estimates: area level, unit level, post-stratified, benchmarked."""

from pipeline.index.small_areas.area_level import AreaModel, fay_herriot

__all__ = ["AreaModel", "fay_herriot"]
