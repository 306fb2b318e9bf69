"""Answers into scores: scales, their reliability, and the panel."""

from pipeline.scales.areas import read_area_table
from pipeline.scales.panel import panel
from pipeline.scales.reliability import Alpha, cronbach_alpha, reliability
from pipeline.scales.score import score_scale
from pipeline.specs.ranges import reversed_ranges, score_ranges

__all__ = [
    "Alpha",
    "cronbach_alpha",
    "panel",
    "read_area_table",
    "reliability",
    "reversed_ranges",
    "score_ranges",
    "score_scale",
]
