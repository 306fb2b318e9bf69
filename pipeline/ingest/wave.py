"""A wave's deposits, file by file, into one table: declared columns only, pseudonyms for ids, codes as text."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.answer_labels import declared_codes
from pipeline.ingest.columns import some
from pipeline.ingest.deposit import Deposit, Request, read_deposits
from pipeline.ingest.find import find_file
from pipeline.ingest.hold import check_bytes, check_receipt
from pipeline.ingest.ids import check_ids
from pipeline.ingest.interviews import first_and_last, interview_dates, outside_fieldwork
from pipeline.ingest.numbers import code_texts, numbers_among
from pipeline.ingest.people import Register, sort_people, written_otherwise
from pipeline.ingest.privacy import without_personal_data
from pipeline.ingest.quarantine import VALUES_SCHEMA, Sorted
from pipeline.specs.project import Study
from pipeline.specs.sources import declared_variables, role_columns, source_variable
from pipeline.specs.study import WaveFile
from pipeline.tables import NOT_IN_FILE, SET_ASIDE

NULLABLE = {"first_interview": pl.Date, "last_interview": pl.Date, "apart": pl.String}
"""Columns of the receipts that may be null in every row."""
HEAD = ("person_id", "study", "arm", "wave", "row")


@dataclass(frozen=True)
class WaveTable:
    """``frame``: one row per row loaded, all text but ``row``; ``receipts``: one row per file; ``labels``: what
    the files say of themselves (contracts ``Receipt`` and ``Labels``). ``quarantined``: one row per row set apart, with
    its ``reason``; ``dates``: one row per interview date set apart; ``counts``: what became of the rows received."""

    frame: pl.DataFrame
    receipts: pl.DataFrame
    labels: pl.DataFrame
    notices: tuple[str, ...] = ()
    quarantined: pl.DataFrame = field(default_factory=pl.DataFrame)
    dates: pl.DataFrame = field(default_factory=pl.DataFrame)
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Arm:
    """One file of a wave, sorted."""

    loaded: pl.DataFrame
    quarantined: pl.DataFrame
    dates: pl.DataFrame
    sorted: Sorted
    notices: list[str]
    interviews: tuple[dt.date | None, dt.date | None]


def wave_table(
    study: Study,
    wave: str,
    folder: Path,
    key: bytes,
    withdrawn: pl.DataFrame | None = None,
    *,
    confirmed: Mapping[str, str] | None = None,
) -> WaveTable:
    """One row per deposited row of a wave, over all its arms.

    Columns are ``person_id`` (a pseudonym), ``study``, ``arm``, ``wave``, ``row`` (its number in the file) and every
    declared source variable under its own name, each value as the text of its code: ``"1"``, ``"-999"``, ``"0.75"``,
    ``".a"``; null where the file holds nothing. ``withdrawn`` lists who withdrew here (see ``Register``).
    ``confirmed`` (file name → SHA-256) stands in for hashes that the declaration leaves to whoever made the files.

    Raises ``HeldError`` for a file whose hash nobody has confirmed, and ``DepositError`` for a file that is missing,
    unreadable or other than declared, and, unless the study sets aside what is doubtful, for ids that are blank, there
    twice or never issued.
    """
    declared = study.waves[wave].files
    check_bytes(study, wave, folder, confirmed or {})
    deposits = read_wave(study, wave, folder)
    known = Register(folder, key, withdrawn)
    arms, receipts, labels, notices = [], [], [], []
    for file, deposit in zip(declared, deposits, strict=True):
        if isinstance(deposit, DepositError):
            raise deposit
        check_receipt(study, wave, file, deposit.receipt, confirmed or {})
        arm = _arm(study, wave, file, deposit, known)
        arms.append(arm)
        labels += _labels(study, wave, file, deposit)
        receipts.append(_receipt(study, wave, file, deposit, arm, find_file(folder, file.file)))
        notices += [*_notices(study, deposit), *arm.notices]
    frame = pl.concat([arm.loaded for arm in arms], how="diagonal")
    check_ids(frame, "person_id", where=f"{study.key} {wave}")
    return WaveTable(
        frame,
        pl.DataFrame(
            receipts, schema_overrides={"first_interview": pl.Date, "last_interview": pl.Date, "apart": pl.String}
        ),
        _table(labels),
        tuple(notices),
        pl.concat([arm.quarantined for arm in arms], how="diagonal_relaxed"),
        pl.concat([arm.dates for arm in arms], how="diagonal_relaxed"),
        _counts([arm.sorted for arm in arms], frame.height),
    )


def _receipt(study: Study, wave: str, file: WaveFile, deposit: Deposit, arm: _Arm, path: Path) -> dict[str, object]:
    """What is known of one file: its bytes, its shape, when people were interviewed, when it came to lie here."""
    first, last = arm.interviews
    return {
        "study": study.key,
        "wave": wave,
        "arm": file.arm,
        **{name: value for name, value in deposit.receipt.items() if name != "columns"},
        "variables": deposit.receipt["columns"],
        "first_interview": first,
        "last_interview": last,
        "fieldwork_start": study.fieldwork(wave, file.arm).start,
        "fieldwork_end": study.fieldwork(wave, file.arm).end,
        "warnings": len(deposit.notices),
        "received_at": dt.datetime.fromtimestamp(int(path.stat().st_mtime), dt.UTC),
        **_rows(arm.sorted),
    }


def read_wave(study: Study, wave: str, folder: Path) -> list[Deposit | DepositError]:
    """The deposits of a wave, read as declared, in the order of its files."""
    declared = study.waves[wave].files
    paths = [find_file(folder, file.file) for file in declared]
    return read_deposits([request_of(study, wave, path, file) for path, file in zip(paths, declared, strict=True)])


def _notices(study: Study, deposit: Deposit) -> list[str]:
    """What a person should know of a file that loads all the same: counts and names of columns, never a value."""
    found = [notice.message for notice in deposit.notices]
    found += [f"{scan['column']}: {scan['count']:,} cells, {scan['kind']}" for scan in deposit.findings]
    found += [f"{count:,} rows set aside: {rule}" for rule, count in deposit.set_aside.items()]
    if study.about.doubtful == "set_aside" and deposit.undeclared:
        found.append(f"columns that no item is read from, left out: {some(deposit.undeclared)}")
    for column, near in deposit.absent.items():
        hint = f"; the nearest name is `{near}`" if near else ""
        found.append(f"the file has no variable `{column}`{hint}")
    return found


def _counts(parts: Sequence[Sorted], loaded: int) -> dict[str, int]:
    """Where the rows received are. Raises ``DepositError`` unless every one is in exactly one place."""
    received = sum(part.received for part in parts)
    places = Counter({"loaded": loaded})
    for part in parts:
        places.update({f"quarantined, {reason}": count for reason, count in part.counts().items()})
        places.update({f"set aside, {rule}": count for rule, count in part.set_aside.items()})
    if places.total() != received:
        raise DepositError(
            f"{received:,} rows were received, but {places.total():,} are accounted for",
            todo="This is a mistake in the pipeline; please report it.",
        )
    return {"received": received, **places}


def _rows(part: Sorted) -> dict[str, int | str | None]:
    """Where one file's rows are, and why some are not loaded."""
    reasons = [f"{reason}: {count:,}" for reason, count in {**part.counts(), **part.set_aside}.items()]
    return {
        "loaded": part.loaded.height,
        "quarantined": part.quarantined.height,
        "set_aside": sum(part.set_aside.values()),
        "apart": "; ".join(reasons) or None,
    }


def request_of(study: Study, wave: str, path: Path, file: WaveFile) -> Request:
    return Request(
        str(path.resolve()),
        file.format,
        encoding=file.encoding,
        delimiter=file.delimiter,
        decimal=file.decimal,
        sheet=file.sheet,
        header_row=file.header_row,
        layout=file.layout,
        columns=tuple(declared_variables(study, wave, file)),
        text=(role_columns(study, wave, file)["person_id"],),
    )


def _arm(study: Study, wave: str, file: WaveFile, deposit: Deposit, known: Register) -> _Arm:
    name = str(deposit.receipt["file"])
    roles = role_columns(study, wave, file)
    absent = [column for column in roles.values() if column not in deposit.frame.columns]
    if absent:
        raise DepositError(
            f"has no variable {', '.join(f'`{column}`' for column in absent)}",
            where=name,
            todo="Correct `columns` in the wave's declaration or in study.yaml.",
        )
    check_number(study, wave, deposit.frame, roles, name)
    coded = replace(deposit, frame=declared_codes(study, wave, file, deposit.frame))
    rows = sort_people(study, wave, file, coded, roles["person_id"], known)
    loaded, dates = rows.loaded, pl.DataFrame(schema=VALUES_SCHEMA)
    notices = written_otherwise(study, coded.frame[roles["person_id"]])
    interviews: tuple[dt.date | None, dt.date | None] = (None, None)
    if "interview_date" in roles:
        loaded, dates, about_dates = interview_dates(study, wave, file, loaded, roles["interview_date"])
        interviews = first_and_last(loaded[roles["interview_date"]])
        notices += [*about_dates, *outside_fieldwork(study, wave, file, loaded[roles["interview_date"]])]
    head = {"study": study.key, "arm": file.arm, "wave": wave}
    held = [column for column in _held(study, wave, file, roles) if column in loaded.columns]
    items = {source_variable(study, wave, file, item) for item in study.items} - set(roles.values())
    answers = [column for column in held if column in items]
    loaded, apart = (
        part.with_columns(without_personal_data(part[column]) for column in answers)
        for part in (loaded, rows.quarantined)
    )
    lacking = _lacking(study, wave, file, deposit)
    return _Arm(
        _as_text(loaded, head, held).with_columns(**lacking),
        _as_text(apart, head, held, "reason"),
        dates.with_columns(arm=pl.lit(file.arm)),
        rows,
        notices,
        interviews,
    )


def _held(study: Study, wave: str, file: WaveFile, roles: Mapping[str, str]) -> list[str]:
    """The variables that a wave table holds: the id has become a pseudonym, the wave's number is checked."""
    items = {source_variable(study, wave, file, item) for item in study.items}
    done = {name for role, name in roles.items() if role in ("person_id", "wave") and name not in items}
    return [name for name in declared_variables(study, wave, file) if name not in done | {roles["person_id"]}]


def _as_text(frame: pl.DataFrame, head: Mapping[str, str], variables: Sequence[str], *more: str) -> pl.DataFrame:
    return frame.select(
        "person_id",
        *(pl.lit(value).alias(name) for name, value in head.items()),
        "row",
        *more,
        *(code_text(frame[column]).alias(column) for column in variables),
    )


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
    declared = study.waves[wave].number
    number = int(wave[1:]) if declared is None else declared
    column = roles["wave"]
    others = int((code_text(frame[column]) != str(number)).sum())
    if others:
        raise DepositError(
            f"rows in which `{column}` does not say {number}, the number of this wave",
            where=where,
            count=others,
            todo="Check whether this is the file of another wave; or declare the wave's `number`.",
        )


LABELS = {
    **dict.fromkeys(("study", "wave", "arm", "variable", "label", "code", "code_label", "missing"), pl.String),
    "is_in_file": pl.Boolean,
    "nearest": pl.String,
}


def _labels(study: Study, wave: str, file: WaveFile, deposit: Deposit) -> list[tuple[object, ...]]:
    """What the file says of each declared variable: its label, the label of each code, which codes are missing."""
    rows: list[tuple[object, ...]] = []
    for variable in declared_variables(study, wave, file):
        head = (study.key, wave, file.arm, variable)
        if variable not in deposit.frame.columns:
            rows.append((*head, None, "", None, None, False, deposit.absent.get(variable)))
            continue
        codes: Mapping[str, str | None] = deposit.value_labels.get(variable) or {"": None}
        marked = _marked_missing(file, deposit, variable)
        label = deposit.labels.get(variable)
        rows += [(*head, label, code, text, marked, True, None) for code, text in codes.items()]
    return rows


def _marked_missing(file: WaveFile, deposit: Deposit, variable: str) -> str | None:
    """The codes that an SPSS file marks as missing, range by range; other formats cannot mark any."""
    if file.format not in ("sav", "zsav"):
        return None
    return ";".join(f"{low}..{high}" for low, high in deposit.missing_ranges.get(variable, ()))


def _table(labels: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(labels, schema=LABELS, orient="row")


def code_text(values: pl.Series) -> pl.Series:
    """Codes as text, the same for every file format: whole numbers without a point, others in shortest form."""
    if values.dtype.is_numeric():
        return code_texts(values)
    if values.dtype == pl.String:
        stripped = values.str.strip_chars()
        return numbers_among(stripped.set(stripped == "", None))
    return values.cast(pl.String)


def summary(table: WaveTable) -> dict[str, Any]:
    """What the UI shows of a wave: counts and hashes, never a row."""
    return {
        "rows": table.frame.height,
        "variables": table.frame.width - len(HEAD),
        "files": ", ".join(table.receipts["file"]),
        "sha256": ", ".join(text[:12] for text in table.receipts["sha256"]),
        "received_at": ", ".join(f"{moment:%Y-%m-%d %H:%M} UTC" for moment in table.receipts["received_at"]),
        "interviews": _window(table.receipts),
        "accounting": "; ".join(f"{place}: {count:,}" for place, count in table.counts.items()),
    }


def _window(receipts: pl.DataFrame) -> str:
    dates = [*receipts["first_interview"].drop_nulls(), *receipts["last_interview"].drop_nulls()]
    return f"{min(dates)} to {max(dates)}" if dates else "no dates in the file"
