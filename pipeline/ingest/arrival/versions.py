"""Versions of a wave: each delivery kept as it came, and what a corrected one changes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline.errors import CohesionError
from pipeline.files import sha256_of
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.arrival.kept import keep_deposit
from pipeline.ingest.arrival.redelivery import Differences, differences
from pipeline.ingest.declared import whole_wave
from pipeline.ingest.wave import as_table
from pipeline.ingest.wave_table import HEAD, WaveTable
from pipeline.specs.project import Study
from pipeline.specs.study import WaveFile


def keep_versions(study: Study, wave: str, folder: Path, table: WaveTable, kept: Path) -> None:
    """Keep a copy of each file of a wave under its SHA-256, read-only; the same bytes are kept once."""
    names = {file.arm: file.file for file in study.waves[wave].files}
    for receipt in table.receipts.iter_rows(named=True):
        keep_deposit(find_file(folder, names[receipt["arm"]]), kept, receipt)


def what_changed(before: WaveTable | None, after: WaveTable) -> str:
    """In counts, what a corrected delivery changes; empty if the bytes are those of before, or there is no before."""
    if before is None or set(before.receipts["sha256"]) == set(after.receipts["sha256"]):
        return ""
    found = answers_that_differ(before.frame, after.frame)
    variables = ", ".join(
        f"{row['variable']} ({row['answers']:,})" if row["status"] == "differs"
        else f"{row['variable']} ({row['status']})"
        for row in found.counted.iter_rows(named=True)
    )  # fmt: skip
    return f"a corrected delivery: {found.words()}" + (f": {variables}" if variables else "")


def answers_that_differ(before: pl.DataFrame, after: pl.DataFrame) -> Differences:
    """Two tables of a wave compared by person: answers, and not where in the file a row stood."""
    old, new = (frame.drop([name for name in HEAD if name != "person_id"]) for frame in (before, after))
    return differences(old, new, "person_id")


def as_stored(frame: pl.DataFrame, receipts: pl.DataFrame) -> WaveTable:
    """The tables of an earlier build, to compare a new one with."""
    return WaveTable(frame, receipts, pl.DataFrame())


def at_version(study: Study, wave: str, version: str) -> Study:
    """The study with a wave as it was delivered earlier: ``version`` is 1 for the first delivery, or begins a SHA-256.

    Of a wave of several files each is taken at that number, or as it is now if it came less often. Raises
    ``CohesionError`` for a version that the declaration does not list.
    """
    files = study.waves[wave].files
    every = [(*file.earlier, *([file.sha256] if file.sha256 else [])) for file in files]
    chosen = [_chosen(versions, version) for versions in every]
    if not any(number is not None for number in chosen):
        most = max(every, key=len)
        known = ", ".join(f"{number} ({sha256[:12]}…)" for number, sha256 in enumerate(most, start=1)) or "none"
        raise CohesionError(
            f"has no delivery `{version}`", where=f"{study.key} {wave}", todo=f"Confirmed deliveries: {known}."
        )
    return _with_files(
        study,
        wave,
        [
            file if number is None else _at(file, versions, number)
            for file, versions, number in zip(files, every, chosen, strict=True)
        ],
    )


def before_this(study: Study, wave: str) -> Study | None:
    """The study with a wave as it was delivered before the delivery that counts; ``None`` if there was only one."""
    files = study.waves[wave].files
    if not any(file.earlier for file in files):
        return None
    return _with_files(
        study, wave, [_at(file, file.earlier, len(file.earlier) - 1) if file.earlier else file for file in files]
    )


def _at(file: WaveFile, versions: Sequence[str], number: int) -> WaveFile:
    """A file as it was delivered then; as it is declared, if it is that delivery."""
    if number == len(file.earlier):
        return file
    return file.model_copy(update={"sha256": versions[number], "rows": None, "earlier": tuple(versions[:number])})


def _with_files(study: Study, wave: str, files: Sequence[WaveFile]) -> Study:
    declared = study.waves[wave].model_copy(update={"files": tuple(files)})
    return replace(study, waves={**study.waves, wave: declared})


def _chosen(versions: Sequence[str], version: str) -> int | None:
    """Which of the deliveries is meant, from 0 for the first."""
    if version.isdigit() and len(version) < 8:
        return int(version) - 1 if 0 < int(version) <= len(versions) else None
    return next((n for n, sha256 in enumerate(versions) if len(version) >= 6 and sha256.startswith(version)), None)


def as_it_lies(
    study: Study, wave: str, folder: Path, key: bytes, withdrawn: pl.DataFrame | None
) -> tuple[pl.DataFrame, frozenset[str]]:
    """A delivery in a folder, confirmed or not: its table (as ``wave_table``), and every column of its files."""
    files = [
        file.model_copy(update={"sha256": sha256_of(find_file(folder, file.file)), "rows": None})
        for file in study.waves[wave].files
    ]
    taken = _with_files(study, wave, files)
    deposits = whole_wave(taken, wave, folder)
    table = as_table(taken, wave, folder, deposits, key, withdrawn)
    columns = {name for deposit in deposits for name in (*deposit.frame.columns, *deposit.undeclared)}
    return table.frame, frozenset(columns)


def lay_out(study: Study, wave: str, kept: Path, folder: Path, target: Path) -> None:
    """Fill ``target`` with what a wave is read from: the kept bytes of its declared hashes, all else by reference.

    ``target`` is a folder for its owner alone, removed afterwards. Raises ``CohesionError`` for bytes not kept.
    """
    declared = study.waves[wave].files
    named = {path.name for file in declared for path in (folder.glob(file.file) if folder.is_dir() else ())}
    if folder.is_dir() and not any(target.iterdir()):
        for path in folder.iterdir():
            if path.name not in named:
                (target / path.name).symlink_to(path.resolve())
    for file in declared:
        found = next(iter(sorted(target.glob(file.file)) or sorted(folder.glob(file.file))), Path(file.file))
        place = target / found.name
        place.unlink(missing_ok=True)
        shutil.copyfile(kept_file(kept, file.sha256 or "", f"{study.key} {wave}, {file.file}"), place)


def kept_file(kept: Path, sha256: str, where: str) -> Path:
    """The kept copy of a delivery. Raises ``CohesionError`` if there is none."""
    found = sorted(kept.glob(f"{sha256}.*")) if sha256 and kept.is_dir() else []
    if not found:
        raise CohesionError(
            f"the delivery {sha256[:12]}… is not kept here",
            where=where,
            todo="A delivery is kept when it is accepted or built; an erasure removes the copies that held the person.",
        )
    return found[0]
