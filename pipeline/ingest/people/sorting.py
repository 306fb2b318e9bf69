"""The rows of a deposit, each where its id puts it: loaded, quarantined with the reason, or set aside by rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.isolation.read import read_deposit
from pipeline.ingest.people.id_forms import ids_in_other_writing
from pipeline.ingest.people.ids import check_ids, in_arm, normalise_ids
from pipeline.ingest.people.pseudonyms import pseudonymise
from pipeline.ingest.people.withdrawals import read_withdrawals, scope_of
from pipeline.ingest.quarantine.rows import ROW, Sorted, sort_rows
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study

FEW_LEFT = 0.05
"""If fewer ids than this can be used, something is wrong with the column, not with the people."""


@dataclass(frozen=True)
class Register:
    """Whom a study knows of: where its lists lie, the installation's key, and who withdrew here.

    ``withdrawn`` has one row per person: ``id`` (a fingerprint, see ``fingerprints``), ``scope``, ``date``.
    """

    folder: Path
    key: bytes
    withdrawn: pl.DataFrame | None = None
    pseudonyms: dict[str, str] = field(default_factory=dict, repr=False)
    """Id → pseudonym of people who were met already, for as long as their files are read."""


def fingerprints(ids: pl.Series, key: bytes, study: str) -> pl.Series:
    """What the list of withdrawals holds of an id: neither the id nor its pseudonym, nor a way to either."""
    return pseudonymise(ids, key, f"{study}\x00withdrawn")


def sort_people(study: Study, wave: str, file: WaveFile, deposit: Deposit, id_column: str, known: Register) -> Sorted:
    """The rows of one file, sorted; ``person_id`` (a pseudonym) and ``row`` (its number in the file) are added.

    People who withdrew are always set aside. All else that is doubtful stops the wave with a ``DepositError``, unless
    the study sets it aside.
    """
    rule = study.about.ids
    ids = normalise_ids(deposit.frame[id_column], strip=rule.strip, case=rule.case)
    withdrawn = rows_of_withdrawn(study, wave, file, ids, id_column, known)
    where = str(deposit.receipt["file"])
    if study.about.doubtful == "stop":
        check_people(study, file, deposit.frame.filter(~withdrawn), id_column, known.folder, where)
    made = sort_rows(
        deposit.frame,
        ids,
        pattern=rule.pattern,
        known=_issued(study, file, known.folder),
        withdrawn=withdrawn,
        set_aside=deposit.set_aside,
        look_for_copies=study.about.doubtful == "set_aside",
    )
    _refuse_a_lost_link(made, deposit.frame.height, id_column, where)
    people = pseudonymise(in_arm(ids, file.arm, rule.within), known.key, study.key, known.pseudonyms)
    return _numbered(made, deposit, people, id_column)


def written_otherwise(study: Study, deposited: pl.Series) -> list[str]:
    """In words, how many ids are the same only by the declared rule."""
    rule = study.about.ids
    if not rule.strip and rule.case == "as_is":
        return []
    count = int((normalise_ids(deposited) != normalise_ids(deposited, strip=rule.strip, case=rule.case)).sum())
    return [f"{count:,} ids differ only in case or in spaces"] if count else []


def check_people(study: Study, file: WaveFile, frame: pl.DataFrame, id_column: str, folder: Path, where: str) -> None:
    """Raise ``DepositError`` for ids that are blank, there twice, not of the declared form or never issued."""
    check_ids(frame, id_column, where=where)
    rule = study.about.ids
    ids = normalise_ids(frame[id_column], strip=rule.strip, case=rule.case, pattern=rule.pattern)
    issued = _issued(study, file, folder)
    strangers = int((~ids.is_in(list(issued))).sum()) if issued is not None else 0
    if strangers:
        raise DepositError(
            f"ids in `{id_column}` that were never issued",
            where=where,
            count=strangers,
            todo="Add them to the list under `issued`, or name their list as `refreshment` of this file.",
        )


def _issued(study: Study, file: WaveFile, folder: Path) -> set[str] | None:
    """All ids that may come in a file; None where the study keeps no list."""
    if study.about.issued is None:
        return None
    lists = [study.about.issued, *([file.refreshment] if file.refreshment else [])]
    return {identity for name in lists for identity in ids_in(study, find_file(folder, name))}


def ids_in(study: Study, path: Path) -> list[str]:
    """The ids of a CSV list, by the study's rule: of the column that holds ids in the waves, or else of the first."""
    column = str(study.about.columns.person_id)
    frame = read_deposit(path, "csv", text=(column,)).frame
    if column not in frame.columns:
        column = frame.columns[0]
        frame = read_deposit(path, "csv", text=(column,)).frame
    rule = study.about.ids
    return normalise_ids(frame[column], strip=rule.strip, case=rule.case).drop_nulls().to_list()


def rows_of_withdrawn(
    study: Study, wave: str, file: WaveFile, ids: pl.Series, id_column: str, known: Register
) -> pl.Series:
    """Whether each row is of somebody who withdrew, by the study's own list or by that of this installation."""
    period = study.fieldwork(wave, file.arm)
    fieldwork = (period.start, period.end)
    gone = pl.repeat(False, len(ids), eager=True)
    if study.about.withdrawals:
        rule = study.about.ids
        path = find_file(known.folder, study.about.withdrawals)
        listed = read_withdrawals(path, id_column, strip=rule.strip, case=rule.case)
        _refuse_other_writing(listed["id"], ids, path.name, id_column)
        gone = gone | scope_of(ids, listed, fieldwork=fieldwork).is_not_null()
    if known.withdrawn is not None and known.withdrawn.height:
        marks = fingerprints(in_arm(ids, file.arm, study.about.ids.within), known.key, study.key)
        gone = gone | scope_of(marks, known.withdrawn, fieldwork=fieldwork).is_not_null()
    return gone


def _refuse_other_writing(listed: pl.Series, ids: pl.Series, where: str, id_column: str) -> None:
    """Raises DepositError if people withdrew under ids that the file writes otherwise: they would stay in the data."""
    count = ids_in_other_writing(listed, ids)
    if count:
        raise DepositError(
            f"people on the list of withdrawals whose ids the file has in another writing in `{id_column}` (case, "
            "spaces, signs, a prefix or leading zeros), so that they would stay",
            where=where, count=count,
            todo="Write these ids as the file has them, or declare the rule in study.yaml (`ids: {strip: true, case: "
            "upper}`).",
        )  # fmt: skip


def _refuse_a_lost_link(made: Sorted, received: int, id_column: str, where: str) -> None:
    usable = made.loaded.height + made.counts().get("withdrawn", 0)
    if received and usable < FEW_LEFT * received:
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in made.counts().items())
        raise DepositError(
            f"{usable / received:.1%} of the ids in `{id_column}` can be linked ({reasons})",
            where=where,
            count=received - usable,
            todo="Check the id column, its format and its prefix; ask for the file again.",
        )


def _numbered(made: Sorted, deposit: Deposit, people: pl.Series, id_column: str) -> Sorted:
    """The same rows with pseudonyms for ids and the row numbers of the file."""
    numbers = pl.Series(deposit.row_numbers or range(1, deposit.frame.height + 1), dtype=pl.Int64)

    def named(frame: pl.DataFrame) -> pl.DataFrame:
        place = (frame[ROW] - 1).cast(pl.UInt32)
        return frame.drop(ROW, id_column).with_columns(
            people.gather(place).alias("person_id"), numbers.gather(place).alias(ROW)
        )

    quarantined = named(made.quarantined)
    is_gone = pl.col("reason") == "withdrawn"
    quarantined = quarantined.with_columns(pl.when(~is_gone).then("person_id").alias("person_id"))
    return Sorted(named(made.loaded), quarantined, made.received, made.values, made.set_aside)
