"""Who was eligible, who answered, who left and who returned; how much people change, and into what."""

from pipeline.participation.flow import flow
from pipeline.participation.patterns import participation, patterns
from pipeline.participation.retention import DENOMINATORS, OUTCOMES, accounting, cohort_retention, retention
from pipeline.participation.transitions import transitions
from pipeline.participation.variation import xtsum

__all__ = [
    "DENOMINATORS",
    "OUTCOMES",
    "accounting",
    "cohort_retention",
    "flow",
    "participation",
    "patterns",
    "retention",
    "transitions",
    "xtsum",
]
