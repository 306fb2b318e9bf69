"""Every table's grain, columns, types and ranges. Asset checks, codebook and UI schemas derive from these.

Tables whose columns depend on a study (answers, panel) share a fixed head declared here; their item and score
columns are added by ``answers_schema`` and ``panel_schema``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dataframely as dy
import polars as pl

MISSING_REASONS = (
    "not_asked",  # the item is not in this wave's questionnaire
    "routed_out",  # the item did not apply to this person
    "refused",
    "dont_know",
    "no_answer",
    "proxy",  # someone else answered for the person
    "blank",  # an empty cell where an answer was expected
    "set_aside",  # quarantined: kept apart with its reason
)
"""Why an answer has no value. Exactly one applies wherever an item is null."""

SET_ASIDE, NOT_IN_FILE = "set aside", "not in the file"
"""What stands in a wave table in place of a code that was set aside, or of an item whose variable the file lacks."""


LINK_KINDS = (
    "exact",  # known from the wave before, by the same id
    "normalised",  # known from the wave before, by the rule declared for ids
    "returned",  # known from an earlier wave, and not in the wave before
    "written_otherwise",  # would be known if case, spaces, punctuation, prefix or leading zeros did not count
    "likely",  # an id one or two slips from that of somebody who is not here, with the same lasting facts
    "unproven",  # such an id, without a lasting fact to compare
    "contradicted",  # such an id, but other lasting facts: new, and on no list
    "ambiguous",  # several earlier ids are as near
    "refreshment",  # new, and on the list of the refreshment sample
    "issued",  # new, and on the list of ids given out
    "new",  # new, and on no list
    "facts_contradict",  # linked people whose lasting facts contradict each other
)
"""How the people of a wave are linked. All kinds but the last share them out: each is in one."""


class Receipt(dy.Schema):
    """One row per deposited file."""

    study = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    file = dy.String()
    format = dy.String()
    first_bytes = dy.String()  # what they show the file to be, whatever its name says
    sha256 = dy.String(min_length=64, max_length=64)
    bytes = dy.Int64(min=0)
    rows = dy.Int64(min=0)
    variables = dy.Int64(min=0)
    first_interview = dy.Date(nullable=True)
    last_interview = dy.Date(nullable=True)
    fieldwork_start = dy.Date()  # as declared
    fieldwork_end = dy.Date()
    warnings = dy.Int64(min=0)  # what the reader noticed of the file, though it could be read
    received_at = dy.Datetime(time_zone="UTC")
    loaded = dy.Int64(min=0)
    quarantined = dy.Int64(min=0)  # kept apart, with the reason
    set_aside = dy.Int64(min=0)  # left out by a declared rule: previews, copies of a row
    apart = dy.String(nullable=True)  # why rows are not loaded, with counts

    @dy.rule()
    def received_is_loaded_and_quarantined_and_set_aside(cls) -> pl.Expr:
        return pl.col("rows") == pl.col("loaded") + pl.col("quarantined") + pl.col("set_aside")


class Crosswalk(dy.Schema):
    """One row per wave, arm, item and source code: what the code becomes."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    item = dy.String(primary_key=True)
    variable = dy.String(nullable=True)
    code = dy.String(primary_key=True)
    label = dy.String(nullable=True)
    value = dy.Float64(nullable=True)
    reason = dy.String(nullable=True)


class Ledger(dy.Schema):
    """One row per wave, arm, item and source code: how many answers it had and what they became."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    item = dy.String(primary_key=True)
    variable = dy.String(nullable=True)
    code = dy.String(primary_key=True)  # for number items all values in range share the code "in range"
    value = dy.Float64(nullable=True)  # null for number items: a single amount could point at a person
    is_valued = dy.Bool()
    reason = dy.String(nullable=True)
    count = dy.Int64(min=0)

    @dy.rule()
    def valued_or_missing_with_a_reason(cls) -> pl.Expr:
        return pl.col("is_valued") == pl.col("reason").is_null()


class Participation(dy.Schema):
    """One row per person and wave of the person's arm, answered or not."""

    person_id = dy.String(primary_key=True)
    study = dy.String()
    arm = dy.String()
    wave = dy.String(primary_key=True)
    is_present = dy.Bool()
    status = dy.String()  # entered | stayed | returned | absent | not_yet (before first entry)
    pattern = dy.String()  # "11011": one character per wave of the arm
    outcome = dy.String(nullable=True)  # complete | partial | refused | dead | ...; null where nobody knows why


class FieldOutcomes(dy.Schema):
    """One row per person and wave that a field report says something of: answered, or why not."""

    person_id = dy.String(primary_key=True)
    arm = dy.String()
    wave = dy.String(primary_key=True)
    outcome = dy.String()


class ResponseRates(dy.Schema):
    """One row per arm, cohort (wave of entry, or "all") and wave: who could have answered, who did, and the rates."""

    arm = dy.String(primary_key=True)
    cohort = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    listed = dy.Int64(min=0)
    not_yet = dy.Int64(min=0)
    dead = dy.Int64(min=0)
    moved = dy.Int64(min=0)
    withdrawn = dy.Int64(min=0)
    not_issued = dy.Int64(min=0)
    eligible = dy.Int64(min=0)
    answered_before = dy.Int64(min=0)  # eligible persons who had answered an earlier wave
    issued = dy.Int64(min=0)
    achieved = dy.Int64(min=0)
    complete = dy.Int64(min=0)
    partial = dy.Int64(min=0)
    refused = dy.Int64(min=0)
    no_contact = dy.Int64(min=0)
    other = dy.Int64(min=0)
    lost = dy.Int64(min=0)
    unknown = dy.Int64(min=0)
    entered = dy.Int64(min=0)
    joined_late = dy.Int64(min=0)
    stayed = dy.Int64(min=0)
    returned = dy.Int64(min=0)
    absent = dy.Int64(min=0)
    answered_wave_before = dy.Int64(nullable=True, min=0)
    kept_from_wave_before = dy.Int64(nullable=True, min=0)
    answered_first_wave = dy.Int64(min=0)
    kept_from_first_wave = dy.Int64(min=0)
    answered_every_wave = dy.Int64(min=0)
    wave_to_wave = dy.Float64(nullable=True, min=0, max=1)
    cumulative_retention = dy.Float64(nullable=True, min=0, max=1)
    continuous_retention = dy.Float64(nullable=True, min=0, max=1)
    response_rate_1 = dy.Float64(nullable=True, min=0, max=1)
    response_rate_2 = dy.Float64(nullable=True, min=0, max=1)
    response_rate_issued = dy.Float64(nullable=True, min=0, max=1)
    reinterview_rate = dy.Float64(nullable=True, min=0, max=1)
    outcome_known = dy.Float64(nullable=True, min=0, max=1)  # share of the absent of whom it is known why

    @dy.rule()
    def eligible_issued_achieved_in_this_order(cls) -> pl.Expr:
        return (pl.col("eligible") >= pl.col("issued")) & (pl.col("issued") >= pl.col("achieved"))

    @dy.rule()
    def everyone_is_somewhere(cls) -> pl.Expr:
        places = ("not_yet", "dead", "moved", "withdrawn", "not_issued", "issued")
        return pl.sum_horizontal(places) == pl.col("listed")

    @dy.rule()
    def every_issued_person_has_an_outcome(cls) -> pl.Expr:
        ends = ("complete", "partial", "refused", "no_contact", "other", "lost", "unknown")
        return pl.sum_horizontal(ends) == pl.col("issued")

    @dy.rule()
    def achieved_entered_stayed_or_returned(cls) -> pl.Expr:
        return pl.sum_horizontal("entered", "stayed", "returned") == pl.col("achieved")


class Patterns(dy.Schema):
    """One row per arm, cohort (wave of entry) and participation pattern: how many people, as Stata's xtdescribe."""

    arm = dy.String(primary_key=True)
    cohort = dy.String(primary_key=True)
    pattern = dy.String(primary_key=True)  # "11.1": one character per wave of the arm, a dot where it was missed
    count = dy.Int64(min=1)
    share = dy.Float64(min=0, max=1)  # of the people of the arm and cohort
    cumulative_share = dy.Float64(min=0, max=1 + 1e-9)


class Transitions(dy.Schema):
    """One row per measure, arm and pair of categories: where people go from wave to wave, "missing" included."""

    measure = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    origin = dy.String(primary_key=True)
    destination = dy.String(primary_key=True)
    count = dy.Int64(min=0)
    weighted_count = dy.Float64(min=0)
    origin_count = dy.Int64(min=0)
    share = dy.Float64(nullable=True, min=0, max=1)
    std_error = dy.Float64(nullable=True, min=0)
    conf_low = dy.Float64(nullable=True, min=0, max=1)
    conf_high = dy.Float64(nullable=True, min=0, max=1)
    clusters = dy.Int64(min=0)
    clustered_by = dy.String()

    @dy.rule()
    def counts_add_up(cls) -> pl.Expr:
        return pl.col("count").sum().over("measure", "arm", "origin") == pl.col("origin_count")


class Variation(dy.Schema):
    """One row per measure, arm and component (overall, between, within): its standard deviation, as Stata's xtsum."""

    variable = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    component = dy.String(primary_key=True)
    mean = dy.Float64(nullable=True)
    sd = dy.Float64(nullable=True, min=0)
    min = dy.Float64(nullable=True)
    max = dy.Float64(nullable=True)
    n = dy.Int64(min=0)
    persons = dy.Int64(min=0)
    waves_per_person = dy.Float64(nullable=True, min=0)


class Estimates(dy.Schema):
    """One row per model, component, term, outcome, wave and group: the one table of every model's results."""

    model = dy.String()
    family = dy.String()
    outcome = dy.String()
    component = dy.String()  # coefficient | within | between | wave | intercept | variance | test | mean | ...
    term = dy.String()
    wave = dy.String(nullable=True)
    group = dy.String(nullable=True)
    estimate = dy.Float64(nullable=True)
    std_error = dy.Float64(nullable=True, min=0)
    statistic = dy.Float64(nullable=True)
    df = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True, min=0, max=1)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    n_obs = dy.Int64(nullable=True, min=0)
    n_persons = dy.Int64(nullable=True, min=0)
    covariance = dy.String(nullable=True)  # how the standard error was made, in words a reader knows
    note = dy.String(nullable=True)  # why a result is withheld or to be read with care

    @dy.rule()
    def grain_unique(cls) -> pl.Expr:
        return ~pl.struct("model", "outcome", "component", "term", "wave", "group").is_duplicated()

    @dy.rule()
    def interval_holds_estimate(cls) -> pl.Expr:
        return pl.col("conf_low").is_null() | (
            (pl.col("conf_low") <= pl.col("estimate")) & (pl.col("estimate") <= pl.col("conf_high"))
        )


class Comparability(dy.Schema):
    """One row per invariance model, scale and wave: whether means may be compared over waves or groups."""

    study = dy.String()
    model = dy.String()
    scale = dy.String()
    over = dy.String()  # waves, or the column whose groups are compared
    wave = dy.String(nullable=True)  # of groups compared in one wave
    is_comparable = dy.Bool(nullable=True)  # null where it could not be tested
    reason = dy.String(nullable=True)
    freed = dy.String(nullable=True)  # what partial invariance lets differ, where it then holds

    @dy.rule()
    def grain_unique(cls) -> pl.Expr:
        return ~pl.struct("model", "scale", "wave").is_duplicated()


VERSIONS: dict[str, str] = {
    "unweighted": "Everyone who answered",
    "weighted": "Weighted for design and for leaving",
    "complete_case": "No question left unanswered",
    "balanced": "Answered every wave",
    "from_the_start": "In the panel from the start",
    "imputed": "Missing answers imputed",
}
"""The versions of a result in a sensitivity model (``group`` of component ``version``), and whom they count."""


def estimates(rows: list[Mapping[str, object]] | pl.DataFrame, **constants: object) -> pl.DataFrame:
    """The Estimates table from rows that may leave nullable columns out; ``constants`` fill whole columns.

    Raises ``dataframely.exc.ValidationError`` if grain, types or ranges do not hold.
    """
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows, infer_schema_length=None)
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in constants.items())
    columns = Estimates.columns()
    frame = frame.with_columns(
        pl.lit(None).cast(column.dtype).alias(name) for name, column in columns.items() if name not in frame.columns
    )
    return Estimates.validate(frame.select(list(columns)), cast=True)


class Imputations(dy.Schema):
    """One row per imputation and cell of the panel that is filled in; imputation 0 holds for all of them."""

    imputation = dy.Int64(primary_key=True, min=0)
    person_id = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    concept = dy.String(primary_key=True)
    value = dy.Float64()


class Convergence(dy.Schema):
    """One row per arm, wave and concept imputed: how much is filled in, with what, and whether the chains mixed."""

    arm = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    concept = dy.String(primary_key=True)
    answered = dy.Int64(min=0)
    filled = dy.Int64(min=1)
    share_filled = dy.Float64(min=0, max=1)
    mean_answered = dy.Float64(nullable=True)
    mean_filled = dy.Float64()
    sd_answered = dy.Float64(nullable=True, min=0)
    sd_filled = dy.Float64(nullable=True, min=0)
    r_hat = dy.Float64(nullable=True, min=0)
    autocorrelation = dy.Float64(nullable=True, min=-1, max=1)


class Weights(dy.Schema):
    """One row per person and wave: the weight as delivered, and scaled to mean one within arm and wave."""

    person_id = dy.String(primary_key=True)
    study = dy.String()
    arm = dy.String()
    wave = dy.String(primary_key=True)
    design_weight = dy.Float64(nullable=True, min=0)
    scaled_weight = dy.Float64(nullable=True, min=0)


class PanelWeights(dy.Schema):
    """One row per person of a weight set's arms: the weight for its waves, or the reason for having none."""

    person_id = dy.String(primary_key=True)
    arm = dy.String()
    origin = dy.String(nullable=True)  # the wave whose answers and base weight the person starts from
    is_asked = dy.Bool()
    responded = dy.Bool()
    reason = dy.String()  # responded | missed w03 | not asked: ... | no such wave in arm ...
    design_weight = dy.Float64(nullable=True, min=0)
    response_probability = dy.Float64(nullable=True, min=0, max=1)
    response_weight = dy.Float64(nullable=True, min=0)
    panel_weight = dy.Float64(nullable=True, min_exclusive=0)

    @dy.rule()
    def no_weight_has_a_reason(cls) -> pl.Expr:
        return pl.col("panel_weight").is_not_null() == (pl.col("reason") == "responded")


class WeightSteps(dy.Schema):
    """One row per arm and step from base weight to final weight: what the weights are like after it."""

    arm = dy.String(primary_key=True)
    step = dy.String(primary_key=True)  # base, all asked | base, responders | response | margins | trimmed
    n = dy.Int64(min=0)
    sum = dy.Float64(min=0)
    min = dy.Float64(min=0)
    max = dy.Float64(min=0)
    cv = dy.Float64(nullable=True, min=0)
    design_effect = dy.Float64(min=0)
    effective_n = dy.Float64(min=0)


class WeightMargins(dy.Schema):
    """One row per arm, margin and category: the population's share, and the sample's before and after."""

    arm = dy.String(primary_key=True)
    variable = dy.String(primary_key=True)
    category = dy.String(primary_key=True)
    target = dy.Float64(min=0, max=1)
    before = dy.Float64(min=0, max=1)
    achieved = dy.Float64(min=0, max=1)
    difference = dy.Float64(min=-1, max=1)
    persons = dy.Int64(min=0)


class WeightBalance(dy.Schema):
    """One row per arm, variable and category: all who were asked beside the responders, before and after weighting."""

    arm = dy.String(primary_key=True)
    variable = dy.String(primary_key=True)
    category = dy.String(primary_key=True)  # empty for the mean of a number
    asked = dy.Float64()
    responders = dy.Float64()
    weighted = dy.Float64()
    difference_before = dy.Float64(nullable=True)
    difference_after = dy.Float64(nullable=True)


class ReplicateScales(dy.Schema):
    """One row per replicate of a weight set: what its squared deviation counts in a variance."""

    replicate = dy.String(primary_key=True)
    variance_factor = dy.Float64(min=0)
    kind = dy.String()
    degrees_of_freedom = dy.Int64(min=0)


def replicate_schema(replicates: Sequence[str]) -> type[dy.Schema]:
    """One row per person with a weight: the weight, and one column per replicate."""
    columns: dict[str, dy.Column] = {"person_id": dy.String(primary_key=True), "panel_weight": dy.Float64(min=0)}
    columns |= {name: dy.Float64(min=0) for name in replicates}
    return type("ReplicateWeights", (dy.Schema,), columns)


def shaped(frame: pl.DataFrame, schema: type[dy.Schema]) -> pl.DataFrame:
    """The frame's columns in the contract's order and types; an empty table where the frame has no rows."""
    types = {name: column.dtype for name, column in schema.columns().items()}
    return (
        frame.select(pl.col(name).cast(kind) for name, kind in types.items())
        if frame.height
        else pl.DataFrame(schema=types)
    )


class Labels(dy.Schema):
    """One row per wave, arm, variable and labelled code of a deposit: what the file says of itself."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    variable = dy.String(primary_key=True)
    label = dy.String(nullable=True)
    code = dy.String(primary_key=True)  # empty on the one row that a variable without value labels has
    code_label = dy.String(nullable=True)
    missing = dy.String(nullable=True)  # codes the file marks as missing: "-99..-88;97..97"; null if it cannot say
    is_in_file = dy.Bool()  # false on the one row of a declared variable that the file lacks
    nearest = dy.String(nullable=True)  # the name in the file that is most like that of a variable it lacks


class Findings(dy.Schema):
    """One row per thing that a new wave does otherwise than the waves before, or than it was declared."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    item = dy.String(primary_key=True)  # an item, a role such as weight, or the whole wave
    kind = dy.String(primary_key=True)  # range, reversed, routing, ...
    severity = dy.Enum(["blocks", "warns", "notes"])
    what = dy.String()  # in words
    where = dy.String()  # file and variable
    count = dy.Int64(nullable=True, min=0)
    confidence = dy.Float64(min=0, max=1)  # how sure
    todo = dy.String()
    decision = dy.String(nullable=True)  # what a person decided, with the reason


class Links(dy.Schema):
    """One row per arm, pair of waves and kind of link: how many people. See ``LINK_KINDS``."""

    study = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    earlier = dy.String(primary_key=True)  # where the id was last seen; of new people, the wave before
    later = dy.String(primary_key=True)
    kind = dy.Enum(LINK_KINDS, primary_key=True)
    count = dy.Int64(min=0)
    of = dy.Int64(min=0)  # people looked at: those of the later wave, or linked people with a fact to compare
    quarantined = dy.Int64(min=0)  # of the count, those whose rows are set aside
    by_chance = dy.Float64(nullable=True, min=0)  # how many it would be by chance alone

    @dy.rule()
    def count_within_those_looked_at(cls) -> pl.Expr:
        return (pl.col("count") <= pl.col("of")) & (pl.col("quarantined") <= pl.col("count"))


class Linked(dy.Schema):
    """One row per arm and wave after the first: how its people are linked with the waves before."""

    study = dy.String()
    arm = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    people = dy.Int64(min=0)
    known = dy.Int64(min=0)  # in the wave before
    returned = dy.Int64(min=0)  # in an earlier wave, not in the wave before
    doubtful = dy.Int64(min=0)  # an id nearly that of somebody earlier; linked with nobody
    expected = dy.Int64(min=0)  # new, and on a list
    new = dy.Int64(min=0)  # new, and on no list
    compared = dy.Int64(min=0)  # in the wave before, with a lasting fact in both
    contradict = dy.Int64(min=0)  # of those compared, with a lasting fact that is another
    by_chance = dy.Float64(nullable=True, min=0)  # how many it would be of people linked at random

    @dy.rule()
    def everybody_once(cls) -> pl.Expr:
        return pl.col("people") == pl.sum_horizontal("known", "returned", "doubtful", "expected", "new")


class FigureRecord(dy.Schema):
    """One row per figure: its finding, what it shows in words, and the hashes of its files."""

    figure = dy.String(primary_key=True)
    title = dy.String(min_length=1)
    source = dy.String()
    alt = dy.String(min_length=1)
    note = dy.String()  # what stands below it: the declared note, and what may not be compared
    png_sha256 = dy.String(min_length=64, max_length=64)
    svg_sha256 = dy.String(min_length=64, max_length=64)


class PaperNumber(dy.Schema):
    """One row per number printed in a paper: the result it is bound to, and the question asked."""

    paper = dy.String(primary_key=True)
    number = dy.String(primary_key=True)
    printed = dy.String()
    source = dy.String()
    question = dy.String(nullable=True)


class Reliability(dy.Schema):
    """One row per scale, wave and arm: Cronbach's alpha with its ingredients."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    scale = dy.String(primary_key=True)
    n_items = dy.Int64(min=1)
    n_persons = dy.Int64(min=0)
    alpha = dy.Float64(nullable=True, max=1)
    note = dy.String(nullable=True)


HEAD: dict[str, dy.Column] = {
    "person_id": dy.String(primary_key=True),
    "study": dy.String(),
    "arm": dy.String(),
    "wave": dy.String(primary_key=True),
    "fieldwork_start": dy.Date(),
    "interview_date": dy.Date(nullable=True),  # null unless the study declares it
    "design_weight": dy.Float64(nullable=True, min=0),
    "stratum": dy.String(nullable=True),
    "psu": dy.String(nullable=True),
    "area_code": dy.String(nullable=True),
}
"""The fixed head of answers and panel: one row per person and wave."""


def answers_schema(items: Mapping[str, tuple[float | None, float | None]]) -> type[dy.Schema]:
    """One row per person and wave, each item with its value (in its range) and its reason for missing.

    ``items`` maps item → (lowest, highest) value; ``None`` leaves a side open.
    """
    columns: dict[str, dy.Column] = dict(HEAD)
    for item, (low, high) in items.items():
        columns[item] = dy.Float64(nullable=True, min=low, max=high)
        columns[f"{item}_reason"] = dy.Enum(MISSING_REASONS, nullable=True)
    return type("Answers", (dy.Schema,), columns)


def panel_schema(scores: Mapping[str, tuple[float | None, float | None]]) -> type[dy.Schema]:
    """One row per person and wave: the head, whether the person answered, and one column per concept."""
    columns: dict[str, dy.Column] = dict(HEAD)
    columns |= {name: dy.Float64(nullable=True, min=low, max=high) for name, (low, high) in scores.items()}
    return type("Panel", (dy.Schema,), columns)


def wave_schema(columns: Sequence[str]) -> type[dy.Schema]:
    """One row per deposited row of a wave: pseudonym, arm and wave, then every declared variable as text."""
    head: dict[str, dy.Column] = {
        "person_id": dy.String(primary_key=True),
        "study": dy.String(),
        "arm": dy.String(),
        "wave": dy.String(),
        "row": dy.Int64(min=1),
    }
    sources = {name: dy.String(nullable=True) for name in columns if name not in head}
    return type("Wave", (dy.Schema,), head | sources)
