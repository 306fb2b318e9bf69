"""Answers into scores: scales, their reliability, and the panel."""

from pipeline.scales.panel import panel, read_area_table, reversed_ranges, score_ranges
from pipeline.scales.reliability import Alpha, cronbach_alpha, reliability
from pipeline.scales.score import score_scale

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
