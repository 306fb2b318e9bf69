"""Small-area estimates: area level, unit level, post-stratified, benchmarked."""

from pipeline.index.small_areas.area_level import AreaModel, fay_herriot
from pipeline.index.small_areas.benchmark import Benchmarked, benchmarked

__all__ = ["AreaModel", "Benchmarked", "benchmarked", "fay_herriot"]
