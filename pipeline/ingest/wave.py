"""A wave's deposits, part by part, into one table: declared columns only, pseudonyms for ids, codes as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError, one_line
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.arrival.hold import check_bytes, check_frozen, check_receipts
from pipeline.ingest.declared import Also, read_waves
from pipeline.ingest.left_out import without_left_out
from pipeline.ingest.long_files import refuse_a_long_file
from pipeline.ingest.parts.part import Part
from pipeline.ingest.parts.together import labels_of_arm, under_names_of_arm
from pipeline.ingest.people.ids import check_ids
from pipeline.ingest.people.sorting import Register
from pipeline.ingest.wave_facts import (
    counts_of,
    file_labels,
    file_receipt,
    joined_receipts,
    joined_table,
    labels_table,
    notices_of,
)
from pipeline.ingest.wave_file import FileRows, sorted_file
from pipeline.ingest.wave_table import HEAD, WaveTable
from pipeline.specs.project import Study


def wave_tables(
    study: Study,
    waves: Sequence[str],
    folder: Path,
    key: bytes,
    withdrawn: pl.DataFrame | None = None,
    *,
    confirmed: Mapping[str, str] | None = None,
    also: Mapping[str, Also] | None = None,
) -> dict[str, WaveTable]:
    """Wave → its table (see ``wave_table``); a file that serves several of the waves is read once.

    ``also`` maps wave → part → columns that no item is read from: how many answers each holds is noted in ``labels``.
    """
    for wave in waves:
        check_frozen(study, wave)
    check_bytes(study, waves, folder, confirmed or {})
    taken = read_waves(study, waves, folder, also)
    known = Register(folder, key, withdrawn)
    return {
        wave: _as_table(study, wave, taken.pop(wave), known, confirmed=confirmed, also=(also or {}).get(wave))
        for wave in waves
    }


def wave_table(
    study: Study,
    wave: str,
    folder: Path,
    key: bytes,
    withdrawn: pl.DataFrame | None = None,
    *,
    confirmed: Mapping[str, str] | None = None,
    also: Also | None = None,
) -> WaveTable:
    """One row per row of a wave, over all its arms and files.

    Columns are ``person_id`` (a pseudonym), ``study``, ``arm``, ``wave``, ``row`` (its number in the file) and every
    declared source variable under its own name, each value as the text of its code: ``"1"``, ``"-999"``, ``"0.75"``,
    ``".a"``; null where the file holds nothing. ``withdrawn`` lists who withdrew here (see ``Register``).
    ``confirmed`` (file name → SHA-256) stands in for hashes that the declaration leaves to whoever made the files.

    Raises ``UnconfirmedError`` for a file whose hash or labels nobody has confirmed, and ``DepositError`` for a file
    that is missing, unreadable or other than declared, and, unless the study sets aside what is doubtful, for ids that
    are blank, there twice or never issued.
    """
    by_wave = None if also is None else {wave: also}
    return wave_tables(study, [wave], folder, key, withdrawn, confirmed=confirmed, also=by_wave)[wave]


def as_table(
    study: Study,
    wave: str,
    folder: Path,
    parts: Sequence[Part | DepositError],
    key: bytes,
    withdrawn: pl.DataFrame | None = None,
    *,
    confirmed: Mapping[str, str] | None = None,
    also: Also | None = None,
) -> WaveTable:
    """As ``wave_table``, of ``parts`` that were read already, in the order of the wave's files."""
    return _as_table(study, wave, parts, Register(folder, key, withdrawn), confirmed=confirmed, also=also)


def _as_table(
    study: Study,
    wave: str,
    parts: Sequence[Part | DepositError],
    known: Register,
    *,
    confirmed: Mapping[str, str] | None,
    also: Also | None,
) -> WaveTable:
    declared = study.waves[wave].files
    arms, receipts, labels, notices, remarks, doubts, joined = [], [], [], [], [], [], []
    for file, part in zip(declared, parts, strict=True):
        if isinstance(part, DepositError):
            raise part
        check_receipts(study, wave, file, part, confirmed or {})
        deposit, about_others = without_left_out(study.key, wave, file, part.deposit, (also or {}).get(file.part, ()))
        refuse_a_long_file(study, wave, file, deposit, known.folder)
        arm = sorted_file(study, wave, file, deposit, known)
        arms.append(arm)
        labels.append((file, [*file_labels(study, wave, file, deposit), *about_others]))
        receipts.append(file_receipt(study, wave, file, deposit, part, arm, find_file(known.folder, file.file)))
        joined += joined_receipts(study, wave, file, part)
        notices += [*part.notices, *notices_of(study, deposit), *arm.notices, *arm.remarks, *arm.doubts]
        remarks += [f"{deposit.receipt['file']}, {remark}" for remark in arm.remarks]
        doubts += [f"{deposit.receipt['file']}, {doubt}" for doubt in arm.doubts]
    frame = pl.concat(
        [
            under_names_of_arm(study, wave, file, arm.loaded, HEAD, study.items)
            for file, arm in zip(declared, arms, strict=True)
        ],
        how="diagonal",
    )
    labelled, about_labels = labels_of_arm(study, wave, labels)
    _check_ids(study, wave, arms, frame)
    return WaveTable(
        frame,
        pl.DataFrame(
            receipts, schema_overrides={"first_interview": pl.Date, "last_interview": pl.Date, "apart": pl.String}
        ),
        labels_table(labelled),
        tuple(map(one_line, [*notices, *about_labels])),
        pl.concat([arm.quarantined for arm in arms], how="diagonal_relaxed"),
        pl.concat([arm.dates for arm in arms], how="diagonal_relaxed"),
        counts_of([arm.sorted for arm in arms], frame.height),
        tuple(map(one_line, remarks)),
        joined_table(joined),
        tuple(map(one_line, doubts)),
    )


def _check_ids(study: Study, wave: str, parts: Sequence[FileRows], frame: pl.DataFrame) -> None:
    """Every person is there once, over all files of the wave. Raises ``DepositError`` that names the files."""
    files = [file.file for file in study.waves[wave].files]
    for place, later in enumerate(parts):
        for file, earlier in zip(files[:place], parts[:place], strict=True):
            both = int(later.loaded["person_id"].is_in(earlier.loaded["person_id"].implode()).sum())
            if both and file != files[place]:
                raise DepositError(
                    f"ids that are in {file} and in {files[place]}",
                    where=f"{study.key} {wave}",
                    count=both,
                    todo="Each person has one row in a wave: ask which file is right; or set `ids: {within: arm}` "
                    "where each arm counts its ids anew.",
                )
    check_ids(frame, "person_id", where=f"{study.key} {wave}")
