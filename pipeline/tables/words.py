"""What tables and columns are called to people: comments in the database, and wherever else a column is explained.

``TABLES`` has the grain of each kind of table, as the first line of its contract says it, and the columns that mean
something of their own there; ``COLUMNS`` has those that mean the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Described:
    """One kind of table: what a row is, its own words for columns, and those for columns of a study or replicate."""

    grain: str
    columns: Mapping[str, str] = field(default_factory=dict)
    others: str = ""


COLUMNS: dict[str, str] = {
    "arm": "Part of the sample, with a calendar of its own",
    "area": "Area of the index, by its code",
    "area_code": "Code of the area where the person lives",
    "category": "Category of the variable; empty for the mean of a number",
    "code": "Code as the deposited file has it",
    "component": "What kind of result the row is: coefficient, within, between, mean, change, test, …",
    "concept": "Concept of the vocabulary (data/concepts.yaml)",
    "conf_high": "Upper end of the confidence interval",
    "conf_low": "Lower end of the confidence interval",
    "count": "Number of people or answers",
    "design_weight": "Design weight as delivered",
    "fieldwork_start": "First day of fieldwork of this wave and arm, as declared",
    "file": "Name of the deposited file",
    "format": "Format of the file",
    "household_id": "Pseudonym of the household in this wave",
    "interview_date": "Date of the interview; empty unless the study declares it",
    "item": "Question of the study (items.yaml)",
    "label": "What it is called",
    "measure": "Measure: the index, a domain or an indicator",
    "mode": "How the person was interviewed",
    "model": "Model of reports/models",
    "n_areas": "Number of areas",
    "n_persons": "Number of people",
    "n_effective": "Effective number of people (Kish)",
    "note": "Why a result is withheld or needs caution",
    "outcome": "What became of the interview, where it is known",
    "panel_weight": "Weight of the set: for design, response and margins",
    "paper": "Paper of reports/papers",
    "person_id": "Pseudonym of the person: the same in every wave and table",
    "persons": "Number of people",
    "psu": "Primary sampling unit",
    "reason": "Why there is no value: not_asked, routed_out, refused, dont_know, no_answer, proxy, blank, set_aside",
    "round": "Round: the waves of one time, of arms with calendars of their own; called as a wave is",
    "rows": "Number of rows",
    "sha256": "SHA-256 of the file's bytes",
    "share": "Share, from 0 to 1",
    "std_error": "Standard error",
    "stratum": "Stratum of the sample",
    "study": "Study, by the name of its folder",
    "value": "Value after harmonisation",
    "variable": "Variable as the deposited file calls it",
    "weight": "Weight of the person in this wave, mean one within arm and wave",
    "wave": "Wave",
}
"""Column → what it is, wherever it has this meaning."""

_RATES = {
    "cohort": "Wave of entry, or all",
    "listed": "People of the arm and cohort",
    "not_yet": "Of the listed: not in the study yet",
    "dead": "Of the listed: died",
    "moved": "Of the listed: moved out of the population",
    "withdrawn": "Of the listed: withdrew from the study",
    "not_issued": "Of the listed: not issued to the field",
    "eligible": "People who could have been interviewed",
    "answered_before": "Of the eligible: answered an earlier wave",
    "issued": "People issued to the field",
    "achieved": "People with a row in the data",
    "complete": "Of the issued: interviewed in full",
    "partial": "Of the issued: interviewed in part",
    "by_proxy": "Of the issued: somebody else answered, with a row in the data",
    "proxy": "Of the issued: somebody else answered, without a row",
    "refused": "Of the issued: refused",
    "no_contact": "Of the issued: not contacted",
    "other": "Of the issued: another reason",
    "lost": "Of the issued: lost, not found",
    "unknown": "Of the issued: absent for an unknown reason",
    "entered": "Of the achieved: first interview",
    "joined_late": "Of the entered: after the first wave of the arm",
    "stayed": "Of the achieved: interviewed in the wave before",
    "returned": "Of the achieved: missed the wave before",
    "absent": "Eligible people without an interview",
    "answered_wave_before": "Interviewed in the wave before",
    "kept_from_wave_before": "Of these: interviewed in this wave",
    "answered_first_wave": "Interviewed in the first wave",
    "kept_from_first_wave": "Of these: interviewed in this wave",
    "answered_every_wave": "Interviewed in every wave so far",
    "wave_to_wave": "Kept of those interviewed in the wave before, from 0 to 1",
    "cumulative_retention": "Kept of those interviewed in the first wave, from 0 to 1",
    "continuous_retention": "Interviewed in every wave, of those of the first, from 0 to 1",
    "response_rate_1": "AAPOR response rate 1",
    "response_rate_2": "AAPOR response rate 2",
    "response_rate_issued": "Interviewed, of those issued, from 0 to 1",
    "reinterview_rate": "Interviewed, of the eligible who had answered before, from 0 to 1",
    "outcome_known": "Share of absences with a known reason",
}

TABLES: dict[str, Described] = {
    "absences": Described(
        "One row per arm, wave and reason for absence: people who had answered before, and how many came back since.",
        {
            "reason": "An outcome, or unknown",
            "absent": "People absent for this reason",
            "came_back": "Of the absent: answered a later wave",
            "came_back_next": "Of the absent: answered the next wave",
            "away": "Of the absent: have not answered since",
        },
    ),
    "answers": Described(
        "One row per person and wave, each item with its value (in its range) and its reason for missing.",
        others="Answer to an item of the study",
    ),
    "area_changes": Described(
        "One row per area, measure, wave and what it is compared with: difference, interval, and ratio (base = 100).",
        {
            "kind": "previous_wave, base_wave, comparison or benchmark",
            "against": "The wave, area or benchmark that it is compared with",
            "against_round": "The round of an earlier wave that it is compared with",
            "estimate": "Difference, in points of the measure",
            "df": "Degrees of freedom of the standard error: sampling units less strata in the area",
            "ratio": "The score as a percentage of that of the earlier wave",
            "ratio_error": "Standard error of the ratio",
            "ratio_low": "Lower end of the confidence interval of the ratio",
            "ratio_high": "Upper end of the confidence interval of the ratio",
            "n_persons": "People on the smaller of the two sides",
            "common_indicators": "Indicators of the measure that both sides were asked",
        },
    ),
    "area_pairs": Described(
        "One row per round, measure and pair of areas: their difference, and the probability that the first is above.",
        {
            "other": "The other area",
            "difference": "Score of the area less that of the other",
            "probability": "Probability that the area is above the other",
        },
    ),
    "area_sensitivity": Described(
        "One row per choice of method, or indicator left out, and area: what it does to the score or to the rank.",
        {
            "kind": "method, removal, first_order or total_order",
            "choice": "What is chosen, or left out",
            "value": "Score, share of variance or change of rank",
            "n_draws": "Draws that it rests on",
        },
    ),
    "areas": Described(
        "One row per area, wave and measure of the index: direct and small-area estimate, interval, rank in its round.",
        {
            "level": "index, domain or indicator",
            "estimate": "Weighted mean of the area",
            "n_persons": "People of the area with a score",
            "reliability": "Share of the variance of the area's mean that is between areas, from 0 to 1",
            "shrunken": "Small-area estimate",
            "shrunken_error": "Its standard error",
            "shrunken_low": "Lower end of its interval",
            "shrunken_high": "Upper end of its interval",
            "rank": "Rank among the areas of the round that are ranked; 1 is the highest",
            "rank_low": "Best rank of the percentile interval of this area's own rank, at the declared confidence",
            "rank_high": "Worst rank of that interval",
            "rank_set_low": "Best rank in the confidence set; with the declared confidence all areas' sets of a round "
            "and measure hold their true ranks at once",
            "rank_set_high": "Worst rank in that set",
            "is_shown": "Whether the numbers may be shown",
            "is_ranked": "Whether the area is ranked",
            "reason": "Why it is not shown, or not ranked",
        },
    ),
    "codebook": Described(
        "One row per wave, item and code: what it becomes, and how many people gave it.",
        {"count": "People who gave it; empty where that is confidential"},
    ),
    "coherence": Described(
        "One row per check of coherence and what it is of: reliability, correlations, ICC(2), comparability of areas.",
        {
            "check": "alpha, omega, within_domain, between_domains, icc1, icc2 or invariance",
            "other": "The other measure of a correlation; of invariance the indicator",
            "value": "The coefficient; of invariance the share of parameters that differ, of an area its aligned mean",
            "n_persons": "People it rests on",
        },
    ),
    "comparability": Described(
        "One row per invariance model, scale and wave: may means, and associations, be compared over waves or groups?",
        {
            "scale": "Scale of the study",
            "over": "Waves, or the column whose groups are compared",
            "wave": "Of groups compared in one wave",
            "is_comparable": "Whether means may be compared; empty: not tested",
            "associations": "Whether associations may be compared: metric invariance holds",
            "reason": "Why or why not",
            "freed": "Parameters that partial invariance leaves free, where it holds",
        },
    ),
    "convergence": Described(
        "One row per arm, wave and concept imputed: share and distribution of imputed values, and convergence.",
        {
            "answered": "People who answered",
            "filled": "People whose value was imputed",
            "share_filled": "Share imputed",
            "mean_answered": "Mean of the answers",
            "mean_filled": "Mean of the imputed values",
            "sd_answered": "Standard deviation of the answers",
            "sd_filled": "Standard deviation of the imputed values",
            "r_hat": "R-hat of the means of the chains",
            "autocorrelation": "Of the means, from one step to the next",
        },
    ),
    "crosswalk": Described("One row per wave, arm, item and source code: what the code becomes."),
    "database": Described(
        "One row per table of the database: its schema, its name, its rows.",
        {"schema": "Schema of the database: the kind of table", "table": "Name of the table"},
    ),
    "estimates": Described(
        "One row per model, component, term, outcome, wave and group: the one table of every model's results.",
        {
            "family": "Family of the model",
            "outcome": "Outcome of the model",
            "term": "What the result is of",
            "wave": "Wave that the result is of, if it is of one",
            "group": "Group that the result is of, if it is of one",
            "estimate": "Estimate",
            "statistic": "Test statistic",
            "df": "Degrees of freedom",
            "p_value": "Two-sided p-value",
            "n_obs": "Rows used: person-waves",
            "n_persons": "People used",
            "covariance": "How the standard error was estimated",
            "correction": "Finite-sample correction of clustered standard errors",
        },
    ),
    "figure": Described(
        "One row per figure: its finding, its alternative text, and the hashes of its files.",
        {
            "figure": "Figure of reports/figures",
            "title": "What it shows",
            "source": "The data it is drawn from",
            "alt": "Alternative text",
            "made": "What it rests on",
            "note": "The text below it",
            "png_sha256": "SHA-256 of the PNG",
            "svg_sha256": "SHA-256 of the SVG",
            "narrow_svg_sha256": "SHA-256 of the narrow SVG",
            "csv_sha256": "SHA-256 of the data as CSV",
        },
    ),
    "findings": Described(
        "One row per difference of a new wave from earlier waves or from its declaration.",
        {
            "item": "An item, a role such as weight, or the whole wave",
            "kind": "Kind of finding: wording, range, reversed, …",
            "severity": "blocks, warns or notes",
            "what": "The finding in words",
            "where": "File and variable",
            "confidence": "Confidence in the finding, from 0 to 1",
            "todo": "What to do",
            "decision": "The recorded decision, with its reason",
            "texts": "Texts in place of numbers that may be shown, as JSON",
            "battery": "The battery, where all of its items have the finding",
        },
    ),
    "imputations": Described(
        "One row per imputation and imputed cell of the panel; imputation 0 holds those common to all.",
        {"imputation": "Number of the completed panel; 0: the same in all", "value": "The imputed value"},
    ),
    "index": Described(
        "One row per person and wave: area, weight, a score from 0 to 100 for each domain, and the index.",
        {"index": "The index: the domains together, from 0 to 100"},
        others="Domain of the index, from 0 to 100",
    ),
    "index_methods": Described(
        "One row per step from scores to the index, and measure: what was chosen, and how many people it rests on.",
        {
            "step": "Step of the index",
            "choice": "What was chosen",
            "detail": "How, with its numbers",
            "n": "People or areas",
        },
    ),
    "indicators": Described(
        "One row per person and wave: area, weight, and each indicator, oriented so that higher is more cohesion.",
        others="Indicator of the index, oriented, from 0 to 100",
    ),
    "joins": Described(
        "One row per file that is joined to a part: its bytes, its key, and what found nothing in the other.",
        {
            "bytes": "Size of the file",
            "joined_to": "The file of the part",
            "key": "Variables by which rows are matched",
            "relation": "one_to_one or many_to_one",
            "without": "Rows of the part that found nothing in the file",
            "unused": "Rows of the file that no row of the part has",
        },
    ),
    "labels": Described(
        "One row per wave, arm, variable and labelled code of a deposit: the file's own documentation.",
        {
            "label": "Label of the variable in the file",
            "code_label": "Label of the code in the file",
            "missing": "Codes that the file marks as missing",
            "is_in_file": "Whether the file has the variable",
            "nearest": "Of a variable that the file lacks: the most similar name in it",
            "left_out_item": "Of a column that nothing is read from: the item that might lie in it",
            "left_out_why": "Why nothing is read from it",
            "answers": "How many answers such a column holds",
        },
    ),
    "ledger": Described(
        "One row per wave, arm, item and source code: number of answers and what they became.",
        {
            "value": "What they became; empty for numbers: a single amount could point at a person",
            "is_valued": "Whether they have a value",
            "count": "Number of answers",
        },
    ),
    "linked": Described(
        "One row per arm and wave after the first: how its people are linked with the waves before.",
        {
            "people": "People of the wave",
            "known": "In the wave before",
            "returned": "In an earlier wave, not in the wave before",
            "doubtful": "With an id nearly that of somebody earlier; not linked",
            "expected": "New, and on a list",
            "new": "New, and on no list",
            "compared": "In the wave before, with a lasting fact that both waves told",
            "contradict": "Of those compared: with another fact",
            "by_chance": "Number expected of people linked at random",
        },
    ),
    "links": Described(
        "One row per arm, pair of waves and kind of link: how many people. See ``LINK_KINDS``.",
        {
            "earlier": "Wave in which the id was last seen",
            "later": "The later wave",
            "kind": "Kind of link",
            "of": "People compared",
            "quarantined": "Of the count: with rows in quarantine",
            "by_chance": "Number expected by chance alone",
            "near": "Of the count: near another id, no more than chance gives",
            "once": "Of the count: new, on no list, and in no other wave",
        },
    ),
    "monitor": Described(
        "One row per area, measure and pair of waves: the change, the limits that chance explains, and the signal.",
        {
            "against": "The wave that it is compared with",
            "against_round": "The round of that wave",
            "fall": "Change of the score; negative: it fell",
            "limit_low": "Lower limit of what chance explains",
            "limit_high": "Upper limit of what chance explains; none where only falls are looked for",
            "centre": "Common change of the other areas, around which the limits lie; 0 where it is not removed",
            "between": "Standard deviation of the other areas' changes beyond sampling",
            "p_value": "Chance of such a change where areas are exchangeable",
            "signal": "below, within, above or not_judged",
            "expected_false_alarms": "False alarms expected among all areas and measures of the round",
            "power": "Probability of a signal where the area falls by the declared size",
            "n_persons": "People on the smaller of the two sides",
        },
    ),
    "monitor_next": Described(
        "One row per signal of the monitor and what to look at next: the indicators and groups that fell most.",
        {
            "against": "The wave that it is compared with",
            "part": "indicator or group",
            "rank": "Its place among those that fell",
            "what": "The indicator, or the group of people",
            "fall": "Its change; negative: it fell",
            "common": "Mean change of all areas over the same rounds",
            "n_persons": "People on the smaller of the two sides",
        },
    ),
    "outcomes": Described(
        "One row per person and wave with an entry in a field report: interviewed, or the reason for non-response."
    ),
    "panel": Described(
        "One row per person and wave: the head, whether the person answered, and one column per concept.",
        others="Score of the study",
    ),
    "national": Described(
        "One row per concept, study and arm: its mean at about the same time, of what several studies or arms measure.",
        {
            "wave": "The wave that began nearest to the time that all studies and arms of the concept reach",
            "estimate": "Weighted mean, from 0 to 100 on the range of its questions",
        },
    ),
    "profiles": Described(
        "One row per number that the profile of an area prints: the row of the index stage that it is bound to.",
        {
            "number": "Name of the number in its profile",
            "printed": "As it is printed",
            "value": "At full precision",
            "what": "What it is",
            "source": "Table that it comes from",
            "wave": "Wave of that row",
            "column": "Which number of that row it is",
        },
    ),
    "paper": Described(
        "One row per number printed in a paper: the result it is bound to, and the question asked.",
        {
            "number": "Name of the number in the paper",
            "printed": "As it is printed",
            "value": "At full precision",
            "source": "What it is, in words",
            "question": "The question that people were asked",
            "rows": "The estimates it is made of, as JSON",
            "column": "Which number of theirs it is",
        },
    ),
    "participation": Described(
        "One row per person and wave of the person's arm, interviewed or not.",
        {
            "is_present": "Whether the person was interviewed",
            "status": "entered, stayed, returned, absent or not_yet",
            "pattern": "One character per wave of the arm: 1 interviewed, 0 not",
        },
    ),
    "passages": Described(
        "One row per sentence, heading, title or row of a table that a paper or its annex prints.",
        {
            "part": "Paper or annex",
            "position": "Place in it",
            "section": "Heading that it stands under",
            "kind": "sentence, heading, title, note or row",
            "text": "The text",
            "numbers": "The numbers in it, by name",
            "sources": "The tables that it comes from",
        },
    ),
    "patterns": Described(
        "One row per arm, cohort (wave of entry) and participation pattern: how many people, as Stata's xtdescribe.",
        {
            "cohort": "Wave of entry",
            "pattern": "One character per wave of the arm: 1 interviewed, a dot not",
            "share": "Share of the people of the arm and cohort",
            "cumulative_share": "Of this and all commoner patterns",
        },
    ),
    "programme": Described(
        "One row per programme, outcome and area, or their pool: the standardised effect and its interval.",
        {
            "programme": "Programme, as declared",
            "outcome": "What it is to change",
            "row": "area, pooled, prediction (of the effect of another area) or moderator",
            "term": "Moderator",
            "estimate": "Effect, standardised unless the programme says raw",
            "tau2": "Variance of the effect between areas",
            "i2": "Share of the variance that is between areas, from 0 to 1",
            "q": "Cochran's Q",
            "df": "Degrees of freedom",
            "p_value": "Two-sided p-value",
            "weight": "Weight in the pooled effect",
            "n_persons": "People it rests on",
        },
    ),
    "receipt": Described(
        "One row per part: the rows of a deposited file that serve one wave and arm.",
        {
            "first_bytes": "The format that the first bytes indicate",
            "bytes": "Size of the file",
            "rows": "Rows of the part",
            "in_file": "Rows of the file",
            "elsewhere": "Rows of other waves or arms",
            "left_out": "Rows declared to be of none",
            "not_present": "Rows of the wave that are no interview",
            "variables": "Variables of the file",
            "first_interview": "First date of an interview",
            "last_interview": "Last date of an interview",
            "fieldwork_end": "Last day of fieldwork, as declared",
            "warnings": "What the reader noted",
            "received_at": "When the file was written, UTC",
            "loaded": "Rows loaded",
            "quarantined": "Rows not loaded, with the reason",
            "set_aside": "Rows left out by a declared rule",
            "apart": "Why rows were not loaded, with counts",
        },
    ),
    "redelivery": Described(
        "One row per thing that a corrected delivery of a wave changed, against the delivery accepted before it.",
        {
            "part": "What is compared: counts, columns, cells, means",
            "name": "A count, a column, an item or a scale; or why nothing was compared",
            "change": "Of columns: added or gone",
            "count": "People in both, added or gone; means that were compared",
            "changed": "Cells that differ, among people in both deliveries",
            "filled": "Cells that had no value before",
            "emptied": "Cells that have no value any more",
            "answers_before": "Of means: answers before",
            "answers_after": "Of means: answers now",
            "mean_before": "Mean before",
            "mean_after": "Mean now",
            "weighted_before": "Mean before, with the weights of the files",
            "weighted_after": "Mean now, with the weights of the files",
            "printed": "The weights with which models print this mean",
        },
    ),
    "reliability": Described(
        "One row per scale, wave and arm: Cronbach's alpha with its ingredients.",
        {
            "scale": "Scale of the study",
            "n_items": "Items of the scale",
            "n_persons": "People who answered all of them",
            "alpha": "Cronbach's alpha",
        },
    ),
    "replicate_weights": Described(
        "One row per person with a weight: the weight, and one column per replicate.", others="Weight of this replicate"
    ),
    "replicates": Described(
        "One row per replicate of a weight set: the factor of its squared deviation in a variance.",
        {
            "replicate": "Column of the replicate weights",
            "variance_factor": "Its factor in a variance",
            "kind": "bootstrap, jk1, jkn or brr",
            "degrees_of_freedom": "Degrees of freedom of the design",
        },
    ),
    "response_rates": Described(
        'One row per arm, cohort (wave of entry, or "all") and wave: the eligible, the interviewed, and the rates.',
        _RATES,
    ),
    "sample": Described("One row per generated deposit of a study: its SHA-256 as it was generated."),
    "transitions": Described(
        'One row per measure, arm and pair of categories: movement from wave to wave, "missing" included.',
        {
            "measure": "What people move between categories of",
            "origin": "Category in the earlier wave",
            "destination": "Category in the later wave",
            "weighted_count": "Number of people, weighted",
            "origin_count": "People in the category of the earlier wave",
            "share": "Of these, from 0 to 1",
            "clusters": "Clusters of the standard error",
            "clustered_by": "What they are",
        },
    ),
    "variation": Described(
        "One row per measure, arm and component (overall, between, within): its standard deviation, as Stata's xtsum.",
        {
            "variable": "Score of the panel",
            "component": "overall, between or within",
            "mean": "Mean",
            "min": "Smallest",
            "sd": "Standard deviation",
            "max": "Largest",
            "n": "Person-waves",
            "waves_per_person": "Mean number of waves",
        },
    ),
    "wave": Described(
        "One row per deposited row of a wave: pseudonym, arm and wave, then every declared variable as text.",
        {"row": "Row of the deposited file"},
        others="Variable of the deposited file, as its codes",
    ),
    "weight_balance": Described(
        "One row per arm, variable and category: all asked compared with the responders, before and after weighting.",
        {
            "variable": "Score that response is explained by",
            "asked": "Mean or share of all asked",
            "responders": "Mean or share of the responders",
            "weighted": "Of the responders, weighted",
            "difference_before": "Difference before weighting, standardised",
            "difference_after": "Difference after weighting, standardised",
        },
    ),
    "weight_margins": Described(
        "One row per arm, margin and category: the population's share, and the sample's before and after.",
        {
            "variable": "Margin of targets.csv",
            "target": "Share of the population",
            "before": "Share before",
            "achieved": "Share after",
            "difference": "Share after less the target",
        },
    ),
    "weight_steps": Described(
        "One row per arm and step from base weight to final weight: the distribution of the weights after it.",
        {
            "step": "Step of weighting",
            "n": "People",
            "sum": "Sum of the weights",
            "min": "Smallest weight",
            "max": "Largest weight",
            "cv": "Coefficient of variation",
            "design_effect": "Kish's design effect of the weights",
            "effective_n": "Effective number of people",
        },
    ),
    "weights": Described(
        "One row per person and wave: the weight as delivered, and scaled to mean one within arm and wave.",
        {"scaled_weight": "Design weight scaled to mean one within arm and wave"},
    ),
    "weights of a set": Described(
        "One row per person of a weight set's arms: the weight for its waves, or the reason why there is none.",
        {
            "origin": "The wave that the person starts from",
            "is_asked": "Whether the person was asked",
            "responded": "Whether the person answered the waves of the set",
            "reason": "Why there is no weight, or responded",
            "response_probability": "Modelled probability of response",
            "response_weight": "Weight after response",
        },
    ),
}
"""Kind of table (the first part of its key) → what it is."""

LABELS = "labels"
LABEL_GRAIN = (
    "One row per study, wave, arm, item and source code: its label, the value it becomes, or why it is missing."
)
"""Of the table of all labels in the database, which has the columns of the crosswalk."""


def described(key: tuple[str, ...]) -> Described:
    """What is known of the table of a key; a weight set has a name behind its study."""
    kind = "weights of a set" if key[0] == "weights" and len(key) > 2 else key[0]
    return TABLES.get(kind, Described(f"Table {'/'.join(key)} of an extension.", {}, "Column of an extension"))


def comments(key: tuple[str, ...], columns: list[str], declared: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The comment of a table, and of each of its columns. ``declared``: column → what declarations say of it, and under
    the empty name what they say of the table.
    """
    about = described(key)
    title = " ".join(filter(None, (about.grain, declared.get("", ""))))
    found = {
        name: declared.get(name) or about.columns.get(name) or COLUMNS.get(name) or about.others or name
        for name in columns
    }
    return title, found
