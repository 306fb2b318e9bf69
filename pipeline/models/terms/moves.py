"""Lags and leads by time, not by row: in the calendar of the person's arm, or within a stretch of time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import ModelError
from pipeline.specs.terms import Factor

Calendar = Mapping[str, Sequence[object]]
"""Arm → its waves in order; without arms under the empty name."""

ROW, PLACE = "_term_row", "_term_place"
NUMBERED = re.compile(r"(?P<before>\D*)(?P<number>\d{1,9})(?P<after>\D*|\.0)")
"""A wave by its number: ``w03``, ``2016``, ``3.0``."""
FURTHEST = 100_000
"""Numbers further apart are no waves but dates or times."""
GAP = "no wave "


def calendar_of(frame: pl.DataFrame, *, arm: str = "arm", wave: str = "wave") -> dict[str, list[object]]:
    """The calendar of each arm, where no study declares it: by the numbers of the waves that its rows show.

    Waves lie as far apart as their numbers: of ``w01``, ``w02`` and ``w04`` the third is there, with nobody in it, and
    the years 2016 and 2018 are two waves apart. An ``Enum`` has its categories as calendar. Raises ModelError for
    waves that are neither: whether others lie between them cannot be seen.
    """
    kind = frame.schema[wave]
    if isinstance(kind, pl.Enum):
        arms = [""] if arm not in frame.columns else frame[arm].cast(pl.String).unique().to_list()
        return {one: list(kind.categories) for one in arms}
    if arm not in frame.columns:
        return {"": _numbered(frame[wave].drop_nulls().unique())}
    parts = frame.select(arm, wave).unique().partition_by(arm, as_dict=True)
    return {str(key[0]): _numbered(part[wave].drop_nulls()) for key, part in parts.items()}


def _numbered(waves: pl.Series) -> list[object]:
    """Every wave from the first to the last by number, those that no row shows under a name that no wave has."""
    names = waves.cast(pl.String).to_list()
    found = [NUMBERED.fullmatch(name) for name in names]
    numbers = {int(one["number"]): name for one, name in zip(found, names, strict=True) if one}
    alike = len({(one["before"], one["after"]) for one in found if one}) == 1
    if not names or not alike or len(numbers) < len(names) or max(numbers) - min(numbers) > FURTHEST:
        raise ModelError(
            "the names of waves do not number them, so that it cannot be seen whether others lie between",
            where="wave",
            count=len(names),
            todo="Give `calendar`, number the waves, make them an Enum, or move by time: `lag(x, within 12 months)`.",
        )
    return [numbers.get(number, f"{GAP}{number}") for number in range(min(numbers), max(numbers) + 1)]


def moved(
    frame: pl.DataFrame,
    factor: Factor,
    calendar: Calendar,
    *,
    person: str = "person_id",
    wave: str = "wave",
    arm: str = "arm",
    date: str = "fieldwork_start",
) -> pl.Series:
    """The values (one per row) of a lag or a lead; null where the person has no answer there.

    By waves: of the wave so many places before (or after) in the calendar of the row's arm, whether or not anybody
    answered between. By time: what the person last (or next) answered, no further away than ``months`` of ``date``.
    Raises ModelError for an arm without a calendar, or if nobody has a value.
    """
    needed = [person, wave, factor.name, *([date] if factor.months is not None else [])]
    absent = [name for name in needed if name not in frame.columns]
    if absent:
        raise ModelError(
            f"the table has no column {', '.join(f'`{name}`' for name in absent)}", where=factor.key,
            todo="A lag needs persons and waves, and by time the first day of fieldwork of each.",
        )  # fmt: skip
    if factor.months is None:
        found = _by_waves(frame, factor, calendar, person, wave, arm)
    else:
        found = _by_time(frame, factor, person, date)
    if found.null_count() == found.len():
        raise ModelError(
            "nobody has a value: no two waves that are used are so far apart in the calendar of their arm",
            where=factor.key,
            count=frame.height,
            todo="Name more waves under `waves`, also those from which only the lag is taken; of waves two numbers "
            "apart, such as every other year, write `lag(x, 2)`.",
        )
    return found.alias(factor.key)


def _by_waves(frame: pl.DataFrame, factor: Factor, calendar: Calendar, person: str, wave: str, arm: str) -> pl.Series:
    step = -factor.waves if factor.call == "lag" else factor.waves
    armed = arm in frame.columns and set(calendar) != {""}
    places = pl.DataFrame(
        [(key, str(one), place) for key, waves in calendar.items() for place, one in enumerate(waves)],
        schema={"_arm": pl.String, "_wave": pl.String, PLACE: pl.Int64},
        orient="row",
    )
    rows = frame.select(
        pl.col(person).alias("_person"),
        (pl.col(arm).cast(pl.String) if armed else pl.lit("")).alias("_arm"),
        pl.col(wave).cast(pl.String).alias("_wave"),
        pl.col(factor.name).alias("_value"),
    ).with_row_index(ROW)
    rows = rows.join(places, on=["_arm", "_wave"], how="left", maintain_order="left")
    lacking = rows[PLACE].null_count()
    if lacking:
        raise ModelError("rows of a wave that the calendar of their arm does not have", where=factor.key, count=lacking)
    other = rows.select("_person", "_arm", pl.col(PLACE) - step, pl.col("_value").alias("_found"))
    return rows.join(other, on=["_person", "_arm", PLACE], how="left", maintain_order="left")["_found"]


def _by_time(frame: pl.DataFrame, factor: Factor, person: str, date: str) -> pl.Series:
    assert factor.months is not None
    back = factor.call == "lag"
    rows = frame.select(
        pl.col(person).alias("_person"), pl.col(date).alias("_date"), pl.col(factor.name).alias("_value")
    ).with_row_index(ROW)
    rows = rows.sort("_date", descending=not back, maintain_order=True)
    when = pl.when(pl.col("_value").is_not_null()).then(pl.col("_date"))
    seen = rows.with_columns(
        _found=pl.col("_value").forward_fill().shift().over("_person"),
        _when=when.forward_fill().shift().over("_person"),
    )
    months = round(factor.months)
    limit = pl.col("_date").dt.offset_by(f"{'-' if back else ''}{months}mo")
    near = pl.col("_when") >= limit if back else pl.col("_when") <= limit
    kept = seen.with_columns(_found=pl.when(near & (pl.col("_when") != pl.col("_date"))).then("_found"))
    return kept.sort(ROW)["_found"]


def years_since(frame: pl.DataFrame, used: pl.Series, date: str = "fieldwork_start") -> pl.Series:
    """Years (of 365.25 days) from the first fieldwork of the rows ``used`` to that of each row."""
    if date not in frame.columns:
        raise ModelError("needs the first day of fieldwork of each row", where="time", todo=f"Add a column `{date}`.")
    first = frame.filter(used)[date].min()
    return ((frame[date] - first).dt.total_days() / 365.25).alias("time")
