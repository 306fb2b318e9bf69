"""Coherence before ranking: reliability, correlations, ICC(2), comparability of areas."""

from pipeline.index.coherence.area_reliability import area_reliability
from pipeline.index.coherence.coherent import coherence, icc_rows
from pipeline.index.coherence.comparability import area_comparability
from pipeline.index.coherence.correlations import domain_correlations
from pipeline.index.coherence.scale_reliability import scale_reliability

__all__ = [
    "area_comparability",
    "area_reliability",
    "coherence",
    "domain_correlations",
    "icc_rows",
    "scale_reliability",
]
