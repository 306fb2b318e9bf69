"""Results of other models, estimated again in other ways."""

from __future__ import annotations

from pipeline.specs.family import SIMULATED, Family

AGAIN = (
    Family(
        "sensitivity",
        "Sensitivity",
        "One result estimated in several ways",
        "pipeline.imputation.completed:how_sure",
        needs=("of", "result", "weights|imputation"),
        takes=frozenset({"tipping"}),
        components=("version", "missing_information", "tipping_curve", "tipping_point"),
        computed=SIMULATED,
    ),
)
