"""Interventions and events: differences in differences, event studies, synthetic control, interrupted series."""

from __future__ import annotations

from pipeline.specs.families.keys import TERMS
from pipeline.specs.family import ITERATIVE, SIMULATED, Family

TREATMENT = "pipeline.specs.interventions:Intervention"
WHO = frozenset({"treated", "reaches", "start", "by", "unit", "calendar", "anticipation"})
EVALUATION = WHO | TERMS | {"weights", "cluster", "design"}
MOST = frozenset({"most_leads", "most_lags"})
BY_TIME = ("event_time", "event_time_band")
TRENDS = ("detectable_slope", "honest_bounds", "breakdown", "smooth_bounds", "smooth_breakdown")

INTERVENTIONS = (
    Family(
        "difference_in_differences",
        "Difference in differences",
        "Change of the treated less change of the others, with unit and wave effects",
        "pipeline.models.interventions.difference_in_differences:fit",
        needs=("outcome", "start|treated"),
        takes=EVALUATION | {"randomisation", "draws", "seed"},
        components=("effect", "coefficient", "comparison", "comparison_weight", "test", "sample"),
        declaration=TREATMENT,
        weighted=True,
        computed=SIMULATED,
    ),
    Family(
        "event_study",
        "Event study",
        "Effects by time before and since the start, against the last wave before it, with unit and wave effects",
        "pipeline.models.interventions.event_study:fit",
        needs=("outcome", "start|treated"),
        takes=EVALUATION
        | {"estimator", "omitted", "bends", "most_leads", "most_lags", "control", "adjustment", "draws", "seed"},
        components=("effect", *BY_TIME, "test", *TRENDS, "sample"),
        declaration=TREATMENT,
        weighted=True,
        computed=SIMULATED,
    ),
    Family(
        "group_time_effects",
        "Group-time effects",
        "Effects of each cohort of starts in each wave, and their averages (Callaway & Sant’Anna)",
        "pipeline.models.interventions.group_time_effects:fit",
        needs=("outcome", "start|treated"),
        takes=EVALUATION | {"control", "adjustment", "base", "draws", "seed"},
        components=(
            "effect",
            *BY_TIME,
            "cohort_effect",
            "calendar_effect",
            "group_time",
            "group_time_band",
            "test",
            "sample",
        ),
        declaration=TREATMENT,
        weighted=True,
        computed=SIMULATED,
    ),
    Family(
        "imputation_effects",
        "Imputation estimator",
        "Treated answers less what rows before treatment predict for them (Borusyak, Jaravel & Spiess)",
        "pipeline.models.interventions.imputation_effects:fit",
        needs=("outcome", "start|treated"),
        takes=EVALUATION | MOST,
        components=("effect", *BY_TIME, "test", "detectable_slope", "sample"),
        declaration=TREATMENT,
        weighted=True,
        computed=SIMULATED,
    ),
    Family(
        "synthetic_control",
        "Synthetic control",
        "The treated areas’ mean against the mixture of other areas that followed it best before the start",
        "pipeline.models.interventions.synthetic_control:fit",
        needs=("outcome", "start|treated"),
        takes=frozenset({"treated", "start", "by", "calendar", "anticipation", "weights"}),
        components=("effect", "event_time", "synthetic", "donor_weight", "fit", "test", "sample"),
        declaration=TREATMENT,
        weighted=True,
        computed=ITERATIVE,
    ),
    Family(
        "interrupted_time_series",
        "Interrupted time series",
        "Change in level and slope at an event, against the course before it",
        "pipeline.models.interventions.interrupted_time_series:fit",
        needs=("outcome", "interruptions"),
        takes=TERMS | frozenset({"weights", "series", "calendar", "slope", "errors", "error_lags", "distribution"}),
        components=(
            "level_change",
            "slope_change",
            "trend",
            "coefficient",
            "intercept",
            "departure",
            "counterfactual",
            "fit",
            "test",
            "sample",
        ),
        declaration="pipeline.specs.interventions:Interruption",
        weighted=True,
        computed=ITERATIVE,
    ),
)
