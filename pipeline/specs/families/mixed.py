"""Models with random effects of persons, areas and waves."""

from __future__ import annotations

from pipeline.specs.families.keys import CONTRASTS, EXPLAINS, PANEL, PREDICTS, SLOPES
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
    "prediction",
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
RESPONSE = (
    *("coefficient", "wave", "intercept", "contrast", *SLOPES, "odds_ratio", "threshold"),
    *("variance", "standard_deviation", "random_correlation", "icc", "r_squared", "test", "fit", "sample"),
)

MODELS = (
    Family(
        "mixed",
        "Mixed model",
        "Linear mixed model: intercepts and slopes that vary between people, and between areas or waves",
        "pipeline.models.multilevel.mixed:fit",
        needs=EXPLAINS,
        takes=PANEL | CONTRASTS | PREDICTS | RANDOM | ESTIMATED | WEIGHTED,
        components=PARTS,
        declaration=MIXED,
        weighted=True,
        imputed=True,
        repeatable=True,
        computed=ITERATIVE,
    ),
    Family(
        "mixed_growth",
        "Growth (mixed model)",
        "Mixed model of people’s course over time: linear, polynomial, or with a bend at an event",
        "pipeline.models.multilevel.mixed_growth:fit",
        needs=("outcome",),
        takes=RANDOM
        | {"covariates", "categorical", "imputation", "shape", "event", "times", "time_unit", "method", "degrees"}
        | PREDICTS,
        components=PARTS,
        declaration=MIXED,
        imputed=True,
        repeatable=True,
        computed=ITERATIVE,
    ),
    Family(
        "mixed_logit",
        "Mixed logit",
        "Logistic regression with random effects: log odds that differ between people, and between areas or waves",
        "pipeline.models.multilevel.mixed_logit:fit",
        needs=EXPLAINS,
        takes=PANEL | CONTRASTS | RANDOM | {"points", "trials"},
        components=RESPONSE,
        declaration=MIXED,
        imputed=True,
        repeatable=True,
        log_scale=True,
        computed=ITERATIVE,
    ),
    Family(
        "mixed_ordinal",
        "Mixed ordered logit",
        "Cumulative logit model with random effects of people, and of areas or waves",
        "pipeline.models.multilevel.mixed_ordinal:fit",
        needs=EXPLAINS,
        takes=PANEL | CONTRASTS | RANDOM | {"points"},
        components=RESPONSE,
        declaration=MIXED,
        imputed=True,
        repeatable=True,
        log_scale=True,
        computed=ITERATIVE,
    ),
)
