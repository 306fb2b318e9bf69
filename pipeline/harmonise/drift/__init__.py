"""Drift between waves, found by the machine: what a new wave does otherwise than the waves before it."""

from pipeline.harmonise.drift.compare import compare, compare_all
from pipeline.harmonise.drift.finding import Finding, open_blocks
from pipeline.harmonise.drift.linked import links
from pipeline.harmonise.drift.report import drift_html

__all__ = ["Finding", "compare", "compare_all", "drift_html", "links", "open_blocks"]
