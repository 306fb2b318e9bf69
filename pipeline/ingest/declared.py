"""The files of a wave, read as they are declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.request import Request
from pipeline.ingest.isolation.read import read_deposits
from pipeline.specs.left_out import LeftOut
from pipeline.specs.project import Study
from pipeline.specs.sources import declared_variables, role_columns
from pipeline.specs.study import WaveFile


def read_wave(
    study: Study, wave: str, folder: Path, also: Mapping[str, Sequence[LeftOut]] | None = None
) -> list[Deposit | DepositError]:
    """The deposits of a wave, read as declared, in the order of its files.

    ``also`` maps arm → columns that are looked at although nothing is read from them.
    """
    declared = study.waves[wave].files
    paths = [find_file(folder, file.file) for file in declared]
    return read_deposits(
        [
            request_of(study, wave, path, file, [one.variable for one in (also or {}).get(file.arm, ())])
            for path, file in zip(paths, declared, strict=True)
        ]
    )


def whole_wave(study: Study, wave: str, folder: Path) -> list[Deposit]:
    """As ``read_wave``, for whoever needs every file. Raises the ``DepositError`` of the first that cannot be read."""
    found: list[Deposit] = []
    for deposit in read_wave(study, wave, folder):
        if isinstance(deposit, DepositError):
            raise deposit
        found.append(deposit)
    return found


def request_of(study: Study, wave: str, path: Path, file: WaveFile, also: Sequence[str] = ()) -> Request:
    return Request(
        str(path.resolve()),
        file.format,
        encoding=file.encoding,
        delimiter=file.delimiter,
        decimal=file.decimal,
        thousands=file.thousands,
        sheet=file.sheet,
        header_row=file.header_row,
        layout=file.layout,
        columns=(*declared_variables(study, wave, file), *also),
        text=(role_columns(study, wave, file)["person_id"],),
    )
