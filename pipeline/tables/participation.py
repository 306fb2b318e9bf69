"""Who took part, who left, and how the scores of those who stayed vary and move."""

from __future__ import annotations

import polars as pl

from pipeline.tables.contracts import dy


class Participation(dy.Schema):
    """One row per person and wave of the person's arm, interviewed or not."""

    person_id = dy.String(primary_key=True)
    study = dy.String()
    arm = dy.String()
    wave = dy.String(primary_key=True)
    is_present = dy.Bool()
    status = dy.String()  # entered | stayed | returned | absent | not_yet (before first entry)
    pattern = dy.String()  # "11011": one character per wave of the arm
    outcome = dy.String(nullable=True)  # complete | partial | refused | dead | ...; null where the reason is unknown


class ResponseRates(dy.Schema):
    """One row per arm, cohort (wave of entry, or "all") and wave: the eligible, the interviewed, and the rates."""

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
    by_proxy = dy.Int64(min=0)  # with a row in the data
    proxy = dy.Int64(min=0)  # without
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
    outcome_known = dy.Float64(nullable=True, min=0, max=1)  # share of absences with a known reason

    @dy.rule()
    def eligible_issued_achieved_in_this_order(cls) -> pl.Expr:
        return (pl.col("eligible") >= pl.col("issued")) & (pl.col("issued") >= pl.col("achieved"))

    @dy.rule()
    def everyone_is_somewhere(cls) -> pl.Expr:
        places = ("not_yet", "dead", "moved", "withdrawn", "not_issued", "issued")
        return pl.sum_horizontal(places) == pl.col("listed")

    @dy.rule()
    def every_issued_person_has_an_outcome(cls) -> pl.Expr:
        ends = ("complete", "partial", "by_proxy", "proxy", "refused", "no_contact", "other", "lost", "unknown")
        return pl.sum_horizontal(ends) == pl.col("issued")

    @dy.rule()
    def achieved_entered_stayed_or_returned(cls) -> pl.Expr:
        return pl.sum_horizontal("entered", "stayed", "returned") == pl.col("achieved")


class Absences(dy.Schema):
    """One row per arm, wave and reason for absence: people who had answered before, and how many came back since."""

    arm = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    reason = dy.String(primary_key=True)  # an outcome, or unknown
    absent = dy.Int64(min=1)
    came_back = dy.Int64(min=0)  # of the absent: answered a later wave
    came_back_next = dy.Int64(min=0)  # the very next one
    away = dy.Int64(min=0)  # of the absent: have not answered since

    @dy.rule()
    def came_back_or_stayed_away(cls) -> pl.Expr:
        return pl.col("came_back") + pl.col("away") == pl.col("absent")


class Patterns(dy.Schema):
    """One row per arm, cohort (wave of entry) and participation pattern: how many people, as Stata's xtdescribe."""

    arm = dy.String(primary_key=True)
    cohort = dy.String(primary_key=True)
    pattern = dy.String(primary_key=True)  # "11.1": one character per wave of the arm, a dot where it was missed
    count = dy.Int64(min=1)
    share = dy.Float64(min=0, max=1)  # of the people of the arm and cohort
    cumulative_share = dy.Float64(min=0, max=1 + 1e-9)


class Transitions(dy.Schema):
    """One row per measure, arm and pair of categories: movement from wave to wave, "missing" included."""

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
