"""Drift between waves, found by the machine: what a new wave does otherwise than the waves before it."""

from pipeline.harmonise.drift.compare import compare
from pipeline.harmonise.drift.finding import Finding, open_blocks

__all__ = ["Finding", "compare", "open_blocks"]
