"""What a study's declarations say of the columns of its wave tables: under one name in every wave, part and file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.specs import Study
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import WaveFile
from pipeline.specs.sources import conditions, role_columns, source_variable
from pipeline.tables import INTERVIEW_MODE, MARKED_MISSING, NOT_IN_FILE, ROUTED_OUT, SET_ASIDE
from pipeline.twin.columns import Columns

ROLE, ASKED, MODE = "role ", "asked by ", "mode"
AMOUNTS = ("weight", "duration", "progress", "interview_date")
"""Roles that hold amounts."""
NOT_LEARNT = ("person_id", "wave", "test", "household")
"""Roles that a twin gives values of its own."""
MARKS = frozenset({SET_ASIDE, NOT_IN_FILE, ROUTED_OUT})
"""What ingest writes in place of a code; in a file the cell is empty."""
DAY_ONE = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Arm:
    """One arm of a study as it is learnt: wave → one row per person, columns under one name; and what they are."""

    waves: Mapping[str, pl.DataFrame]
    columns: Columns


def slots(study: Study, wave: str, file: WaveFile) -> dict[str, str]:
    """Variable of a part → the name under which it is learnt: the first item that reads it, or its role."""
    found: dict[str, str] = {}
    for key in study.items:
        variable = source_variable(study, wave, file, key)
        if variable is not None:
            found.setdefault(variable, key)
    for role, variable in role_columns(study, wave, file).items():
        if role not in NOT_LEARNT:
            found.setdefault(variable, f"{ROLE}{role}")
    for key in study.items:
        for variable, _ in conditions(study, wave, file, key):
            found.setdefault(variable, f"{ASKED}{variable}")
    return found


def arm_of(study: Study, arm: str, tables: Mapping[str, pl.DataFrame]) -> Arm:
    """One arm of a study's wave tables (wave → table) as plain frames of codes."""
    frames = {
        wave: _learnt(study, wave, arm, tables[wave].filter(pl.col("arm") == arm))
        for wave in study.about.arms[arm].waves
    }
    return Arm(frames, _columns(study, arm, frames))


def parts(study: Study, wave: str, arm: str) -> list[WaveFile]:
    return [file for file in study.waves[wave].files if file.arm == arm]


def _learnt(study: Study, wave: str, arm: str, table: pl.DataFrame) -> pl.DataFrame:
    made: dict[str, pl.Expr] = {}
    variables: dict[str, list[str]] = {}
    dates: set[str] = set()
    for file in parts(study, wave, arm):
        date = role_columns(study, wave, file).get("interview_date")
        for variable, name in slots(study, wave, file).items():
            if variable in table.columns and variable not in variables.setdefault(name, []):
                variables[name].append(variable)
                dates |= {name} if variable == date and name.startswith(ROLE) else set()
    for name, columns in variables.items():
        value = pl.coalesce(pl.col(column) for column in columns)
        value = pl.when(value.is_in(list(MARKS)) | value.str.ends_with(MARKED_MISSING)).then(None).otherwise(value)
        made[name] = _days(value) if name in dates else value
    if INTERVIEW_MODE in table.columns:
        made[MODE] = pl.col(INTERVIEW_MODE)
    return table.select("person_id", *(value.cast(pl.String).alias(name) for name, value in made.items()))


def _days(value: pl.Expr) -> pl.Expr:
    """A date as the number of its day."""
    return value.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).cast(pl.String)


def date_of(days: str | None) -> dt.date | None:
    return None if days is None else DAY_ONE + dt.timedelta(days=int(float(days)))


def _columns(study: Study, arm: str, frames: Mapping[str, pl.DataFrame]) -> Columns:
    names = list(dict.fromkeys(name for frame in frames.values() for name in frame.columns if name != "person_id"))
    shared = frozenset(canonical_code(code) for code in study.about.missing)
    missing = {name: shared | frozenset(_missing(study, name)) for name in names}
    items = {name: study.items[name] for name in names if name in study.items}
    roles = {name: name.removeprefix(ROLE) for name in names if name.startswith(ROLE)}
    nominal = {name for name, item in items.items() if item.kind == "nominal"}
    nominal |= {name for name, role in roles.items() if role not in AMOUNTS}
    nominal |= {name for name in names if name.startswith(ASKED) or name == MODE}
    units, strata = _role(study, arm, "psu"), _role(study, arm, "strata")
    return Columns(
        missing=missing,
        numbers=frozenset(name for name, item in items.items() if item.kind == "number")
        | frozenset(name for name, role in roles.items() if role in AMOUNTS),
        nominal=frozenset(nominal),
        lasting=frozenset(name for name, item in items.items() if item.time_constant),
        clusters={unit: next(iter(strata), "") for unit in units},
    )


def _missing(study: Study, name: str) -> Iterator[str]:
    """The missing codes of an item, in any wave."""
    if name in study.items:
        yield from map(canonical_code, study.items[name].missing)
        for wave in study.waves.values():
            exception = wave.exceptions.get(name)
            yield from map(canonical_code, exception.missing if exception else ())


def _role(study: Study, arm: str, role: str) -> list[str]:
    """Under which names the columns with a role are learnt: one, unless an item reads it in some waves."""
    found: dict[str, None] = {}
    for wave in study.about.arms[arm].waves:
        for file in parts(study, wave, arm):
            variable = role_columns(study, wave, file).get(role)
            if variable is not None:
                found[slots(study, wave, file)[variable]] = None
    return list(found)
