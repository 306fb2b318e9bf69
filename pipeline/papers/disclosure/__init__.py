"""What may be published: rules on single cells, suppression, the attacker, and the gate before a release.

Nothing is imported until it is asked for: planning a build needs no data frames.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.papers.disclosure.attack import Narrowed, narrowed, suppressed_intervals
    from pipeline.papers.disclosure.collect import cleared
    from pipeline.papers.disclosure.dominance import totals
    from pipeline.papers.disclosure.frame import COLUMNS, STATISTICS, cells
    from pipeline.papers.disclosure.gate import refusals
    from pipeline.papers.disclosure.rules import Refusal, refused_cells
    from pipeline.papers.disclosure.suppress import suppressed

_HOMES = {
    "attack": ("Narrowed", "narrowed", "suppressed_intervals"),
    "collect": ("cleared",),
    "dominance": ("totals",),
    "frame": ("COLUMNS", "STATISTICS", "cells"),
    "gate": ("refusals",),
    "rules": ("Refusal", "refused_cells"),
    "suppress": ("suppressed",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "COLUMNS",
    "STATISTICS",
    "Narrowed",
    "Refusal",
    "cells",
    "cleared",
    "narrowed",
    "refusals",
    "refused_cells",
    "suppressed",
    "suppressed_intervals",
    "totals",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
