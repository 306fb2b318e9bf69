"""Change of areas between waves on the same people, base wave = 100, and difference from a comparison or benchmark."""

from pipeline.index.change.changes import area_changes
from pipeline.index.change.common import Compose, mean_scores

__all__ = ["Compose", "area_changes", "mean_scores"]
