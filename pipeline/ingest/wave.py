"""A wave's deposits, file by file, into one table: declared columns only, pseudonyms for ids, codes as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError, one_line
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.arrival.hold import check_bytes, check_frozen, check_receipt
from pipeline.ingest.declared import read_wave
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.left_out import without_left_out
from pipeline.ingest.people.ids import check_ids
from pipeline.ingest.people.sorting import Register
from pipeline.ingest.wave_facts import counts_of, file_labels, file_receipt, labels_table, notices_of
from pipeline.ingest.wave_file import sorted_file
from pipeline.ingest.wave_table import WaveTable
from pipeline.specs.left_out import LeftOut
from pipeline.specs.project import Study


def wave_table(
    study: Study,
    wave: str,
    folder: Path,
    key: bytes,
    withdrawn: pl.DataFrame | None = None,
    *,
    confirmed: Mapping[str, str] | None = None,
    also: Mapping[str, Sequence[LeftOut]] | None = None,
) -> WaveTable:
    """One row per deposited row of a wave, over all its arms.

    Columns are ``person_id`` (a pseudonym), ``study``, ``arm``, ``wave``, ``row`` (its number in the file) and every
    declared source variable under its own name, each value as the text of its code: ``"1"``, ``"-999"``, ``"0.75"``,
    ``".a"``; null where the file holds nothing. ``withdrawn`` lists who withdrew here (see ``Register``).
    ``confirmed`` (file name → SHA-256) stands in for hashes that the declaration leaves to whoever made the files.

    ``also`` maps arm → columns that no item is read from: how many answers each holds is noted in ``labels``.

    Raises ``UnconfirmedError`` for a file whose hash or labels nobody has confirmed, and ``DepositError`` for a file
    that is missing, unreadable or other than declared, and, unless the study sets aside what is doubtful, for ids that
    are blank, there twice or never issued.
    """
    check_frozen(study, wave)
    check_bytes(study, wave, folder, confirmed or {})
    deposits = read_wave(study, wave, folder, also)
    return as_table(study, wave, folder, deposits, key, withdrawn, confirmed=confirmed, also=also)


def as_table(
    study: Study,
    wave: str,
    folder: Path,
    deposits: Sequence[Deposit | DepositError],
    key: bytes,
    withdrawn: pl.DataFrame | None = None,
    *,
    confirmed: Mapping[str, str] | None = None,
    also: Mapping[str, Sequence[LeftOut]] | None = None,
) -> WaveTable:
    """As ``wave_table``, of ``deposits`` that were read already, in the order of the wave's files."""
    declared = study.waves[wave].files
    known = Register(folder, key, withdrawn)
    arms, receipts, labels, notices, remarks = [], [], [], [], []
    for file, deposit in zip(declared, deposits, strict=True):
        if isinstance(deposit, DepositError):
            raise deposit
        check_receipt(study, wave, file, deposit.receipt, confirmed or {})
        deposit, about_others = without_left_out(study.key, wave, file, deposit, (also or {}).get(file.arm, ()))
        arm = sorted_file(study, wave, file, deposit, known)
        arms.append(arm)
        labels += [*file_labels(study, wave, file, deposit), *about_others]
        receipts.append(file_receipt(study, wave, file, deposit, arm, find_file(folder, file.file)))
        notices += [*notices_of(study, deposit), *arm.notices, *arm.remarks]
        remarks += [f"{deposit.receipt['file']}, {remark}" for remark in arm.remarks]
    frame = pl.concat([arm.loaded for arm in arms], how="diagonal")
    check_ids(frame, "person_id", where=f"{study.key} {wave}")
    return WaveTable(
        frame,
        pl.DataFrame(
            receipts, schema_overrides={"first_interview": pl.Date, "last_interview": pl.Date, "apart": pl.String}
        ),
        labels_table(labels),
        tuple(map(one_line, notices)),
        pl.concat([arm.quarantined for arm in arms], how="diagonal_relaxed"),
        pl.concat([arm.dates for arm in arms], how="diagonal_relaxed"),
        counts_of([arm.sorted for arm in arms], frame.height),
        tuple(map(one_line, remarks)),
    )
