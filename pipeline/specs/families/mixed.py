"""Models with random effects of persons, areas and waves."""

from __future__ import annotations

from pipeline.specs.families.keys import CONTRASTS, EXPLAINS, PANEL, SLOPES
from pipeline.specs.family import ITERATIVE, Family

MIXED = "pipeline.specs.mixed:MixedModel"
RANDOM = frozenset({"random", "uncorrelated"})
ESTIMATED = frozenset({"method", "degrees", "residuals", "times", "time_unit", "intervals", "compare", "precision"})
WEIGHTED = frozenset({"weights", "row_weights", "scaling", "cluster"})
PARTS = (
    "coefficient",
    "wave",
    "intercept",
    "contrast",
    *SLOPES,
    "variance",
    "standard_deviation",
    "random_correlation",
    "autocorrelation",
    "icc",
    "r_squared",
    "test",
    "fit",
    "sample",
)

MODELS = (
    Family(
        "mixed",
        "Mixed model",
        "Linear mixed model: intercepts and slopes that vary between people, and between areas or waves",
        "pipeline.models.multilevel.mixed:fit",
        needs=EXPLAINS,
        takes=PANEL | CONTRASTS | RANDOM | ESTIMATED | WEIGHTED,
        components=PARTS,
        declaration=MIXED,
        weighted=True,
        imputed=True,
        repeatable=True,
        computed=ITERATIVE,
    ),
)
