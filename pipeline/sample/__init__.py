"""The sample: made-up deposits in genuine files for two studies, and the truth planted in them."""

from pipeline.sample.truth import Effect, Truth
from pipeline.sample.write import ensure_sample, note_receipts, simulate, truth, write_sample

__all__ = [
    "Effect",
    "Truth",
    "ensure_sample",
    "note_receipts",
    "simulate",
    "truth",
    "write_sample",
]
