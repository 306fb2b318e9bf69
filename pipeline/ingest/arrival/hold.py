"""No file is loaded that nobody has confirmed: its SHA-256 is declared, or the wave awaits confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.errors import DepositError, UnconfirmedError
from pipeline.files import sha256_of
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.formats.receipts import receipt
from pipeline.ingest.parts.part import Part
from pipeline.specs.deposits import Joined, WaveFile
from pipeline.specs.parts import every_file
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.specs.study import awaits_labels

SHOWN = 5
"""So many items are named of those that wait."""

AnyFile = WaveFile | Joined
Confirmed = Mapping[str, str]
"""File name → SHA-256 of generated files, which no person has to confirm; empty for files that came from outside."""

_OTHER = "this is not the file that was confirmed: its SHA-256 is {}, confirmed is {}"


def check_frozen(study: Study, wave: str) -> None:
    """Raise ``UnconfirmedError`` for items of a wave whose codes nobody has taken from the labels of its files."""
    files = study.waves[wave].files
    waiting = [
        key
        for key, item in study.items.items()
        if awaits_labels(item) and any(source_variable(study, wave, file, key) for file in files)
    ]
    if waiting:
        more = f" and {len(waiting) - SHOWN:,} more" if len(waiting) > SHOWN else ""
        names = ", ".join(f"`{key}`" for key in waiting[:SHOWN])
        raise UnconfirmedError(
            f"is awaiting confirmation and was not loaded: {names}{more} take their codes from the labels of its files "
            "(`codes: from_labels`), and nobody has confirmed these",
            where=f"{study.key} {wave}",
            todo=f"`cohesion wave accept {study.key} {wave}` writes codes and labels into items.yaml.",
        )


def check_bytes(study: Study, waves: Sequence[str], folder: Path, confirmed: Confirmed) -> None:
    """Refuse bytes other than those that were confirmed, before any of them reaches a reader.

    Raises ``UnconfirmedError`` for them, ``DepositError`` if a generated file was changed, or a file is absent, empty,
    cut off or of another format. Files without a confirmed hash pass here: they are read once, for their receipt.
    """
    seen: dict[tuple[str, str], Mapping[str, str | int]] = {}
    for wave in waves:
        for file in every_file(study.waves[wave]):
            if not (file.sha256 or confirmed):
                continue
            key = (file.file, file.format)
            if key not in seen:
                seen[key] = receipt(find_file(folder, file.file), file.format)
            _same_bytes(study, wave, file, seen[key], confirmed)


def check_receipts(study: Study, wave: str, file: WaveFile, part: Part, confirmed: Confirmed) -> None:
    """Hold the receipts of a part's file, and of those joined to it, against what was confirmed of them."""
    check_receipt(study, wave, file, part.deposit.receipt, confirmed)
    for one, joined in zip(file.join, part.joined, strict=True):
        check_receipt(study, wave, one, joined.receipt, confirmed)


def check_receipt(study: Study, wave: str, file: AnyFile, found: Mapping[str, str | int], confirmed: Confirmed) -> None:
    """Hold the receipt of a file as it was read against what was confirmed of it.

    Raises ``UnconfirmedError`` without a confirmed hash or with another one; ``DepositError`` for another number of
    rows.
    """
    name = str(found["file"])
    if file.sha256 is None and not confirmed:
        raise UnconfirmedError(
            f"is awaiting confirmation and was not loaded: nobody has confirmed its receipt ({found['bytes']:,} bytes, "
            f"{found['rows']:,} rows, {found['columns']:,} columns, SHA-256 {found['sha256']})",
            where=f"{study.key} {wave}, {name}",
            todo="What was loaded before stays as it was. If that is the file you expect, "
            f"`cohesion wave accept {study.key} {wave}` writes it into the wave's declaration.",
        )
    _same_bytes(study, wave, file, found, confirmed)
    if isinstance(file.rows, int) and found["rows"] != file.rows:
        raise DepositError(
            f"has {found['rows']:,} rows where {file.rows:,} were declared",
            where=name,
            todo="Ask for the file again, or declare the new number of rows.",
        )


def check_generated(path: Path, confirmed: Confirmed) -> None:
    """Raise ``DepositError`` if a generated list among the files of the waves was changed."""
    found = sha256_of(path)
    if found != confirmed.get(path.name):
        raise _altered(path.name, found, confirmed)


def _same_bytes(study: Study, wave: str, file: AnyFile, found: Mapping[str, str | int], confirmed: Confirmed) -> None:
    name = str(found["file"])
    if found["sha256"] == (file.sha256 or confirmed.get(name)):
        return
    if file.sha256 is None:
        raise _altered(name, str(found["sha256"]), confirmed)
    raise UnconfirmedError(
        f"is awaiting confirmation and was not loaded: {_OTHER.format(found['sha256'], file.sha256)}",
        where=f"{study.key} {wave}, {name}",
        todo="What was loaded before stays as it was. Ask for the file again; or, if it is a corrected delivery, "
        f"`cohesion wave accept {study.key} {wave}` makes it the wave's new version, and the one before is kept.",
    )


def _altered(name: str, found: str, confirmed: Confirmed) -> DepositError:
    return DepositError(
        _OTHER.format(found, confirmed.get(name, "none")),
        where=name,
        todo="It is a generated file that was changed afterwards. `cohesion sample` writes it again.",
    )
