"""One file, from bytes to a deposit: receipt, reader, layout, privacy scan, declared columns."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import check_names, choose
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.known import Known
from pipeline.ingest.formats.modules import module_of
from pipeline.ingest.formats.qualtrics import lay_out, set_aside_unfinished
from pipeline.ingest.formats.receipts import ensure_unchanged, examine, proof
from pipeline.ingest.formats.request import LARGE, Request
from pipeline.ingest.formats.signatures import looks_like
from pipeline.ingest.formats.table import Table
from pipeline.ingest.formats.text import check_text
from pipeline.ingest.privacy import scan


def attempt(request: Request) -> Deposit:
    """The deposit of one file, or one ``DepositError`` for whatever went wrong."""
    path = Path(request.path)
    try:
        return read(request)
    except (DepositError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of a reader written in Rust is no Exception
        raise as_deposit_error(error, path, proof(path)) from error


def read(request: Request) -> Deposit:
    """The deposit of one file. Raises ``DepositError`` for anything that is not as declared."""
    path = Path(request.path)
    facts = examine(path, request.format, request.known)
    form = next(one for one in request.known if one.name == request.format)
    table = module_of(form.module).read(path, request, facts)
    ensure_unchanged(path, facts)
    if request.layout == "qualtrics":
        table = lay_out(table, request, path.name)
    findings = () if request.partial else scan(table.frame)
    table = _set_aside_by_rule(table, request, form)
    notices = [*table.notices, *check_names(table.names, path.name)]
    if not request.partial:
        notices += check_text(table.frame)
    receipt: dict[str, str | int] = {
        "file": path.name,
        "format": request.format,
        "first_bytes": looks_like(facts.head, request.known),
        "sha256": facts.sha256,
        "bytes": facts.size,
        "rows": table.rows_received(),
        "columns": len(table.names),
    }
    chosen = choose(table.frame, request.columns, table.names)
    kept = set(chosen.frame.columns)
    return Deposit(
        frame=chosen.frame,
        labels={chosen.name(name): label for name, label in table.labels.items() if chosen.name(name) in kept},
        value_labels={chosen.name(name): c for name, c in table.value_labels.items() if chosen.name(name) in kept},
        missing_ranges={chosen.name(name): b for name, b in table.missing_ranges.items() if chosen.name(name) in kept},
        receipt=receipt,
        notices=(*notices, *chosen.notices),
        undeclared=chosen.undeclared,
        absent=chosen.absent,
        set_aside=table.set_aside,
        row_numbers=None if table.row_numbers is None else tuple(table.row_numbers),
        findings=findings,
    )


def _set_aside_by_rule(table: Table, request: Request, form: Known) -> Table:
    """Without rows that are no answers, counted by rule: spreadsheets leave blank rows, Qualtrics unfinished ones."""
    if form.leaves_blank_rows and table.frame.width > 1 and table.columns is None:
        blank = table.frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
        table = table.keep(~blank, {"blank": int(blank.sum())})
    return set_aside_unfinished(table) if request.layout == "qualtrics" else table


def too_large(path: Path, proof: str) -> DepositError:
    """A file for which the reader had not enough memory: a large one, or a small one that asks for too much."""
    if path.stat().st_size < LARGE:
        return DepositError(
            f"the file cannot be read: it needs more memory than a reader may take ({proof})",
            where=path.name,
            todo="It may be cut off or damaged; ask for it again and compare the SHA-256 with the sender's.",
        )
    return DepositError(
        f"the file is too large for the memory that its reader may take ({proof})",
        where=path.name,
        todo="Declare `limits: {gigabytes: ...}` for it, as much as this machine has; fewer declared items need less.",
    )


_THEY_NAME_NO_VALUES = ("pyreadstat", "fastexcel", "_fastexcel", "zipfile", "zlib")
"""Packages whose messages say what is wrong with a file without quoting from it."""


def as_deposit_error(error: BaseException, path: Path, proof: str) -> DepositError:
    """Any failure of a reader as one message: what the reader says, where that cannot hold an answer."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return too_large(path, proof)
    if type(error).__module__.split(".")[0] in _THEY_NAME_NO_VALUES:
        said = f"the reader says: {error}".replace("\n", " ")
    elif isinstance(error, Warning):
        said = f"the reader warns: {error}"
    elif isinstance(error, UnicodeDecodeError):
        said = f"its text is not {error.encoding}; declare its `encoding`"
    else:
        said = f"the reader stopped with {type(error).__name__}"
    return DepositError(
        f"the file cannot be read: {said} ({proof})",
        where=path.name,
        todo="It may be cut off or damaged; ask for it again and compare the SHA-256 with the sender's.",
    )
