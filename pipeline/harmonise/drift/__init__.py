"""Drift between waves, found by the machine: what a new wave does otherwise than the waves before it."""

from pipeline.harmonise.drift.compare import compare, compare_all
from pipeline.harmonise.drift.finding import Finding, counted, open_blocks, undecided
from pipeline.harmonise.drift.linked import link_counts, linked_table, links
from pipeline.harmonise.drift.means import wave_means
from pipeline.harmonise.drift.report import drift_html
from pipeline.harmonise.drift.unmatched import unmatched_answers, unmatched_csv

__all__ = [
    "Finding",
    "compare",
    "compare_all",
    "counted",
    "drift_html",
    "link_counts",
    "linked_table",
    "links",
    "open_blocks",
    "undecided",
    "unmatched_answers",
    "unmatched_csv",
    "wave_means",
]
