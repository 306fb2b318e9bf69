"""Model families: one record of facts each, from which checks, labels, methods and the dispatch of models are derived.

A family is one record in a module of this room (or one that is registered) and the one function that it names.
"""

from __future__ import annotations

from pipeline.specs.families import (
    again,
    designs,
    diagnostics,
    dynamic,
    interventions,
    mechanisms,
    mixed,
    multiverse,
    outcomes,
    regressions,
    structural,
)
from pipeline.specs.family import Family
from pipeline.specs.records import Records

FAMILIES: Records[Family] = Records(
    "a model family",
    *regressions.REGRESSIONS,
    *diagnostics.DIAGNOSTICS,
    *outcomes.OUTCOMES,
    *designs.DESIGNS,
    *dynamic.DYNAMIC,
    *interventions.INTERVENTIONS,
    *mixed.MODELS,
    *mechanisms.MECHANISMS,
    *again.AGAIN,
    *multiverse.MULTIVERSES,
    *structural.MODELS,
)
"""Family → its record. Extensions add theirs with ``FAMILIES.register``; tests with ``FAMILIES.registered``."""
