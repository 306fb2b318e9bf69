"""Drift between waves, found by the machine: what a new wave does otherwise than the waves before it."""

from pipeline.harmonise.drift.compare import compare
from pipeline.harmonise.drift.facts import links
from pipeline.harmonise.drift.finding import Finding, open_blocks
from pipeline.harmonise.drift.report import drift_html

__all__ = ["Finding", "compare", "drift_html", "links", "open_blocks"]
