"""A wave's deposits, file by file, into one table: declared columns only, pseudonyms for ids, codes as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.answer_labels import declared_codes
from pipeline.ingest.deposit import Deposit, Request, read_deposits
from pipeline.ingest.find import find_file
from pipeline.ingest.ids import check_ids, normalise_ids
from pipeline.ingest.numbers import code_texts
from pipeline.ingest.pseudonyms import pseudonymise
from pipeline.specs.project import Study
from pipeline.specs.sources import declared_variables, role_columns
from pipeline.specs.study import WaveFile

HEAD = ("person_id", "study", "arm", "wave", "row")


@dataclass(frozen=True)
class WaveTable:
    """``frame``: one row per deposited row, all text but ``row``; ``receipts``: one row per file; ``labels``: what
    the files say of themselves (contracts ``Receipt`` and ``Labels``)."""

    frame: pl.DataFrame
    receipts: pl.DataFrame
    labels: pl.DataFrame
    notices: tuple[str, ...] = ()


def wave_table(study: Study, wave: str, folder: Path, key: bytes) -> WaveTable:
    """One row per deposited row of a wave, over all its arms.

    Columns are ``person_id`` (a pseudonym), ``study``, ``arm``, ``wave``, ``row`` (its number in the file) and every
    declared source variable under its own name, each value as the text of its code: ``"1"``, ``"-999"``, ``"0.75"``,
    ``".a"``; null where the file holds nothing.

    Raises ``DepositError`` for a file that is missing, unreadable, other than declared, or holds an id twice.
    """
    declared = study.waves[wave].files
    paths = [find_file(folder, file.file) for file in declared]
    deposits = read_deposits([_request(study, wave, path, file) for path, file in zip(paths, declared, strict=True)])
    frames, receipts, labels, notices = [], [], [], []
    for file, deposit in zip(declared, deposits, strict=True):
        if isinstance(deposit, DepositError):
            raise deposit
        _confirm(file, deposit)
        frames.append(_arm_rows(study, wave, file, deposit, key))
        labels += _labels(study, wave, file, deposit)
        variables = {"variables": deposit.receipt["columns"]}
        receipts.append({"study": study.key, "wave": wave, "arm": file.arm, **deposit.receipt, **variables})
        notices += [notice.message for notice in deposit.notices]
        notices += [f"{found['column']}: {found['count']:,} cells, {found['kind']}" for found in deposit.findings]
        notices += [f"{count:,} rows set aside: {rule}" for rule, count in deposit.set_aside.items()]
    frame = pl.concat(frames, how="diagonal")
    check_ids(frame, "person_id", where=f"{study.key} {wave}")
    return WaveTable(frame, pl.DataFrame(receipts).drop("columns"), _table(labels), tuple(notices))


def _request(study: Study, wave: str, path: Path, file: WaveFile) -> Request:
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


def _confirm(file: WaveFile, deposit: Deposit) -> None:
    """The file is the one that the declaration means."""
    receipt = deposit.receipt
    if file.sha256 and receipt["sha256"] != file.sha256:
        raise DepositError(
            "is not the file that was declared: its SHA-256 differs",
            where=str(receipt["file"]),
            todo=f"Declared {file.sha256[:12]}…, found {str(receipt['sha256'])[:12]}…. "
            "Ask for the file again, or declare the new hash if it is a corrected delivery.",
        )
    if file.rows is not None and receipt["rows"] != file.rows:
        raise DepositError(
            f"has {receipt['rows']:,} rows where {file.rows:,} were declared",
            where=str(receipt["file"]),
            todo="Ask for the file again, or declare the new number of rows.",
        )


def _arm_rows(study: Study, wave: str, file: WaveFile, deposit: Deposit, key: bytes) -> pl.DataFrame:
    name = str(deposit.receipt["file"])
    frame = declared_codes(study, wave, file, deposit.frame, name)
    roles = role_columns(study, wave, file)
    absent = [column for column in roles.values() if column not in frame.columns]
    if absent:
        raise DepositError(
            f"has no variable {', '.join(f'`{column}`' for column in absent)}",
            where=name,
            todo="Correct `columns` in the wave's declaration or in study.yaml.",
        )
    rule = study.about.ids
    check_ids(frame, roles["person_id"], where=name)
    ids = normalise_ids(frame[roles["person_id"]], strip=rule.strip, case=rule.case, pattern=rule.pattern)
    wanted = [column for column in declared_variables(study, wave, file) if column in frame.columns]
    return frame.select(
        pseudonymise(ids, key, study.key).alias("person_id"),
        pl.lit(study.key).alias("study"),
        pl.lit(file.arm).alias("arm"),
        pl.lit(wave).alias("wave"),
        _row_numbers(deposit).alias("row"),
        *(code_text(frame[column]).alias(column) for column in wanted if column != roles["person_id"]),
    )


def _row_numbers(deposit: Deposit) -> pl.Series:
    numbers = deposit.row_numbers or range(1, deposit.frame.height + 1)
    return pl.Series("row", numbers, dtype=pl.Int64)


LABELS = ("study", "wave", "arm", "variable", "label", "code", "code_label")


def _labels(study: Study, wave: str, file: WaveFile, deposit: Deposit) -> list[tuple[str | None, ...]]:
    """What the file says of each declared variable: its label, and the label of each code."""
    rows: list[tuple[str | None, ...]] = []
    for variable in declared_variables(study, wave, file):
        if variable in deposit.frame.columns:
            head = (study.key, wave, file.arm, variable, deposit.labels.get(variable))
            codes: Mapping[str, str | None] = deposit.value_labels.get(variable) or {"": None}
            rows += [(*head, code, label) for code, label in codes.items()]
    return rows


def _table(labels: list[tuple[str | None, ...]]) -> pl.DataFrame:
    return pl.DataFrame(labels, schema=dict.fromkeys(LABELS, pl.String), orient="row")


def code_text(values: pl.Series) -> pl.Series:
    """Codes as text, the same for every file format: whole numbers without a point, others in shortest form."""
    if values.dtype.is_numeric():
        return code_texts(values)
    if values.dtype == pl.String:
        stripped = values.str.strip_chars()
        return stripped.set(stripped == "", None)
    return values.cast(pl.String)


def summary(table: WaveTable) -> dict[str, Any]:
    """What the UI shows of a wave: counts and hashes, never a row."""
    return {
        "rows": table.frame.height,
        "variables": table.frame.width - len(HEAD),
        "files": ", ".join(table.receipts["file"]),
        "sha256": ", ".join(text[:12] for text in table.receipts["sha256"]),
    }
