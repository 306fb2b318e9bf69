"""One file of a wave: its rows sorted, answers as codes, ids as pseudonyms, interview dates as dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes, codes_of_columns
from pipeline.ingest.formats.table import HIDDEN
from pipeline.ingest.people.pseudonyms import pseudonymise
from pipeline.ingest.people.sorting import Register, sort_people, written_otherwise
from pipeline.ingest.people.strays import refuse_no_people, test_ids
from pipeline.ingest.privacy import without_personal_data
from pipeline.ingest.quarantine.answer_labels import declared_codes
from pipeline.ingest.quarantine.conditions import with_conditions
from pipeline.ingest.quarantine.interviews import first_and_last, interview_dates, outside_fieldwork
from pipeline.ingest.quarantine.marked_missing import with_marks
from pipeline.ingest.quarantine.paradata import judged_by_paradata
from pipeline.ingest.quarantine.rows import VALUES_SCHEMA, Sorted
from pipeline.ingest.quarantine.trials import unclear_marks, without_test_records
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import declared_variables, number_of, role_columns, source_variable
from pipeline.tables import NOT_IN_FILE, SET_ASIDE


@dataclass(frozen=True)
class FileRows:
    """One file of a wave, sorted."""

    loaded: pl.DataFrame
    quarantined: pl.DataFrame
    dates: pl.DataFrame
    sorted: Sorted
    notices: list[str]
    interviews: tuple[dt.date | None, dt.date | None]
    remarks: list[str]
    """What paradata say of the interviews, in counts."""
    doubts: list[str]
    """Ids that look like those of test records, and what is hidden in a workbook, in counts."""


def refuse_absent_roles(roles: Mapping[str, str], deposit: Deposit) -> None:
    """Raise ``DepositError`` if a file lacks a column with a role, such as the id. ``roles``: role → column."""
    columns = deposit.frame.columns
    absent = {role: column for role, column in roles.items() if column not in columns}
    if not absent:
        return
    likely = [deposit.absent.get(column) for column in absent.values()]
    near = f"; the closest name in the file is `{likely[0]}`" if len(likely) == 1 and likely[0] else ""
    optional = "" if "person_id" in absent else ": `none` if a wave has no such column"
    raise DepositError(
        f"has no variable {', '.join(f'`{column}`' for column in absent.values())}{near}",
        where=str(deposit.receipt["file"]),
        todo=f"Correct `columns` in the wave's declaration or study.yaml{optional}. "
        "Where `names` says how variables are called, names there are without the wave's mark.",
    )


def sorted_file(study: Study, wave: str, file: WaveFile, deposit: Deposit, known: Register) -> FileRows:
    name = str(deposit.receipt["file"])
    roles = role_columns(study, wave, file)
    refuse_absent_roles(roles, deposit)
    unclear = unclear_marks(study, wave, file, deposit)
    deposit = without_test_records(study, wave, file, deposit)
    refuse_no_people(deposit, roles["person_id"], study.about.ids.pattern)
    doubts = [notice.message for notice in deposit.notices if notice.kind.startswith(HIDDEN)]
    doubts += test_ids(deposit, roles["person_id"], study.about.ids.pattern)
    check_number(study, wave, deposit.frame, roles, name)
    marked, about_marks = with_marks(study, wave, file, deposit)
    coded = replace(deposit, frame=declared_codes(study, wave, file, marked))
    rows = sort_people(study, wave, file, coded, roles["person_id"], known)
    pace = judged_by_paradata(study, wave, file, rows)
    rows = pace.rows
    loaded, dates = rows.loaded, pl.DataFrame(schema=VALUES_SCHEMA)
    notices = [*written_otherwise(study, coded.frame[roles["person_id"]]), *about_marks]
    interviews: tuple[dt.date | None, dt.date | None] = (None, None)
    if "interview_date" in roles:
        loaded, dates, about_dates = interview_dates(study, wave, file, loaded, roles["interview_date"])
        interviews = first_and_last(loaded[roles["interview_date"]])
        notices += [*about_dates, *outside_fieldwork(study, wave, file, loaded[roles["interview_date"]])]
    head = {"study": study.key, "arm": file.arm, "wave": wave}
    kept = [column for column in _variables_kept(study, wave, file, roles) if column in loaded.columns]
    items = {source_variable(study, wave, file, item) for item in study.items} - set(roles.values())
    answers = [column for column in kept if column in items]
    loaded, quarantined = (
        part.with_columns(without_personal_data(part[column]) for column in answers if part.schema[column] == pl.String)
        for part in (loaded, rows.quarantined)
    )
    if "household" in roles and roles["household"] in loaded.columns:
        loaded = loaded.with_columns(_households(study, loaded[roles["household"]], known))
    lacking = _lacking(study, wave, file, deposit)
    return FileRows(
        with_conditions(study, wave, file, _as_text(loaded, head, kept), deposit.absent).with_columns(**lacking),
        _as_text(quarantined, head, kept, "reason"),
        dates.with_columns(arm=pl.lit(file.arm)),
        rows,
        notices,
        interviews,
        [*pace.remarks, *unclear],
        doubts,
    )


def _households(study: Study, ids: pl.Series, known: Register) -> pl.Series:
    """The pseudonym of each household: their ids lead to people as well. A missing code names none."""
    codes = answer_codes(ids)
    codes = codes.set(codes.is_in([canonical_code(code) for code in study.about.missing]), None)
    return pseudonymise(codes, known.key, f"{study.key}\x00household").rename(ids.name)


def _variables_kept(study: Study, wave: str, file: WaveFile, roles: Mapping[str, str]) -> list[str]:
    """The variables that a wave table holds: the id is a pseudonym now; wave's number and test marks are checked."""
    items = {source_variable(study, wave, file, item) for item in study.items}
    done = {name for role, name in roles.items() if role in ("person_id", "wave", "test") and name not in items}
    return [name for name in declared_variables(study, wave, file) if name not in done | {roles["person_id"]}]


def _as_text(frame: pl.DataFrame, head: Mapping[str, str], variables: Sequence[str], *more: str) -> pl.DataFrame:
    about = frame.select("person_id", *(pl.lit(value).alias(name) for name, value in head.items()), "row", *more)
    return about.hstack(codes_of_columns(frame.select(variables)))


def _lacking(study: Study, wave: str, file: WaveFile, deposit: Deposit) -> dict[str, pl.Expr]:
    """Variables of items that the file lacks, where the study sets them aside: renamed ones may be found again."""
    if study.about.doubtful == "stop":
        return {}
    items = {source_variable(study, wave, file, item) for item in study.items}
    return {
        column: pl.lit(SET_ASIDE if near else NOT_IN_FILE) for column, near in deposit.absent.items() if column in items
    }


def check_number(study: Study, wave: str, frame: pl.DataFrame, roles: Mapping[str, str], where: str) -> None:
    """Raise ``DepositError`` if the column with the role ``wave`` holds another number than this wave's."""
    if "wave" not in roles:
        return
    number = number_of(study, wave)
    column = roles["wave"]
    others = int((answer_codes(frame[column]) != str(number)).sum())
    if others:
        raise DepositError(
            f"rows in which `{column}` does not say {number}, the number of this wave",
            where=where,
            count=others,
            todo="Check whether this is the file of another wave; or declare the wave's `number`.",
        )
