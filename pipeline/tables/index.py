"""What index makes: persons' scores, areas with their uncertainty, changes, the tension monitor, pooled programmes."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.tables.contracts import dy

INDEX_HEAD: dict[str, dy.Column] = {
    "person_id": dy.String(primary_key=True),
    "study": dy.String(),
    "arm": dy.String(),
    "wave": dy.String(primary_key=True),
    "fieldwork_start": dy.Date(),
    "area": dy.String(nullable=True),  # code, as text
    "weight": dy.Float64(nullable=True, min=0),  # of the wave, mean one within arm and wave
}
"""The head of persons' scores: one row per person and wave."""

INDEX = "index"
"""The column, and the measure, that is the whole index."""
LEVELS = ("index", "domain", "indicator")


def index_schema(domains: Sequence[str]) -> type[dy.Schema]:
    """One row per person and wave: area, weight, a score from 0 to 100 for each domain, and the index."""
    scores: dict[str, dy.Column] = {name: dy.Float64(nullable=True) for name in (*domains, INDEX)}
    return type("Index", (dy.Schema,), {**INDEX_HEAD, **scores})


def indicators_schema(indicators: Sequence[str]) -> type[dy.Schema]:
    """One row per person and wave: area, weight, and each indicator, oriented so that higher is more cohesion."""
    scores: dict[str, dy.Column] = {name: dy.Float64(nullable=True) for name in indicators}
    return type("Indicators", (dy.Schema,), {**INDEX_HEAD, **scores})


class IndexMethods(dy.Schema):
    """One row per step from scores to the index, and measure: what was chosen, and how many people it rests on."""

    step = dy.String(primary_key=True)
    measure = dy.String(primary_key=True)
    choice = dy.String()
    detail = dy.String()
    n = dy.Int64(nullable=True, min=0)


class Coherence(dy.Schema):
    """One row per check of coherence and what it is of: reliability, correlations, ICC(2), comparability of areas."""

    study = dy.String()
    check = dy.String()  # alpha | omega | within_domain | between_domains | icc1 | icc2 | invariance
    measure = dy.String()
    other = dy.String(nullable=True)
    area = dy.String(nullable=True)
    round = dy.String(nullable=True)
    value = dy.Float64(nullable=True)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    n_persons = dy.Int64(nullable=True, min=0)
    n_areas = dy.Int64(nullable=True, min=0)
    note = dy.String(nullable=True)


class Areas(dy.Schema):
    """One row per area, wave and measure of the index: direct and small-area estimate, interval, rank in its round."""

    study = dy.String()
    area = dy.String(primary_key=True)
    label = dy.String()
    wave = dy.String(primary_key=True)
    round = dy.String()  # waves of one time, of arms with calendars of their own
    measure = dy.String(primary_key=True)
    level = dy.String()  # index | domain | indicator
    estimate = dy.Float64(nullable=True)
    std_error = dy.Float64(nullable=True, min=0)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    n_persons = dy.Int64(nullable=True, min=0)
    n_effective = dy.Float64(nullable=True, min=0)
    reliability = dy.Float64(nullable=True, min=0, max=1)
    shrunken = dy.Float64(nullable=True)
    shrunken_error = dy.Float64(nullable=True, min=0)
    shrunken_low = dy.Float64(nullable=True)
    shrunken_high = dy.Float64(nullable=True)
    rank = dy.Float64(nullable=True, min=1)
    rank_low = dy.Float64(nullable=True, min=1)
    rank_high = dy.Float64(nullable=True, min=1)
    rank_set_low = dy.Float64(nullable=True, min=1)
    rank_set_high = dy.Float64(nullable=True, min=1)
    is_shown = dy.Bool()
    is_ranked = dy.Bool()
    reason = dy.String(nullable=True)

    @dy.rule()
    def what_is_ranked_is_shown(cls) -> pl.Expr:
        return ~pl.col("is_ranked") | pl.col("is_shown")

    @dy.rule()
    def whatever_is_not_shown_has_a_reason_and_no_number(cls) -> pl.Expr:
        return pl.col("is_shown") | (pl.col("reason").is_not_null() & pl.col("estimate").is_null())


class AreaChanges(dy.Schema):
    """One row per area, measure, wave and what it is compared with: difference, interval, and ratio (base = 100)."""

    study = dy.String()
    area = dy.String(primary_key=True)
    measure = dy.String(primary_key=True)
    kind = dy.String(primary_key=True)  # previous_wave | base_wave | comparison | benchmark
    wave = dy.String(primary_key=True)
    round = dy.String()
    against = dy.String(primary_key=True)
    against_round = dy.String(nullable=True)  # of an earlier wave of the area
    estimate = dy.Float64(nullable=True)
    std_error = dy.Float64(nullable=True, min=0)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    df = dy.Float64(nullable=True, min=0)
    ratio = dy.Float64(nullable=True)
    ratio_error = dy.Float64(nullable=True, min=0)
    ratio_low = dy.Float64(nullable=True)
    ratio_high = dy.Float64(nullable=True)
    n_persons = dy.Int64(nullable=True, min=0)
    common_indicators = dy.Int64(nullable=True, min=0)
    note = dy.String(nullable=True)


class AreaPairs(dy.Schema):
    """One row per round, measure and pair of areas: their difference, and the probability that the first is above."""

    round = dy.String(primary_key=True)
    measure = dy.String(primary_key=True)
    area = dy.String(primary_key=True)
    other = dy.String(primary_key=True)
    difference = dy.Float64(nullable=True)
    std_error = dy.Float64(nullable=True, min=0)
    probability = dy.Float64(nullable=True, min=0, max=1)


class AreaSensitivity(dy.Schema):
    """One row per choice of method, or indicator left out, and area: what it does to the score or to the rank."""

    kind = dy.String()  # method | removal | first_order | total_order
    round = dy.String()
    area = dy.String(nullable=True)
    measure = dy.String()
    choice = dy.String()
    value = dy.Float64(nullable=True)
    n_draws = dy.Int64(nullable=True, min=0)


class Monitor(dy.Schema):
    """One row per area, measure and pair of waves: the change, the limits that chance explains, and the signal."""

    study = dy.String()
    area = dy.String(primary_key=True)
    label = dy.String()
    measure = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    round = dy.String()
    against = dy.String(primary_key=True)
    against_round = dy.String(nullable=True)
    fall = dy.Float64(nullable=True)  # negative: fell
    std_error = dy.Float64(nullable=True, min=0)
    limit_low = dy.Float64(nullable=True)
    limit_high = dy.Float64(nullable=True)
    centre = dy.Float64(nullable=True)  # the common change of the other areas
    between = dy.Float64(nullable=True, min=0)
    p_value = dy.Float64(nullable=True, min=0, max=1)
    signal = dy.String()  # below | within | above | not_judged
    expected_false_alarms = dy.Float64(nullable=True, min=0)
    power = dy.Float64(nullable=True, min=0, max=1)
    n_persons = dy.Int64(nullable=True, min=0)
    note = dy.String(nullable=True)


class MonitorNext(dy.Schema):
    """One row per signal of the monitor and what to look at next: the indicators and groups that fell most."""

    study = dy.String()
    area = dy.String(primary_key=True)
    measure = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    round = dy.String()
    against = dy.String(primary_key=True)
    part = dy.String(primary_key=True)  # indicator | group
    rank = dy.Int64(min=1)
    what = dy.String(primary_key=True)
    fall = dy.Float64()
    std_error = dy.Float64(nullable=True, min=0)
    common = dy.Float64(nullable=True)  # the mean change of all areas
    n_persons = dy.Int64(nullable=True, min=0)


class Programmes(dy.Schema):
    """One row per programme, outcome and area, or their pool: the standardised effect and its interval."""

    programme = dy.String()
    outcome = dy.String()
    area = dy.String(nullable=True)
    wave = dy.String(nullable=True)
    row = dy.String()  # area | pooled | prediction | moderator
    term = dy.String(nullable=True)  # of a moderator
    estimate = dy.Float64(nullable=True)
    std_error = dy.Float64(nullable=True, min=0)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    tau2 = dy.Float64(nullable=True, min=0)
    i2 = dy.Float64(nullable=True, min=0)
    q = dy.Float64(nullable=True, min=0)
    df = dy.Float64(nullable=True, min=0)
    p_value = dy.Float64(nullable=True, min=0, max=1)
    weight = dy.Float64(nullable=True, min=0)
    n_persons = dy.Int64(nullable=True, min=0)
    n_areas = dy.Int64(nullable=True, min=0)
    note = dy.String(nullable=True)
