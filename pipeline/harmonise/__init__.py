"""Declarations compiled to a crosswalk, and that to one SQL projection per wave."""

from pipeline.harmonise.answers import Harmonised, harmonise, item_ranges
from pipeline.harmonise.crosswalk import crosswalk
from pipeline.harmonise.frame import harmonise_frame
from pipeline.harmonise.ledger import account
from pipeline.harmonise.set_aside import set_aside

__all__ = ["Harmonised", "account", "crosswalk", "harmonise", "harmonise_frame", "item_ranges", "set_aside"]
