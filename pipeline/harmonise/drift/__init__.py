"""Drift between waves, found by the machine: what a new wave does otherwise than the waves before it."""

from pipeline.harmonise.drift.compare import compare, compare_all
from pipeline.harmonise.drift.finding import Finding
from pipeline.harmonise.drift.linked import link_counts, linked_table, links
from pipeline.harmonise.drift.messages import counted, open_blocks, undecided
from pipeline.harmonise.drift.redelivered import Delivery, People, not_compared, redelivered
from pipeline.harmonise.drift.redelivered_words import redelivery_lines
from pipeline.harmonise.drift.report import drift_html
from pipeline.harmonise.drift.unmatched import unmatched_answers, unmatched_csv

__all__ = [
    "Delivery",
    "Finding",
    "People",
    "compare",
    "compare_all",
    "counted",
    "drift_html",
    "link_counts",
    "linked_table",
    "links",
    "not_compared",
    "open_blocks",
    "redelivered",
    "redelivery_lines",
    "undecided",
    "unmatched_answers",
    "unmatched_csv",
]
