"""The outcome of each person at each wave: complete or partial interview, or the reported reason for non-response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.specs.base import ANSWERED, BY_OTHERS
from pipeline.wave_order import rows_in_wave_order

OUTCOMES: dict[str, str] = {
    "complete": "answered the questionnaire",
    "partial": "answered part of the questionnaire",
    "proxy": "another member of the household answered for the person",
    "refused": "asked in this wave and declined",
    "no_contact": "asked in this wave and not reached",
    "other": "asked in this wave and unable to answer, for instance because of illness or language",
    "lost": "reported as interviewed, but without an interview in the data",
    "not_issued": "not asked in this wave",
    "withdrawn": "asked not to be approached again: not issued from this wave on",
    "moved": "left the population studied: not eligible from this wave on",
    "dead": "died: not eligible from this wave on",
}
"""The outcomes that a field report may give. Without one, the person is absent for an unknown reason."""

LASTING = ("withdrawn", "moved", "dead")
INELIGIBLE = ("moved", "dead")
NOT_ISSUED = ("not_issued", *LASTING)
NOT_APPLICABLE = ("not_asked", "routed_out", "proxy")
"""Reasons for a missing answer that was not due: it counts neither as answered nor as unanswered."""


PLACE = "_place"


@dataclass(frozen=True)
class Unfinished:
    """When an interview of a wave is partial: its progress, in the column of its arm, is under ``complete``."""

    columns: Mapping[str, str]
    complete: float
    missing: tuple[str, ...] = ()


@public(once=("participation",))
def with_outcomes(participation: pl.DataFrame, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per person and wave, as given, with ``outcome``: one of ``OUTCOMES``, or null where it is unknown.

    ``outcomes`` is a field report, one row per person and wave: ``person_id, wave, outcome``. Lasting outcomes are
    carried on until the person answers again; the dead may not. Those interviewed are ``complete`` unless
    reported as ``partial`` or ``proxy``; those reported as interviewed without an interview in the data are ``lost``.
    """
    report = _empty_report() if outcomes is None else outcomes.select("person_id", "wave", "outcome")
    text = pl.col("wave").cast(pl.String)
    participation = participation.with_columns(text)
    report = report.with_columns(text, pl.col("person_id").cast(participation.schema["person_id"], strict=False))
    _check(participation, report)
    given = participation.drop("outcome", strict=False).with_row_index(PLACE)
    table = rows_in_wave_order(given).join(report, on=["person_id", "wave"], how="left", maintain_order="left")
    here, said = pl.col("is_present"), pl.col("outcome")
    # An answer ends what was carried: a person reported as moved who answers again is back in the study.
    lasting = pl.when(here).then(pl.lit("")).when(said.is_in(LASTING)).then(said).forward_fill().over("person_id")
    table = table.with_columns(carried=lasting)
    returned = table.filter(here & (pl.col("carried").shift(1).over("person_id") == "dead")).height
    if returned:
        what = "persons answer after they are reported dead"
        raise CohesionError(what, count=returned, todo="Correct the field report.")
    answered = pl.when(said.is_in(["partial", BY_OTHERS])).then(said).otherwise(pl.lit("complete"))
    absent = pl.when(said.is_in(ANSWERED)).then(pl.lit("lost")).otherwise(said)
    outcome = pl.when(here).then(answered).otherwise(pl.coalesce(absent, pl.col("carried").replace("", None)))
    return table.with_columns(outcome=outcome).drop("carried").sort(PLACE).drop(PLACE)


@public(once=True)
def answered_share(answers: pl.DataFrame, items: Sequence[str]) -> pl.DataFrame:
    """One row per person and wave: the share of the questions put to the person that have an answer.

    ``answers`` has each item and its ``<item>_reason``. Questions that were not asked, were routed past the person, or
    that a proxy could not answer, are left out of both counts; the share is null where none is left.
    """
    given = [pl.col(item).is_not_null() for item in items]
    put = [
        ~pl.col(f"{item}_reason").cast(pl.String).is_in(NOT_APPLICABLE).fill_null(False).cast(pl.Boolean)
        for item in items
    ]
    count = pl.sum_horizontal(put)
    return answers.select("person_id", "wave", answered_share=pl.when(count > 0).then(pl.sum_horizontal(given) / count))


@public(once=True)
def partial_interviews(answers: pl.DataFrame, items: Sequence[str], *, below: float) -> pl.DataFrame:
    """One row per partial interview: fewer than the share ``below`` of the questions put to the person are answered."""
    share = answered_share(answers, items)
    return share.filter(pl.col("answered_share") < below).select("person_id", "wave", outcome=pl.lit("partial"))


def unfinished_interviews(waves: Mapping[str, pl.DataFrame], rules: Mapping[str, Unfinished]) -> pl.DataFrame:
    """One row per interview in part by its progress: less than the wave's rule says is complete.

    ``waves`` are wave tables, in which progress is text; who has no number there is not counted as partial.
    """
    found = [pl.DataFrame(schema={"person_id": pl.String, "wave": pl.String, "outcome": pl.String})]
    for wave, rule in rules.items():
        for arm, column in rule.columns.items():
            progress = pl.col(column).str.strip_suffix("%").str.strip_chars().cast(pl.Float64, strict=False)
            is_partial = (progress < rule.complete) & ~pl.col(column).is_in(rule.missing)
            own = waves[wave].filter(pl.col("arm") == arm).filter(is_partial)
            found.append(own.select("person_id", "wave", outcome=pl.lit("partial")))
    return pl.concat(found)


@public(once=("answers",), on_disk="pipeline.participation.on_disk:reported")
def reported(
    listed: pl.DataFrame | None,
    answers: pl.DataFrame,
    items: Sequence[str],
    *,
    partial_below: float | None,
    unfinished: pl.DataFrame | None = None,
) -> pl.DataFrame | None:
    """One row per person and wave: the field report (if any), and interviews in part (if anything declares them).

    They are in part by the declared share of answered questions, or by their progress (``unfinished``).
    """
    parts = [partial_interviews(answers, items, below=partial_below)] if partial_below is not None else []
    parts += [unfinished] if unfinished is not None else []
    if not parts:
        return listed
    partial = pl.concat(parts).unique(["person_id", "wave"], maintain_order=True)
    partial = partial.join(answers.select("person_id", "wave", "arm"), on=["person_id", "wave"], maintain_order="left")
    partial = partial.select("person_id", "arm", "wave", "outcome")
    if listed is None:
        return partial
    by_others = listed.filter(pl.col("outcome") == BY_OTHERS)
    partial = partial.join(by_others, on=["person_id", "wave"], how="anti", maintain_order="left")
    return pl.concat([partial, listed.join(partial, on=["person_id", "wave"], how="anti", maintain_order="left")])


def _empty_report() -> pl.DataFrame:
    return pl.DataFrame(schema={"person_id": pl.String, "wave": pl.String, "outcome": pl.String})


def _check(participation: pl.DataFrame, report: pl.DataFrame) -> None:
    unknown = report.filter(~pl.col("outcome").is_in(list(OUTCOMES)))
    if unknown.height:
        raise CohesionError(
            f"outcomes are not one of {', '.join(OUTCOMES)}", where="field report", count=unknown.height
        )
    twice = report.height - report.select("person_id", "wave").n_unique()
    if twice:
        raise CohesionError("a person has two outcomes in a wave", where="field report", count=twice)
    unmatched = report.join(participation, on=["person_id", "wave"], how="anti").height
    if unmatched:
        raise CohesionError("outcomes belong to no person and wave of the study", where="field report", count=unmatched)
