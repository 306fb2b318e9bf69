"""The head of the answers table: who, when, with which weight, and where in the sampling design."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import polars as pl

from pipeline.harmonise.crosswalk import canonical
from pipeline.harmonise.projection import by_arm_case, case, literal, quoted
from pipeline.specs.arm_parts import HOUSEHOLD, MODE, arm_files, further_head
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns
from pipeline.tables import INTERVIEW_MODE

ROLES = {
    "interview_date": "interview_date",
    "design_weight": "weight",
    "stratum": "strata",
    "psu": "psu",
    "area_code": "area",
}
"""Column of the head → role of the source variable that fills it."""

TYPES = {"interview_date": "DATE", "design_weight": "DOUBLE"}


def head_sql(study: Study, wave: str, names: Mapping[str, str]) -> dict[str, str]:
    """Output column → SQL expression. ``names`` maps source variable → its name in the SQL table.

    The study's missing codes are no weight, stratum or area: they become NULL.
    """
    files = arm_files(study, wave)
    head = {name: quoted(name) for name in ("person_id", "study", "arm", "wave")}
    starts = {file.arm: study.fieldwork(wave, file.arm).start for file in files}
    head["fieldwork_start"] = by_arm_case({arm: f"DATE {literal(day.isoformat())}" for arm, day in starts.items()})
    for column, role in ROLES.items():
        sources = {file.arm: role_columns(study, wave, file).get(role) for file in files}
        head[column] = by_arm_case(
            {arm: _expression(column, source and names[source], study) for arm, source in sources.items()}
        )
    further = further_head(study)
    if MODE in further:
        head[MODE] = quoted(names[INTERVIEW_MODE]) if INTERVIEW_MODE in names else "NULL::VARCHAR"
    if HOUSEHOLD in further:
        households = {file.arm: role_columns(study, wave, file).get("household") for file in files}
        head[HOUSEHOLD] = by_arm_case(
            {arm: _expression(HOUSEHOLD, source and names[source], study) for arm, source in households.items()}
        )
    return head


def _expression(column: str, source: str | None, study: Study) -> str:
    kind = TYPES.get(column, "VARCHAR")
    if source is None:
        return f"NULL::{kind}"
    known = case(source, dict.fromkeys(map(canonical, study.about.missing), "NULL"), quoted(source))
    if column == "interview_date":
        return f"TRY_CAST(({known})[:10] AS DATE)"
    return known if kind == "VARCHAR" else f"TRY_CAST({known} AS {kind})"


def head_problems(study: Study, wave: str, file: WaveFile, deposited: pl.DataFrame) -> Iterator[str]:
    """What of one file's weights and dates cannot be used, with counts and never a value."""
    received = deposited.filter(pl.col("arm") == file.arm)
    roles = role_columns(study, wave, file)
    checks: dict[str, tuple[str, Callable[[pl.Expr], pl.Expr]]] = {
        "weight": ("weights that are no number of zero or more", _is_weight),
        "interview_date": ("interview dates that are not written as 2020-05-31", _is_date),
    }
    for role, (what, is_good) in checks.items():
        name = roles.get(role)
        if name is None or name not in received.columns:
            continue
        cell = pl.col(name)
        given = cell.is_not_null() & ~cell.is_in([*map(canonical, study.about.missing)])
        count = received.select((given & ~is_good(cell)).sum()).item()
        if count:
            yield f"{file.file}: variable `{name}` holds {what} ({count:,})"


def _is_weight(cell: pl.Expr) -> pl.Expr:
    number = cell.cast(pl.Float64, strict=False)
    return (number.is_finite() & (number >= 0)).fill_null(False)


def _is_date(cell: pl.Expr) -> pl.Expr:
    return cell.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).is_not_null()
