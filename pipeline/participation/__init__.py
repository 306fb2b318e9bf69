"""Who was eligible, who answered, who left and who returned; how much people change, and into what."""

from pipeline.participation.absences import absences
from pipeline.participation.by_arm import transitions_by_arm, variation_by_arm
from pipeline.participation.outcomes import OUTCOMES, answered_share, partial_interviews, reported, with_outcomes
from pipeline.participation.patterns import participation, patterns
from pipeline.participation.retention import DENOMINATORS, accounting, response_rates, retention
from pipeline.participation.transitions import places, transitions
from pipeline.participation.variation import xtsum

__all__ = [
    "DENOMINATORS",
    "OUTCOMES",
    "absences",
    "accounting",
    "answered_share",
    "partial_interviews",
    "participation",
    "patterns",
    "places",
    "reported",
    "response_rates",
    "retention",
    "transitions",
    "transitions_by_arm",
    "variation_by_arm",
    "with_outcomes",
    "xtsum",
]
