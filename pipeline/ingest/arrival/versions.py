"""Versions of a wave: each delivery kept as it came, and what a corrected one changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import CohesionError
from pipeline.files import sha256_of
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.arrival.kept import keep_deposit
from pipeline.ingest.arrival.redelivery import Differences, differences
from pipeline.ingest.declared import whole_waves
from pipeline.ingest.wave import as_table
from pipeline.ingest.wave_table import HEAD, WaveTable
from pipeline.specs.deposits import Joined, WaveFile
from pipeline.specs.parts import every_file, with_files
from pipeline.specs.project import Study


def keep_versions(study: Study, wave: str, folder: Path, table: WaveTable, kept: Path) -> None:
    """Keep a copy of each file of a wave under its SHA-256, read-only; the same bytes are kept once."""
    receipts = {receipt["file"]: receipt for receipt in (*_rows(table.receipts), *_rows(table.joined))}
    for file in every_file(study.waves[wave]):
        path = find_file(folder, file.file).resolve()
        keep_deposit(path, kept, receipts[path.name])


def _rows(receipts: pl.DataFrame) -> list[dict[str, Any]]:
    """Receipts of files as the reader gave them: of the whole file."""
    found = receipts.to_dicts()
    return [{**receipt, "rows": receipt.get("in_file", receipt.get("rows"))} for receipt in found]


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
    every = {file.file: _versions(file) for file in every_file(study.waves[wave])}
    chosen = {name: _chosen(versions, version) for name, versions in every.items()}
    if not any(number is not None for number in chosen.values()):
        most = max(every.values(), key=len)
        known = ", ".join(f"{number} ({sha256[:12]}…)" for number, sha256 in enumerate(most, start=1)) or "none"
        raise CohesionError(
            f"has no delivery `{version}`", where=f"{study.key} {wave}", todo=f"Confirmed deliveries: {known}."
        )

    def then(file: WaveFile | Joined) -> dict[str, Any]:
        number = chosen[file.file]
        return {} if number is None else _at(file, every[file.file], number)

    return _with_files(study, wave, then)


def before_this(study: Study, wave: str) -> Study | None:
    """The study with a wave as it was delivered before the delivery that counts; ``None`` if there was only one."""
    if not any(file.earlier for file in every_file(study.waves[wave])):
        return None
    return _with_files(study, wave, lambda file: _at(file, file.earlier, len(file.earlier) - 1) if file.earlier else {})


def _at(file: WaveFile | Joined, versions: Sequence[str], number: int) -> dict[str, Any]:
    """What a file says differently as it was delivered then; nothing, if it is that delivery."""
    if number == len(file.earlier):
        return {}
    return {"sha256": versions[number], "rows": _choice(file), "earlier": tuple(versions[:number])}


def _choice(file: WaveFile | Joined) -> dict[str, tuple[str, ...]] | None:
    """Which rows a part chooses; how many a file has is of its delivery."""
    return file.rows if isinstance(file.rows, dict) else None


def _with_files(study: Study, wave: str, change: Callable[[WaveFile | Joined], dict[str, Any]]) -> Study:
    return replace(study, waves={**study.waves, wave: with_files(study.waves[wave], change)})


def _versions(file: WaveFile | Joined) -> tuple[str, ...]:
    return (*file.earlier, *([file.sha256] if file.sha256 else []))


def _chosen(versions: Sequence[str], version: str) -> int | None:
    """Which of the deliveries is meant, from 0 for the first."""
    if version.isdigit() and len(version) < 8:
        return int(version) - 1 if 0 < int(version) <= len(versions) else None
    return next((n for n, sha256 in enumerate(versions) if len(version) >= 6 and sha256.startswith(version)), None)


def as_it_lies(
    study: Study, wave: str, folder: Path, key: bytes, withdrawn: pl.DataFrame | None
) -> tuple[pl.DataFrame, frozenset[str]]:
    """A delivery in a folder, confirmed or not: its table (as ``wave_table``), and every column of its files."""
    return as_they_lie(study, [wave], folder, key, withdrawn)[wave]


def as_they_lie(
    study: Study, waves: Sequence[str], folder: Path, key: bytes, withdrawn: pl.DataFrame | None
) -> dict[str, tuple[pl.DataFrame, frozenset[str]]]:
    """Wave → the same of several waves; a file that serves more than one is hashed and read once."""
    names = {file.file for wave in waves for file in every_file(study.waves[wave])}
    hashes = {name: sha256_of(find_file(folder, name)) for name in names}
    taken = study
    for wave in waves:
        taken = _with_files(taken, wave, lambda file: {"sha256": hashes[file.file], "rows": _choice(file)})
    parts_of = whole_waves(taken, waves, folder)
    columns: dict[object, set[str]] = {}
    for part in (part for parts in parts_of.values() for part in parts):
        own = columns.setdefault(part.deposit.receipt["file"], set())
        own |= {*part.deposit.frame.columns, *part.deposit.undeclared}
    found = {}
    for wave, parts in parts_of.items():
        table = as_table(taken, wave, folder, parts, key, withdrawn)
        every = (columns[part.deposit.receipt["file"]] for part in parts)
        found[wave] = (table.frame, frozenset().union(*every))
    return found


def lay_out(
    study: Study, wave: str, kept: Path, folder: Path, target: Path, done: set[tuple[str, str | None]] | None = None
) -> None:
    """Fill ``target`` with what a wave is read from: the kept bytes of its declared hashes, all else by reference.

    ``target`` is a folder for its owner alone, removed afterwards. ``done`` keeps what is there already for other waves
    of the same files. Raises ``CohesionError`` for bytes not kept.
    """
    declared = list(every_file(study.waves[wave]))
    named = {path.name for file in declared for path in (folder.glob(file.file) if folder.is_dir() else ())}
    if folder.is_dir() and not any(target.iterdir()):
        for path in folder.iterdir():
            if path.name not in named:
                (target / path.name).symlink_to(path.resolve())
    laid = set() if done is None else done
    for file in declared:
        if (file.file, file.sha256) in laid:
            continue
        laid.add((file.file, file.sha256))
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
