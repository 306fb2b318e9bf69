"""Retention and response: the eligible, the interviewed, and every rate with its denominator."""

from __future__ import annotations

import polars as pl

from pipeline.door import public
from pipeline.participation.counts import PERSONS, counted, persons
from pipeline.participation.outcomes import INELIGIBLE, NOT_ISSUED, with_outcomes
from pipeline.wave_order import rows_in_wave_order

DENOMINATORS: dict[str, str] = {
    "response_rate": "achieved / eligible: persons known by this wave who have not died or moved away",
    "response_rate_1": "complete / eligible: AAPOR's RR1, all counting as eligible unless reported otherwise",
    "response_rate_2": "achieved / eligible: AAPOR's RR2, interviews by proxy counting as partial",
    "response_rate_issued": "achieved / issued: persons approached in this wave",
    "reinterview_rate": "re-interviewed / eligible and interviewed before: needs no record of who was issued",
    "wave_to_wave": "of those who answered the wave before in the arm's calendar, the share who answer this one",
    "cumulative_retention": "of those who answered the arm's first wave, the share who answer this one, gaps allowed",
    "continuous_retention": "of those who answered the arm's first wave, the share who answered every wave up to here",
}
"""Each rate in words, for a table's note. AAPOR (2023), Standard Definitions, 10th edition."""

ALL = "all"
"""The cohort of everyone, next to the cohorts by wave of entry."""


@public(once=("participation",), on_disk="pipeline.participation.on_disk:retention")
def retention(participation: pl.DataFrame, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm and wave: counts, and each retention rate with the count it is a share of.

    ``outcomes`` (optional) is a field report (see ``with_outcomes``); the dead and moved leave ``eligible`` from that
    wave on. Rates are null where their denominator is empty or does not exist (the first wave has no wave before).
    ``DENOMINATORS`` states each in words.
    """
    return _retained(_history(_known(participation, outcomes)), ["arm", "wave"])


@public(once=("participation",), on_disk="pipeline.participation.on_disk:accounting")
def accounting(participation: pl.DataFrame, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm and wave: where everyone is. listed = not_yet + dead + moved + withdrawn + not_issued + issued.

    ``issued`` = achieved + proxy + refused + no_contact + other + lost + unknown; ``achieved`` = complete + partial +
    by_proxy. ``proxy`` are those for whom another person answered, but of whom the data have no row.
    ``not_yet`` have neither answered nor been reported on so far; ``eligible`` are all others but the dead and the
    moved. A lasting outcome (withdrawn, moved, dead) counts from its wave on, until the person answers again.
    """
    return _accounted(_known(participation, outcomes), ["arm", "wave"])


@public(once=("participation",), on_disk="pipeline.participation.on_disk:response_rates")
def response_rates(participation: pl.DataFrame, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm, cohort (wave of entry, or "all") and wave: the eligible, the interviewed, and the rates.

    Holds the columns of ``accounting`` and of ``retention``; a cohort begins at its wave of entry, which is then its
    first wave. Persons who never answered belong to the cohort of the wave in which they were first reported on.
    ``outcome_known`` is the share of absences for which the field report gives a reason. ``DENOMINATORS`` states each
    rate.
    """
    table = _known(participation, outcomes)
    order = table.select("arm", "wave").unique(maintain_order=True).with_row_index("place")
    begins = order.rename({"wave": "cohort", "place": "cohort_place"})
    table = (
        table.with_columns(cohort=pl.col("wave").filter(pl.col("is_known")).first().over("person_id"))
        .join(order, on=["arm", "wave"], how="left", maintain_order="left")
        .join(begins, on=["arm", "cohort"], how="left", maintain_order="left")
    )
    everyone = _history(table).with_columns(cohort=pl.lit(ALL), cohort_place=pl.lit(None, pl.UInt32))
    cohorts = _history(table.filter(pl.col("place") >= pl.col("cohort_place")))
    stacked = pl.concat([everyone, cohorts])
    rows = stacked.select("arm", "cohort", "wave", "cohort_place", "place").unique()
    return (
        _rates(stacked)
        .join(rows, on=["arm", "cohort", "wave"])
        .sort("cohort_place", "place")
        .select("arm", "cohort", pl.exclude("arm", "cohort", "cohort_place", "place"))
    )


def _rates(table: pl.DataFrame) -> pl.DataFrame:
    """One row per arm, cohort and wave: the counts of accounting and retention, and the rates that need both."""
    by = ["arm", "cohort", "wave"]
    counted, kept = _accounted(table, by), _retained(table, by)
    shared = [name for name in kept.columns if name in counted.columns and name not in by]
    absent = pl.col("issued") - pl.col("achieved")
    return (
        counted.join(kept.drop(shared), on=by, how="left", maintain_order="left")
        .with_columns(
            response_rate_1=_share("complete", "eligible"),
            response_rate_2=_share("achieved", "eligible"),
            response_rate_issued=_share("achieved", "issued"),
            reinterview_rate=pl.when(pl.col("answered_before") > 0).then(
                (pl.col("achieved") - pl.col("entered")) / pl.col("answered_before")
            ),
            outcome_known=pl.when(absent > 0).then(1 - pl.col("unknown") / absent),
        )
        .drop("response_rate")
    )


def _known(participation: pl.DataFrame, outcomes: pl.DataFrame | None) -> pl.DataFrame:
    """Participation with ``outcome``, and whether the person has answered or been reported on by this wave."""
    table = rows_in_wave_order(participation.with_columns(pl.col("wave").cast(pl.String)))
    if outcomes is not None or "outcome" not in participation.columns:
        table = with_outcomes(table, outcomes)
    heard_of = (pl.col("status") != "not_yet") | pl.col("outcome").is_not_null()
    return table.with_columns(
        is_known=heard_of.cum_max().over("person_id"),
        late=pl.col("wave") != pl.col("wave").first().over("person_id"),
    )


def _history(table: pl.DataFrame) -> pl.DataFrame:
    """The table with each person's answer at the wave before and at the first wave, and whether at every one so far."""
    return table.with_columns(
        before=pl.col("is_present").shift(1).over("person_id"),
        first=pl.col("is_present").first().over("person_id"),
        always=pl.col("is_present").cum_min().over("person_id"),
    )


def _accounted(table: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    here, outcome, known = pl.col("is_present"), pl.col("outcome").fill_null("unknown"), pl.col("is_known")
    issued = known & ~(outcome.is_in(NOT_ISSUED) & ~here)

    def of(name: str) -> pl.Expr:
        return persons(known & ~here & (outcome == name))

    return (
        counted(table)
        .group_by(by, maintain_order=True)
        .agg(
            listed=pl.col(PERSONS).sum(),
            not_yet=persons(~known),
            dead=of("dead"),
            moved=of("moved"),
            withdrawn=of("withdrawn"),
            not_issued=of("not_issued"),
            eligible=persons(known & ~_ineligible()),
            answered_before=persons(pl.col("status").is_in(["stayed", "returned", "absent"]) & ~_ineligible()),
            issued=persons(issued),
            achieved=persons(here),
            complete=persons(here & (outcome == "complete")),
            partial=persons(here & (outcome == "partial")),
            by_proxy=persons(here & (outcome == "proxy")),
            proxy=of("proxy"),
            refused=of("refused"),
            no_contact=of("no_contact"),
            other=of("other"),
            lost=of("lost"),
            unknown=of("unknown"),
            entered=persons(pl.col("status") == "entered"),
            joined_late=persons((pl.col("status") == "entered") & pl.col("late")),
            stayed=persons(pl.col("status") == "stayed"),
            returned=persons(pl.col("status") == "returned"),
        )
        .with_columns(pl.exclude(by).cast(pl.Int64))
    )


def _retained(table: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    here, has_before = pl.col("is_present"), pl.col("before").is_not_null().any()
    counts = (
        counted(table)
        .group_by(by, maintain_order=True)
        .agg(
            eligible=persons(pl.col("is_known") & ~_ineligible()),
            achieved=persons(here),
            entered=persons(pl.col("status") == "entered"),
            stayed=persons(pl.col("status") == "stayed"),
            returned=persons(pl.col("status") == "returned"),
            absent=persons(pl.col("status") == "absent"),
            answered_wave_before=pl.when(has_before).then(persons(pl.col("before"))),
            kept_from_wave_before=pl.when(has_before).then(persons(here & pl.col("before"))),
            answered_first_wave=persons(pl.col("first")),
            kept_from_first_wave=persons(here & pl.col("first")),
            answered_every_wave=persons(pl.col("always")),
        )
    )
    return counts.with_columns(pl.exclude(by).cast(pl.Int64)).with_columns(
        response_rate=_share("achieved", "eligible"),
        wave_to_wave=_share("kept_from_wave_before", "answered_wave_before"),
        cumulative_retention=_share("kept_from_first_wave", "answered_first_wave"),
        continuous_retention=_share("answered_every_wave", "answered_first_wave"),
    )


def _ineligible() -> pl.Expr:
    return (pl.col("outcome").is_in(INELIGIBLE) & ~pl.col("is_present")).fill_null(False)


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))
