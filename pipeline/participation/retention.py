"""Retention: who could have answered, who did, and every rate with its denominator beside it."""

from __future__ import annotations

import polars as pl

from pipeline.errors import CohesionError

OUTCOMES: dict[str, str] = {
    "partial": "answered part of the questionnaire",
    "refused": "asked in this wave and said no",
    "no_contact": "asked in this wave and not reached",
    "withdrawn": "asked never to be approached again: not issued from this wave on",
    "moved": "left the population studied: not eligible from this wave on",
    "dead": "died: not eligible from this wave on",
}
"""What a field report may say of a person at a wave, beyond answered or not."""

DENOMINATORS: dict[str, str] = {
    "response_rate": "achieved / eligible: persons who have entered by this wave and have not died or moved away",
    "wave_to_wave": "of those who answered the wave before in the arm's calendar, the share who answer this one",
    "cumulative_retention": "of those who answered the arm's first wave, the share who answer this one, gaps allowed",
    "continuous_retention": "of those who answered the arm's first wave, the share who answered every wave up to here",
}
"""Each rate of ``retention`` in words, for a table's note."""

LASTING = ("withdrawn", "moved", "dead")
INELIGIBLE = ("moved", "dead")


def retention(participation: pl.DataFrame, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm and wave: counts, and each retention rate with the count it is a share of.

    ``outcomes`` (optional) is a field report, one row per person and wave: ``person_id, wave, outcome`` with the
    vocabulary of ``OUTCOMES``; the dead and moved leave ``eligible`` from that wave on. Rates are null where their
    denominator is empty or does not exist (the first wave has no wave before). ``DENOMINATORS`` says each in words.
    """
    table = _with_outcome(participation, outcomes)
    table = table.with_columns(
        before=pl.col("is_present").shift(1).over("person_id"),
        first=pl.col("is_present").first().over("person_id"),
        always=pl.col("is_present").cum_prod().over("person_id").cast(pl.Boolean),
        entered_by_now=pl.col("status") != "not_yet",
    )
    here = pl.col("is_present")
    counts = table.group_by("arm", "wave", maintain_order=True).agg(
        eligible=(pl.col("entered_by_now") & ~pl.col("ineligible")).sum(),
        achieved=here.sum(),
        entered=(pl.col("status") == "entered").sum(),
        stayed=(pl.col("status") == "stayed").sum(),
        returned=(pl.col("status") == "returned").sum(),
        absent=(pl.col("status") == "absent").sum(),
        answered_wave_before=pl.when(pl.col("before").is_not_null().any()).then(pl.col("before").sum()),
        kept_from_wave_before=pl.when(pl.col("before").is_not_null().any()).then((here & pl.col("before")).sum()),
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
    """One row per arm and wave: where every known person is. known = not_yet + ineligible + withdrawn + issued.

    ``issued`` = achieved + refused + no_contact + other nonresponse; ``achieved`` = complete + partial. A lasting
    outcome (withdrawn, moved, dead) counts from its wave on, until the person answers again.
    """
    table = _with_outcome(participation, outcomes)
    here, outcome = pl.col("is_present"), pl.col("outcome")
    known = pl.col("status") != "not_yet"
    gone = outcome.is_in(LASTING) & ~here
    issued = known & ~gone

    def of(name: str) -> pl.Expr:
        return (known & ~here & (outcome == name)).sum()

    return (
        table.with_columns(outcome.fill_null("none"))
        .group_by("arm", "wave", maintain_order=True)
        .agg(
            known=pl.len(),
            not_yet=(~known).sum(),
            dead=of("dead"),
            moved=of("moved"),
            withdrawn=of("withdrawn"),
            eligible=(known & ~pl.col("ineligible")).sum(),
            issued=issued.sum(),
            achieved=here.sum(),
            complete=(here & (outcome != "partial")).sum(),
            partial=(here & (outcome == "partial")).sum(),
            refused=of("refused"),
            no_contact=of("no_contact"),
            other_nonresponse=(issued & ~here & ~outcome.is_in(["refused", "no_contact"])).sum(),
            returned=(pl.col("status") == "returned").sum(),
            joined_late=((pl.col("status") == "entered") & pl.col("late")).sum(),
        )
        .with_columns(pl.col(pl.UInt32).cast(pl.Int64))
    )


def _with_outcome(participation: pl.DataFrame, outcomes: pl.DataFrame | None) -> pl.DataFrame:
    """Participation with ``outcome`` (lasting ones carried on), ``ineligible`` and ``late`` (not the first wave)."""
    if outcomes is None:
        outcomes = participation.select("person_id", "wave").head(0).with_columns(outcome=pl.lit("", pl.String))
    _check_outcomes(participation, outcomes)
    table = participation.join(
        outcomes.select("person_id", "wave", "outcome"), on=["person_id", "wave"], how="left", maintain_order="left"
    )
    # An answer ends what was carried: a person reported as moved who answers again is back in the study.
    reported = pl.when(pl.col("is_present")).then(pl.lit("")).when(pl.col("outcome").is_in(LASTING)).then("outcome")
    table = table.with_columns(carried=reported.forward_fill().over("person_id"))
    back_from_the_dead = table.filter(
        pl.col("is_present") & (pl.col("carried").shift(1).over("person_id") == "dead")
    ).height
    if back_from_the_dead:
        raise CohesionError(
            "persons answer after they are reported dead", count=back_from_the_dead, todo="Correct the field report."
        )
    lasting = pl.col("carried").replace("", None)
    return table.with_columns(
        outcome=pl.coalesce("outcome", lasting),
        ineligible=lasting.is_in(INELIGIBLE).fill_null(False),
        late=pl.col("wave") != pl.col("wave").first().over("person_id"),
    ).drop("carried")


def _check_outcomes(participation: pl.DataFrame, outcomes: pl.DataFrame) -> None:
    unknown = outcomes.filter(~pl.col("outcome").is_in(list(OUTCOMES)))
    if unknown.height:
        raise CohesionError(
            f"outcomes are not one of {', '.join(OUTCOMES)}", where="field report", count=unknown.height
        )
    twice = outcomes.height - outcomes.select("person_id", "wave").n_unique()
    if twice:
        raise CohesionError("a person has two outcomes in a wave", where="field report", count=twice)
    astray = outcomes.join(participation, on=["person_id", "wave"], how="anti").height
    if astray:
        raise CohesionError("outcomes belong to no person and wave of the study", where="field report", count=astray)


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
