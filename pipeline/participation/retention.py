"""Retention and response: who could have answered, who did, and every rate with its denominator beside it."""

from __future__ import annotations

import polars as pl

from pipeline.participation.outcomes import INELIGIBLE, NOT_ISSUED, with_outcomes

DENOMINATORS: dict[str, str] = {
    "response_rate": "achieved / eligible: persons known by this wave who have not died or moved away",
    "response_rate_1": "complete / eligible: AAPOR's RR1, all of whom eligibility is not known to have ended counting",
    "response_rate_2": "(complete + partial) / eligible: AAPOR's RR2",
    "response_rate_issued": "achieved / issued: persons who were approached in this wave",
    "reinterview_rate": "answered again / eligible who had answered before: known even where nobody says who was asked",
    "wave_to_wave": "of those who answered the wave before in the arm's calendar, the share who answer this one",
    "cumulative_retention": "of those who answered the arm's first wave, the share who answer this one, gaps allowed",
    "continuous_retention": "of those who answered the arm's first wave, the share who answered every wave up to here",
}
"""Each rate in words, for a table's note. AAPOR (2023), Standard Definitions, 10th edition."""

ALL = "all"
"""The cohort of everyone, beside the cohorts by wave of entry."""


def retention(participation: pl.DataFrame, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm and wave: counts, and each retention rate with the count it is a share of.

    ``outcomes`` (optional) is a field report (see ``with_outcomes``); the dead and moved leave ``eligible`` from that
    wave on. Rates are null where their denominator is empty or does not exist (the first wave has no wave before).
    ``DENOMINATORS`` says each in words.
    """
    return _retained(_known(participation, outcomes))


def cohort_retention(participation: pl.DataFrame) -> pl.DataFrame:
    """One row per arm, entry cohort and wave from entry on: how many of the cohort answered, and their share."""
    entry = pl.col("wave").filter(pl.col("status") == "entered").first().over("person_id")
    return (
        participation.with_columns(cohort=entry)
        .filter(pl.col("status") != "not_yet")
        .group_by("arm", "cohort", "wave", maintain_order=True)
        .agg(cohort_size=pl.len().cast(pl.Int64), achieved=pl.col("is_present").sum().cast(pl.Int64))
        .with_columns(retention=_share("achieved", "cohort_size"))
        .pipe(_in_wave_order, participation)
    )


def accounting(participation: pl.DataFrame, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm and wave: where everyone is. listed = not_yet + dead + moved + withdrawn + not_issued + issued.

    ``issued`` = achieved + refused + no_contact + other + lost + unknown; ``achieved`` = complete + partial.
    ``not_yet`` have neither answered nor been reported on so far; ``eligible`` are all others but the dead and the
    moved. A lasting outcome (withdrawn, moved, dead) counts from its wave on, until the person answers again.
    """
    return _accounted(_known(participation, outcomes))


def response_rates(participation: pl.DataFrame, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm, cohort (wave of entry, or "all") and wave: who could have answered, who did, and the rates.

    Holds the columns of ``accounting`` and of ``retention``; a cohort begins at its wave of entry, which is then its
    first wave. Persons who never answered belong to the cohort of the wave in which they were first reported on.
    ``outcome_known`` is the share of the absent of whom the field report says why. ``DENOMINATORS`` says each rate.
    """
    table = _known(participation, outcomes).with_columns(
        cohort=pl.col("wave").filter(pl.col("is_known")).first().over("person_id")
    )
    order = table.select("arm", "wave").unique(maintain_order=True).with_row_index("place")
    parts = [_rates(table, ALL, order)]
    for arm, wave in order.select("arm", "wave").iter_rows():
        own = table.filter(pl.col("arm") == arm, pl.col("cohort") == wave)
        begins = order.filter(arm=arm, wave=wave)["place"][0]
        own = own.join(order, on=["arm", "wave"], how="left", maintain_order="left").filter(pl.col("place") >= begins)
        if own.height:
            parts.append(_rates(own.drop("place"), wave, order))
    return pl.concat(parts)


def _rates(table: pl.DataFrame, cohort: str, order: pl.DataFrame) -> pl.DataFrame:
    counted, kept = _accounted(table), _retained(table)
    shared = [name for name in kept.columns if name in counted.columns and name not in ("arm", "wave")]
    absent = pl.col("issued") - pl.col("achieved")
    return (
        counted.join(kept.drop(shared), on=["arm", "wave"], how="left", maintain_order="left")
        .join(order, on=["arm", "wave"])
        .sort("place")
        .drop("place")
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
        .select("arm", pl.lit(cohort).alias("cohort"), pl.exclude("arm", "cohort"))
    )


def _known(participation: pl.DataFrame, outcomes: pl.DataFrame | None) -> pl.DataFrame:
    """Participation with ``outcome``, and whether the person has answered or been reported on by this wave."""
    table = participation
    if outcomes is not None or "outcome" not in participation.columns:
        table = with_outcomes(participation, outcomes)
    heard_of = (pl.col("status") != "not_yet") | pl.col("outcome").is_not_null()
    return table.with_columns(
        is_known=heard_of.cum_max().over("person_id"),
        late=pl.col("wave") != pl.col("wave").first().over("person_id"),
    )


def _accounted(table: pl.DataFrame) -> pl.DataFrame:
    here, outcome, known = pl.col("is_present"), pl.col("outcome").fill_null("unknown"), pl.col("is_known")
    issued = known & ~(outcome.is_in(NOT_ISSUED) & ~here)

    def of(name: str) -> pl.Expr:
        return (known & ~here & (outcome == name)).sum()

    return (
        table.group_by("arm", "wave", maintain_order=True)
        .agg(
            listed=pl.len(),
            not_yet=(~known).sum(),
            dead=of("dead"),
            moved=of("moved"),
            withdrawn=of("withdrawn"),
            not_issued=of("not_issued"),
            eligible=(known & ~_ineligible()).sum(),
            answered_before=(pl.col("status").is_in(["stayed", "returned", "absent"]) & ~_ineligible()).sum(),
            issued=issued.sum(),
            achieved=here.sum(),
            complete=(here & (outcome == "complete")).sum(),
            partial=(here & (outcome == "partial")).sum(),
            refused=of("refused"),
            no_contact=of("no_contact"),
            other=of("other"),
            lost=of("lost"),
            unknown=of("unknown"),
            entered=(pl.col("status") == "entered").sum(),
            joined_late=((pl.col("status") == "entered") & pl.col("late")).sum(),
            stayed=(pl.col("status") == "stayed").sum(),
            returned=(pl.col("status") == "returned").sum(),
        )
        .with_columns(pl.col(pl.UInt32).cast(pl.Int64))
    )


def _retained(table: pl.DataFrame) -> pl.DataFrame:
    table = table.with_columns(
        before=pl.col("is_present").shift(1).over("person_id"),
        first=pl.col("is_present").first().over("person_id"),
        always=pl.col("is_present").cum_prod().over("person_id").cast(pl.Boolean),
    )
    here, has_before = pl.col("is_present"), pl.col("before").is_not_null().any()
    counts = table.group_by("arm", "wave", maintain_order=True).agg(
        eligible=(pl.col("is_known") & ~_ineligible()).sum(),
        achieved=here.sum(),
        entered=(pl.col("status") == "entered").sum(),
        stayed=(pl.col("status") == "stayed").sum(),
        returned=(pl.col("status") == "returned").sum(),
        absent=(pl.col("status") == "absent").sum(),
        answered_wave_before=pl.when(has_before).then(pl.col("before").sum()),
        kept_from_wave_before=pl.when(has_before).then((here & pl.col("before")).sum()),
        answered_first_wave=pl.col("first").sum(),
        kept_from_first_wave=(here & pl.col("first")).sum(),
        answered_every_wave=pl.col("always").sum(),
    )
    return counts.with_columns(pl.col(pl.UInt32).cast(pl.Int64)).with_columns(
        response_rate=_share("achieved", "eligible"),
        wave_to_wave=_share("kept_from_wave_before", "answered_wave_before"),
        cumulative_retention=_share("kept_from_first_wave", "answered_first_wave"),
        continuous_retention=_share("answered_every_wave", "answered_first_wave"),
    )


def _ineligible() -> pl.Expr:
    return (pl.col("outcome").is_in(INELIGIBLE) & ~pl.col("is_present")).fill_null(False)


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def _in_wave_order(table: pl.DataFrame, participation: pl.DataFrame) -> pl.DataFrame:
    order = participation.select("arm", "wave").unique(maintain_order=True).with_row_index("place")
    cohorts = order.select("arm", pl.col("wave").alias("cohort"), pl.col("place").alias("cohort_place"))
    return (
        table.join(cohorts, on=["arm", "cohort"])
        .join(order, on=["arm", "wave"])
        .sort("cohort_place", "place")
        .drop("cohort_place", "place")
    )
