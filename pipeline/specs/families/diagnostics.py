"""Specification tests of linear panel models."""

from __future__ import annotations

from pipeline.specs.families.keys import EXPLAINS, TERMS
from pipeline.specs.family import Family

DIAGNOSTICS = (
    Family(
        "panel_tests",
        "Specification tests",
        "Tests of person effects, serial correlation, dependence between people and constant variance",
        "pipeline.models.diagnostics.panel_tests:fit",
        needs=EXPLAINS,
        takes=TERMS | {"wave_effects"},
        components=("test", "sample"),
    ),
)
