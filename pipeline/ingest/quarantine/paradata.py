"""How long interviews took and how far they came: speeders, stragglers and partial interviews by the declared rule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from pipeline.ingest.formats.numbers import answer_codes
from pipeline.ingest.quarantine.rows import Sorted
from pipeline.specs.deposits import WaveFile
from pipeline.specs.paradata import MINUTES, Paradata
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns
from pipeline.specs.wave_rules import paradata_of

LONG_MEDIAN = 240.0
"""Minutes: a median above this is rather a duration in another unit."""
REASONS = {"speeders": "speeder", "stragglers": "straggler"}


@dataclass(frozen=True)
class Pace:
    """The rows of a file, and in words what their paradata say."""

    rows: Sorted
    remarks: list[str] = field(default_factory=list)


def judged_by_paradata(study: Study, wave: str, file: WaveFile, rows: Sorted) -> Pace:
    """Rows with those set aside that the declared rule sets aside, and remarks with counts.

    The median is over complete interviews of no more than the longest duration allowed; only complete interviews are
    speeders, since whoever breaks off has been quick.
    """
    rules, roles = paradata_of(study, wave), role_columns(study, wave, file)
    missing = [*study.about.missing]
    remarks = []
    complete = pl.repeat(True, rows.loaded.height, eager=True)
    if "progress" in roles:
        progress, unread = _numbers(rows.loaded[roles["progress"]], missing)
        complete = (progress >= rules.complete).fill_null(True)
        remarks += _about_progress(roles["progress"], progress, rules.complete, unread)
    if "duration" not in roles:
        return Pace(rows, remarks)
    column = roles["duration"]
    given, unread = _numbers(rows.loaded[column], missing)
    minutes = given * MINUTES[rules.duration_in]
    slow = (minutes > rules.stragglers).fill_null(False)
    median = minutes.filter(complete & ~slow & (minutes > 0)).median()
    pace = float(median) if isinstance(median, int | float) else None
    fast = (minutes < (pace or 0.0) * rules.speeders).fill_null(False) & complete
    remarks += _about_duration(column, rules, pace, int(fast.sum()), int(slow.sum()), unread)
    apart = {"speeders": fast, "stragglers": slow}
    return Pace(_without(rows, {REASONS[name]: apart[name] for name in rules.set_aside}), remarks)


def _numbers(answers: pl.Series, missing: list[str]) -> tuple[pl.Series, int]:
    """The answers as numbers, and how many are none although the cell is filled."""
    codes = answer_codes(answers)
    codes = codes.set(codes.is_in(missing).fill_null(False), None)
    numbers = codes.str.strip_suffix("%").str.strip_chars().cast(pl.Float64, strict=False)
    return numbers, int((numbers.is_null() & codes.is_not_null()).sum())


def _about_progress(column: str, progress: pl.Series, complete: float, unread: int) -> list[str]:
    partial = int((progress < complete).sum())
    remarks = [f"{column}: {partial:,} interviews are partial: their progress is under {complete:g}"] if partial else []
    if progress.count() and partial == progress.count():
        remarks.append(f"{column}: no interview reaches {complete:g}; declare `paradata: {{complete: ...}}`")
    return [*remarks, *_about_unread(column, unread, "progress")]


def _about_duration(column: str, rules: Paradata, pace: float | None, fast: int, slow: int, unread: int) -> list[str]:
    remarks = []
    if fast and pace is not None:
        remarks.append(
            f"{column}: {fast:,} speeders: complete interviews of under {pace * rules.speeders:.1f} minutes, which is "
            f"{rules.speeders:.0%} of the median of {pace:.1f}{_set_aside('speeders', rules)}"
        )
    if slow:
        remarks.append(
            f"{column}: {slow:,} stragglers: interviews of over {rules.stragglers:,.0f} minutes"
            f"{_set_aside('stragglers', rules)}"
        )
    if pace is not None and pace > LONG_MEDIAN:
        remarks.append(
            f"{column}: the median interview would take {pace:,.0f} minutes; if the unit is another, declare "
            "`paradata: {duration_in: seconds}`"
        )
    return [*remarks, *_about_unread(column, unread, "duration")]


def _set_aside(name: str, rules: Paradata) -> str:
    return "; set aside" if name in rules.set_aside else ""


def _about_unread(column: str, count: int, what: str) -> list[str]:
    return [f"{column}: {count:,} cells are no {what}: text where a number is expected"] if count else []


def _without(rows: Sorted, apart: dict[str, pl.Series]) -> Sorted:
    """The rows with some moved to those quarantined, by reason."""
    if not any(chosen.any() for chosen in apart.values()):
        return rows
    cases = [pl.when(chosen).then(pl.lit(reason)) for reason, chosen in apart.items()]
    reasons = pl.select(pl.coalesce(cases).cast(pl.String)).to_series()
    gone = rows.loaded.with_columns(reasons.alias("reason")).filter(reasons.is_not_null())
    moved = pl.concat([rows.quarantined, gone.select(rows.quarantined.columns)], how="vertical_relaxed")
    return replace(rows, loaded=rows.loaded.filter(reasons.is_null()), quarantined=moved)
