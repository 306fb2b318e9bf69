"""Small-area estimates: area level, unit level, post-stratified, benchmarked."""

from pipeline.index.small_areas.area_level import AreaModel, fay_herriot
from pipeline.index.small_areas.benchmark import Benchmarked, benchmarked
from pipeline.index.small_areas.census import census_table
from pipeline.index.small_areas.poststratification import Poststratified, poststratified
from pipeline.index.small_areas.unit_level import UnitModel, battese_harter_fuller

__all__ = [
    "AreaModel",
    "Benchmarked",
    "Poststratified",
    "UnitModel",
    "battese_harter_fuller",
    "benchmarked",
    "census_table",
    "fay_herriot",
    "poststratified",
]
