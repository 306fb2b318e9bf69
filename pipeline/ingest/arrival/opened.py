"""A file of which nothing is declared, opened in the first way that a declaration could describe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.ingest.arrival.find import check_file_name
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.known import known_formats
from pipeline.ingest.formats.modules import Way, module_of
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.signatures import HEAD_BYTES, looks_like
from pipeline.ingest.isolation.read import answer_to
from pipeline.specs.formats import FORMATS, Format

_HEAD = 1 << 16


@dataclass(frozen=True)
class Opened:
    """A file that nothing is declared about: how it could be read, and the deposit."""

    deposit: Deposit
    record: Format
    way: Way


def open_undeclared(path: Path) -> Opened:
    """Read a file by what its first bytes say; for text, in the first way in which it holds several whole columns."""
    check_file_name(path.name)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    record = FORMATS.get(looks_like(head[:HEAD_BYTES], known_formats()), FORMATS["csv"])
    first: DepositError | None = None
    for way in module_of(record.module).ways(head):
        try:
            deposit = answer_to(replace(Request(str(path.absolute()), record.name), **way.keys))
        except DepositError as error:
            first = first or error
            continue
        if deposit.frame.width > 1 or not record.is_text:
            return Opened(deposit, record, way)
    raise first or DepositError("the file is no table of several columns", where=path.name)


def about_format(opened: Opened) -> list[str]:
    """How the file was opened, for whoever checks the draft."""
    record = opened.record
    notes = [] if record.is_text else [f"Its first bytes are those of {record.words}."]
    if not record.carries_labels:
        notes.append("The format carries no labels: variables are matched by their names and codes alone.")
    if not record.counts_rows:
        notes.append("The format does not say how many rows there are: compare the number with the sender's.")
    return [*notes, *opened.way.notes]
