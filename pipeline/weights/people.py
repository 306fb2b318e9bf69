"""Who was asked, who responded, and why not, for any set of waves: the frame that response models and weights take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.wave_order import in_wave_order

Rule = Literal["all", "any"]
LATEST = "latest"
INELIGIBLE = ("dead", "moved")


@public(once=True, on_disk="pipeline.weights.on_disk:people")
def people(
    panel: pl.DataFrame,
    participation: pl.DataFrame,
    waves: Sequence[str],
    *,
    origin: str | None = None,
    columns: Sequence[str] = (),
    rule: Rule = "all",
) -> pl.DataFrame:
    """One row per person of the study, in their order: ``is_asked``, ``responded``, ``reason``, and earlier answers.

    A person is asked for this set of waves if they answered its ``origin`` (default: the first of ``waves``), whose
    ``columns`` of the panel are kept as predictors and base weights; ``origin="latest"`` takes each person's last
    answered wave before the first of ``waves``. They respond if they answer ``"all"`` of the waves, or ``"any"``.
    Everybody stays in the table: ``reason`` says why a person has no weight. ``panel`` has one row per
    person and wave answered, ``participation`` one per person and wave of the calendar. Where its ``outcome`` says that
    a person had died or left the population by one of ``waves``, they are not asked.
    Raises CohesionError for a wave in no calendar, or no one asked.
    """
    panel, participation = (frame.with_columns(pl.col("wave").cast(pl.String)) for frame in (panel, participation))
    waves, origin = [str(wave) for wave in waves], None if origin is None else str(origin)
    order = in_wave_order(participation.select("wave"))["wave"].unique().sort().cast(pl.String).to_list()
    require_listed(order, waves, origin)
    answered = answered_by(participation, waves)
    at_origin = panel.filter(pl.col("wave") == (origin or waves[0]))
    start = latest_of(panel, order, waves[0]) if origin == LATEST else at_origin
    return people_of(answered, start, waves, origin=origin, columns=columns, rule=rule)


def people_of(
    answered: pl.DataFrame,
    start: pl.DataFrame,
    waves: Sequence[str],
    *,
    origin: str | None,
    columns: Sequence[str],
    rule: Rule,
) -> pl.DataFrame:
    """The table of ``people`` from which waves each person answered (``answered_by``) and their rows of origin."""
    origins = start.select("person_id", pl.col("wave").alias("origin"), *columns)
    table = answered.join(origins, on="person_id", how="left", maintain_order="left")
    asked = pl.col("origin").is_not_null() & (pl.col("outside") == "") & (pl.col("gone") == "")
    met = (pl.col("missed") == "") if rule == "all" else pl.col("answered_any")
    reason = (
        pl.when(pl.col("outside") != "")
        .then("no such wave in arm " + pl.col("arm") + ": " + pl.col("outside"))
        .when(pl.col("gone") != "")
        .then("no longer of the population: " + pl.col("gone"))
        .when(pl.col("origin").is_null())
        .then(pl.lit(f"not asked: no answer {'before' if origin == LATEST else 'at'} {_named(origin, waves)}"))
        .when(met)
        .then(pl.lit("responded"))
        .otherwise("missed " + pl.col("missed"))
    )
    done = table.select(
        "person_id",
        "arm",
        "origin",
        asked.alias("is_asked"),
        (asked & met).alias("responded"),
        reason.alias("reason"),
        *columns,
    )
    if not done["is_asked"].any():
        raise CohesionError("nobody was asked in this set of waves", where=", ".join(waves))
    return done


def require_listed(order: Sequence[str], waves: Sequence[str], origin: str | None) -> None:
    """Raises CohesionError for a wave that is in no calendar, or for no waves."""
    unlisted = [wave for wave in [*waves, *([origin] if origin not in (None, LATEST) else [])] if wave not in order]
    if unlisted or not waves:
        raise CohesionError("the set names waves that are in no arm's calendar", where=", ".join(map(str, unlisted)))


def _named(origin: str | None, waves: Sequence[str]) -> str:
    return waves[0] if origin in (None, LATEST) else str(origin)


def answered_by(participation: pl.DataFrame, waves: Sequence[str]) -> pl.DataFrame:
    """One row per person: which of ``waves`` were missed, which are outside the arm's calendar, whether any was met.

    ``gone`` is the first wave by which the person had died or left the population, with which of the two it was.
    """
    wanted = pl.DataFrame({"wave": list(waves)})
    persons = participation.select("person_id", "arm").unique("person_id", maintain_order=True)
    outcome = pl.col("outcome") if "outcome" in participation.columns else pl.lit(None, pl.String)
    grid = persons.join(wanted, how="cross", maintain_order="left_right").join(
        participation.select("person_id", "wave", "is_present", outcome.alias("outcome")),
        on=["person_id", "wave"],
        how="left",
        maintain_order="left",
    )
    missed = pl.col("wave").filter(pl.col("is_present").eq_missing(False)).str.join(", ")
    return grid.group_by("person_id", "arm", maintain_order=True).agg(
        missed=missed,
        outside=pl.col("wave").filter(pl.col("is_present").is_null()).str.join(", "),
        gone=(pl.col("outcome") + " by " + pl.col("wave"))
        .filter(pl.col("outcome").is_in(list(INELIGIBLE)).fill_null(False))
        .first()
        .fill_null(""),
        answered_any=pl.col("is_present").fill_null(False).any(),
    )


def latest_of(panel: pl.DataFrame, order: list[str], before: str) -> pl.DataFrame:
    """Each person's last row before ``before``, in the order of the calendar."""
    earlier = order[: order.index(before)]
    return (
        panel.filter(pl.col("wave").is_in(earlier))
        .with_columns(pl.col("wave").cast(pl.Enum(order)))
        .sort("wave", maintain_order=True)
        .group_by("person_id", maintain_order=True)
        .last()
        .with_columns(pl.col("wave").cast(pl.String))
    )
