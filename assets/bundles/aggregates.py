"""Tables of a study whose numbers are compared besides estimates and papers: one record each."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.specs.family import CLOSED_FORM, ITERATIVE, SIMULATED


@dataclass(frozen=True)
class Aggregate:
    """A table of results: what names its rows, which columns are compared, and which say of how many people a row is.

    ``people``: none where the table holds only what may be shown. ``of_index``: whether the index says from how many
    people on an area is shown. ``computed``: how its numbers are made (a key of ``TOLERANCES``), but for ``firm``
    columns, which are sums over people with their weights.
    """

    table: str
    naming: tuple[str, ...]
    values: tuple[str, ...]
    people: tuple[str, ...] = ()
    of_index: bool = False
    computed: str = CLOSED_FORM
    firm: tuple[str, ...] = ()


CENTRE = ("estimate", "std_error", "conf_low", "conf_high")
AREA = ("area", "measure", "wave")
PROFILES = "profiles"
"""Numbers of this table are those that pages print."""

AGGREGATES = (
    Aggregate("reliability", ("wave", "arm", "scale"), ("alpha",), ("n_persons",)),
    Aggregate("variation", ("variable", "arm", "component"), ("mean", "sd", "waves_per_person"), ("persons",)),
    Aggregate(
        "weight_steps",
        ("arm", "step"),
        ("sum", "cv", "design_effect", "effective_n"),
        ("n",),
        computed=ITERATIVE,
    ),
    Aggregate(
        "weight_margins",
        ("arm", "variable", "category"),
        ("target", "before", "achieved"),
        ("persons",),
        computed=ITERATIVE,
    ),
    Aggregate(
        "convergence",
        ("arm", "wave", "concept"),
        ("mean_answered", "mean_filled", "sd_answered", "sd_filled", "r_hat", "autocorrelation"),
        ("answered", "filled"),
        computed=SIMULATED,
    ),
    Aggregate(
        "areas",
        AREA,
        (
            *CENTRE, "n_effective", "reliability", "shrunken", "shrunken_error", "shrunken_low", "shrunken_high",
            "rank", "rank_low", "rank_high", "rank_set_low", "rank_set_high",
        ),
        ("n_persons",),
        of_index=True,
        computed=SIMULATED,
        firm=("estimate", "n_effective", "rank"),
    ),
    Aggregate(
        "area_changes",
        (*AREA, "kind", "against"),
        (*CENTRE, "df", "ratio", "ratio_error", "ratio_low", "ratio_high"),
        ("n_persons",),
        of_index=True,
        computed=SIMULATED,
        firm=("estimate", "df", "ratio"),
    ),
    Aggregate(
        "area_sensitivity",
        ("kind", "choice", "area", "round", "measure"),
        ("value",),
        of_index=True,
        computed=SIMULATED,
    ),
    Aggregate(
        "coherence",
        ("check", "measure", "other", "area", "round"),
        ("value", "conf_low", "conf_high"),
        ("n_persons",),
        of_index=True,
        computed=ITERATIVE,
    ),
    Aggregate(
        "monitor",
        (*AREA, "against"),
        (
            "fall", "std_error", "limit_low", "limit_high", "centre", "between", "p_value", "signal",
            "expected_false_alarms", "power",
        ),
        ("n_persons",),
        of_index=True,
        computed=SIMULATED,
        firm=("fall",),
    ),
    Aggregate(
        "monitor_next",
        (*AREA, "against", "part", "what"),
        ("rank", "fall", "std_error", "common"),
        ("n_persons",),
        of_index=True,
        computed=SIMULATED,
        firm=("rank", "fall"),
    ),
    Aggregate(
        "programme",
        ("programme", "outcome", "wave", "row", "area", "term"),
        (*CENTRE, "tau2", "i2", "q", "df", "p_value", "weight"),
        ("n_persons",),
        computed=ITERATIVE,
    ),
    Aggregate(PROFILES, ("area", "number", "what"), ("value", "printed"), of_index=True, computed=SIMULATED),
)  # fmt: skip
"""Extremes and numbers of people are printed by papers and profiles alone, which protect them."""

PEOPLE = ("participation", "imputations", "weights", "replicate_weights", "replicates", "panel", "index", "indicators")
"""Tables with rows of people, and what belongs to them: nothing of them is in a bundle's numbers."""
PRINTED_ALONE = ("absences", "patterns", "response_rates", "transitions", "weight_balance", "comparability")
"""Tables of counts, or of what follows from them: their numbers are compared as papers and figures print them."""
NOT_COMPARED = {
    "codebook": "no number of a paper or profile rests on it",
    "national": "it is over several studies, and a bundle is of one",
    "database": "a copy of the other tables",
    "area_pairs": "differences of rows of `areas`, of which no page prints one",
    "index_methods": "what was chosen, in words; its numbers of people are exact",
}
"""Tables of results whose numbers a bundle does not hold, and why."""
