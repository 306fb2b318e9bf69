"""Parts taken out of a file that was read once: rows, joined columns, presence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.parts.joins import join_file
from pipeline.ingest.parts.part import JoinedFile, Part
from pipeline.ingest.parts.presence import present_rows
from pipeline.ingest.parts.rows import rows_of_parts
from pipeline.specs.deposits import WaveFile
from pipeline.specs.part_columns import taking_columns
from pipeline.specs.parts import sharing
from pipeline.specs.project import Study

Received = Deposit | DepositError


@dataclass(frozen=True)
class Wanted:
    """A part that is wanted of a file: ``joined`` to it these deposits, and of it these ``columns``."""

    wave: str
    file: WaveFile
    joined: Sequence[Received]
    columns: Sequence[str]


def parts_of(study: Study, wanted: Sequence[Wanted], deposit: Deposit) -> list[Part | DepositError]:
    """The parts of one file, in their order; in place of a part the error that it has."""
    parts = list(sharing(study.waves, wanted[0].file.file))
    places = [next(place for place, (_, file) in enumerate(parts) if file is one.file) for one in wanted]
    where = str(deposit.receipt["file"])
    source = study.about.sources.get(parts[0][1].of_source or "")
    chooses = any(file.chosen for _, file in parts)
    try:
        nobody = pl.repeat(False, deposit.frame.height, eager=True)
        everybody = [~nobody] * len(parts)
        left_out = source.left_out if source is not None else ()
        own, out = rows_of_parts(deposit.frame, parts, left_out, where) if chooses or left_out else (everybody, nobody)
    except DepositError as error:
        return [error] * len(wanted)
    made: list[Part | DepositError] = []
    for place, one in zip(places, wanted, strict=True):
        piece = _piece(deposit, own[place], is_first=place == 0, is_whole=len(parts) == 1 and not chooses)
        try:
            made.append(_taken(study, one, piece, int(out.sum())))
        except DepositError as error:
            made.append(error)
    return made


def _piece(deposit: Deposit, own: pl.Series, *, is_first: bool, is_whole: bool) -> Deposit:
    """The rows of a part. What the reader set aside by rule is counted once, by the file's first part."""
    if is_whole:
        return deposit
    set_aside = deposit.set_aside if is_first else {}
    if own.all():
        return replace(deposit, set_aside=set_aside)
    return replace(_rows(deposit, own), set_aside=set_aside)


def _rows(deposit: Deposit, kept: pl.Series) -> Deposit:
    """Some rows of a deposit, under the numbers that they have in the file."""
    numbers = deposit.row_numbers or range(1, deposit.frame.height + 1)
    left = pl.Series(numbers, dtype=pl.Int64).filter(kept).to_list()
    return replace(deposit, frame=deposit.frame.filter(kept), row_numbers=tuple(left))


def _taken(study: Study, wanted: Wanted, piece: Deposit, left_out: int) -> Part:
    """A part of its rows: with what is joined, without rows of nobody, and with the declared columns alone."""
    wave, file = wanted.wave, wanted.file
    in_file = int(piece.receipt["rows"])
    chosen = piece.frame.height + sum(piece.set_aside.values())
    found: list[JoinedFile] = []
    for one, other in zip(file.join, wanted.joined, strict=True):
        if isinstance(other, DepositError):
            raise other
        piece, about = join_file(study, wave, file, piece, one, other)
        found.append(about)
    present, notices = present_rows(study, wave, file, piece.frame, str(piece.receipt["file"]))
    absent = int((~present).sum())
    if absent:
        piece = _rows(piece, present)
    return Part(
        _passing(study, wanted, piece),
        elsewhere=in_file - chosen - left_out,
        left_out=left_out,
        not_present=absent,
        joined=tuple(found),
        notices=tuple(notices),
    )


def _passing(study: Study, wanted: Wanted, piece: Deposit) -> Deposit:
    """Without the columns that other parts read, or by which rows were taken and joined."""
    passing = set(wanted.columns)
    kept = [name for name in piece.frame.columns if name in passing]
    taken_by = {*taking_columns(study, wanted.wave, wanted.file)} - passing
    return replace(
        piece,
        frame=piece.frame.select(kept),
        undeclared=tuple(name for name in piece.undeclared if name not in taken_by),
        absent={name: near for name, near in piece.absent.items() if name in passing},
    )
