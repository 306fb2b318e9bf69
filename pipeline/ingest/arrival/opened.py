"""A file of which nothing is declared, opened in the first way that a declaration could describe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.ingest.arrival.draft_roles import person_column
from pipeline.ingest.arrival.find import check_file_name
from pipeline.ingest.declared import refuse_without_rows
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.known import known_formats
from pipeline.ingest.formats.modules import MOST_OF_A_HEAD, Way, module_of
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.signatures import HEAD_BYTES, check_readable, looks_like
from pipeline.ingest.formats.table import HIDDEN
from pipeline.ingest.isolation.read import answer_to
from pipeline.ingest.people.strays import footers_in, test_ids
from pipeline.specs.formats import FORMATS, Format
from pipeline.specs.project import Study


@dataclass(frozen=True)
class Opened:
    """A file that nothing is declared about: how it could be read, and the deposit."""

    deposit: Deposit
    record: Format
    way: Way


def open_undeclared(path: Path, columns: tuple[str, ...] | None = None, *, has_footers: bool = False) -> Opened:
    """Read a file by what its first bytes say; for text, in the first way in which it holds several whole columns.

    With ``columns`` only these are loaded, if the file has them. ``has_footers`` leaves out last rows of text with
    other fields than the others have.
    """
    check_file_name(path.name)
    with path.open("rb") as file:
        head = file.read(MOST_OF_A_HEAD)
    record = FORMATS.get(looks_like(head[:HEAD_BYTES], known_formats()), FORMATS["csv"])
    check_readable(head[:HEAD_BYTES], path.name, known_formats())
    first: DepositError | None = None
    for way in module_of(record.module).ways(head):
        if "footer_rows" in way.keys and not has_footers:
            continue
        try:
            request = Request(str(path.absolute()), record.name, columns=columns, projected=columns is not None)
            deposit = answer_to(replace(request, **way.keys))
        except DepositError as error:
            first = first or error
            continue
        if deposit.frame.width + len(deposit.undeclared) > 1 or not record.is_text:
            return Opened(deposit, record, way)
    raise first or DepositError("the file is no table of several columns", where=path.name)


def open_for_draft(study: Study, path: Path) -> Opened:
    """A file as ``open_undeclared`` reads it, without notes and totals below its table.

    Raises ``DepositError`` for a file without rows, too.
    """
    opened = open_undeclared(path, has_footers=True)
    refuse_without_rows(opened.deposit)
    column = person_column(study, opened.deposit)
    footers = footers_in(opened.deposit, column, study.about.ids.pattern) if column is not None else 0
    if not footers:
        return opened
    keys = {**opened.way.keys, "footer_rows": footers}
    request = replace(Request(str(path.absolute()), opened.record.name, text=(column or "",)), **keys)
    return Opened(
        answer_to(request), opened.record, replace(opened.way, keys=keys, notes=(*opened.way.notes, _FOOTERS))
    )


_FOOTERS = "ATTENTION: its last rows read like notes or totals, and are left out by `footer_rows`; are they none?"


def about_tests(study: Study, deposit: Deposit) -> list[str]:
    """In words, which ids look like those of test records."""
    column = person_column(study, deposit)
    return [] if column is None else test_ids(deposit, column, study.about.ids.pattern)


def about_format(opened: Opened) -> list[str]:
    """How the file was opened, for whoever checks the draft."""
    record = opened.record
    notes = [] if record.is_text else [f"Its first bytes are those of {record.words}."]
    if not record.carries_labels:
        notes.append("The format carries no labels: variables are matched by their names and codes alone.")
    if not record.counts_rows:
        notes.append("The format does not say how many rows there are: compare the number with the sender's.")
    hidden = [f"ATTENTION: {one.message}" for one in opened.deposit.notices if one.kind.startswith(HIDDEN)]
    return [*notes, *opened.way.notes, *hidden]
