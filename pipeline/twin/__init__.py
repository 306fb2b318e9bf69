"""Synthetic twins: invented people who answer, leave out and leave as a study's people do."""

from pipeline.twin.columns import Columns
from pipeline.twin.distance import Distance, distance, privacy
from pipeline.twin.synthesise import synthetic_twin

__all__ = ["Columns", "Distance", "distance", "privacy", "synthetic_twin"]
