"""Participation of a panel on disk: made some persons at a time, and counted by what is the same for many of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import CohesionError
from pipeline.on_disk import OnDisk, database, person_blocks, person_waves_twice, written
from pipeline.participation.absences import absences as absences_of
from pipeline.participation.counts import PERSONS
from pipeline.participation.outcomes import partial_interviews
from pipeline.participation.outcomes import reported as reported_of
from pipeline.participation.patterns import participation as participation_of
from pipeline.participation.patterns import patterns as patterns_of
from pipeline.participation.retention import accounting as accounting_of
from pipeline.participation.retention import response_rates as response_rates_of
from pipeline.participation.retention import retention as retention_of

HISTORY = ("arm", "wave", "is_present", "status", "pattern", "outcome")
"""Columns of participation that counts are made from."""


def participation(
    answers: OnDisk, calendar: Mapping[str, Sequence[str]], *, study: str, outcomes: pl.DataFrame | None = None
) -> OnDisk:
    """One row per person and wave of the person's arm, as ``participation`` of the same answers in memory, on disk.

    Raises CohesionError as it does.
    """
    _check(answers, calendar)
    columns = ["person_id", "arm", "wave"]
    made = participation_of(
        pl.DataFrame(schema={name: answers.schema[name] for name in columns}),
        calendar,
        study=study,
        outcomes=None if outcomes is None else outcomes.head(0),
    )

    def batches() -> Iterator[pl.DataFrame]:
        left = outcomes
        with database() as connection:
            for block in person_blocks(connection, answers, columns):
                own = None
                if left is not None:
                    here = pl.col("person_id").cast(block.schema["person_id"], strict=False).is_in(
                        block["person_id"].unique().implode()
                    )  # fmt: skip
                    own, left = left.filter(here), left.filter(~here.fill_null(False))
                yield participation_of(block, calendar, study=study, outcomes=own)
        if left is not None and left.height:  # those who were issued and never interviewed
            yield participation_of(block.head(0), calendar, study=study, outcomes=left)

    return written(batches, made.schema, _rows(answers, calendar, outcomes))


def _check(answers: OnDisk, calendar: Mapping[str, Sequence[str]]) -> None:
    """The checks that ``participation`` makes over everybody, with counts of them all."""
    counted = answers.scan().group_by(pl.col("arm", "wave").cast(pl.String)).agg(n=pl.len()).collect(engine="streaming")
    slots = {(arm, str(wave)) for arm, waves in calendar.items() for wave in waves}
    outside = [(arm, wave, n) for arm, wave, n in counted.sort("arm", "wave").iter_rows() if (arm, wave) not in slots]
    if outside:
        raise CohesionError(
            "answers lie outside the calendar of their arm",
            where=f"arm {outside[0][0]}, wave {outside[0][1]}",
            count=sum(n for _, _, n in outside),
            todo="Add the wave to the arm's calendar, or correct the arm of these answers.",
        )
    with database() as connection:
        twice = person_waves_twice(connection, answers)
        several = connection.execute(
            "SELECT count(*) FILTER (low <> high) FROM "
            f"(SELECT min(arm) AS low, max(arm) AS high FROM {answers.sql} GROUP BY person_id)"
        ).fetchall()[0][0]
    if twice:
        raise CohesionError(
            "a person is in a wave more than once", count=twice, todo="Keep one answer per person and wave."
        )
    if several:
        raise CohesionError("persons are in more than one arm", count=several, todo="Give each person one arm.")


def _rows(answers: OnDisk, calendar: Mapping[str, Sequence[str]], outcomes: pl.DataFrame | None) -> int:
    """How many rows participation will have, which says how the file is laid out."""
    persons = answers.scan().group_by(pl.col("arm").cast(pl.String)).agg(n=pl.col("person_id").n_unique())
    persons_by_arm = persons.collect(engine="streaming")
    count: int = sum(n * len(calendar[arm]) for arm, n in persons_by_arm.iter_rows())
    if outcomes is None or "arm" not in outcomes.columns:
        return count
    issued = outcomes.lazy().select(pl.col("person_id").cast(pl.String), pl.col("arm").cast(pl.String)).unique()
    known = answers.scan().select(pl.col("person_id").cast(pl.String)).unique()
    further = issued.join(known, on="person_id", how="anti").group_by("arm").len().collect()
    return count + int(sum(n * len(calendar.get(arm, ())) for arm, n in further.iter_rows()))


def histories(participation: OnDisk) -> pl.DataFrame:
    """Participation with one person for all who have the same arm, statuses and outcomes, and how many these are."""
    state = participation.path.stat()
    return _histories(participation.path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=2)
def _histories(path: Path, *_: int) -> pl.DataFrame:
    participation = OnDisk(path)
    columns = [name for name in ("person_id", *HISTORY) if name in participation.columns]
    told = pl.concat_str(pl.exclude("person_id").cast(pl.String).fill_null("\0"), separator="\x1f").str.join("\x1e")
    found: list[pl.DataFrame] = []
    counts: dict[str, int] = {}
    with database() as connection:
        for block in person_blocks(connection, participation, columns):
            persons = block.group_by("person_id", maintain_order=True).agg(history=told)
            grouped = persons.group_by("history", maintain_order=True).agg(pl.col("person_id").first(), n=pl.len())
            new = grouped.filter(~pl.col("history").is_in(list(counts)))
            for history, _, n in grouped.select("history", "person_id", "n").iter_rows():
                counts[history] = counts.get(history, 0) + n
            found.append(block.join(new.select("person_id", "history"), on="person_id", maintain_order="left"))
    stacked = pl.concat(found or [participation.scan().select(columns, history=pl.lit("")).head(0).collect()])
    return stacked.with_columns(pl.col("history").replace_strict(counts, return_dtype=pl.Int64).alias(PERSONS)).drop(
        "history"
    )


def reported(
    listed: pl.DataFrame | None,
    answers: OnDisk,
    items: Sequence[str],
    *,
    partial_below: float | None,
    unfinished: pl.DataFrame | None = None,
) -> pl.DataFrame | None:
    """The field report and interviews in part, as ``reported`` in memory: from the answers of those interviews."""
    own = ["person_id", "wave"]
    few = [answers.scan().head(0).collect()]
    for batch in answers.slices() if partial_below is not None or unfinished is not None else ():
        found = [] if partial_below is None else [partial_interviews(batch, items, below=partial_below).select(own)]
        found += [] if unfinished is None else [unfinished.select(own)]
        few.append(batch.join(pl.concat(found), on=own, how="semi", maintain_order="left"))
    return reported_of(listed, pl.concat(few), items, partial_below=partial_below, unfinished=unfinished)


def patterns(participation: OnDisk, **options: Any) -> pl.DataFrame:
    """One row per pattern, as ``patterns`` in memory."""
    return patterns_of(histories(participation), **options)


def absences(participation: OnDisk, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm, wave and reason, as ``absences`` in memory."""
    _require_outcomes(outcomes)
    return absences_of(histories(participation))


def response_rates(participation: OnDisk, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm, cohort and wave, as ``response_rates`` in memory."""
    _require_outcomes(outcomes)
    return response_rates_of(histories(participation))


def retention(participation: OnDisk, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm and wave, as ``retention`` in memory."""
    _require_outcomes(outcomes)
    return retention_of(histories(participation))


def accounting(participation: OnDisk, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm and wave, as ``accounting`` in memory."""
    _require_outcomes(outcomes)
    return accounting_of(histories(participation))


def _require_outcomes(outcomes: object) -> None:
    if outcomes is not None:
        raise CohesionError(
            "takes the outcomes of a table on disk from its column `outcome`",
            where="outcomes",
            todo="Give them to `participation`.",
        )
