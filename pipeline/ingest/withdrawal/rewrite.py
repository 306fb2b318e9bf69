"""A deposited file written again without a person's rows: the same file, as far as any reader sees, for all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipeline.errors import CohesionError, DepositError
from pipeline.files import sha256_of
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.modules import module_of
from pipeline.ingest.formats.qualtrics import HEADERS_BELOW
from pipeline.ingest.isolation.read import answer_to
from pipeline.ingest.withdrawal.sources import IdFile

IsPerson = Callable[[pl.Series], pl.Series]
"""Says of each cell of an id column whether it is the person's id, as the study compares ids."""


@dataclass(frozen=True)
class Rewritten:
    """What a file is without the person: how many rows went, how many are left, and the hash of the draft."""

    removed: int
    rows: int
    sha256: str


def write_without(source: IdFile, is_person: IsPerson, draft: Path) -> Rewritten | None:
    """Write a draft of a file without a person's rows; None, and no draft, if it has none of theirs.

    A row is theirs if the declared column of ids says so, and by nothing else. The draft is read again: every other
    row, label and declaration is as before, and as many rows are gone as the id has. Raises ``DepositError`` if not.
    The file itself is never touched.
    """
    theirs = is_person(source.cells(source.table()))
    if not theirs.any():
        return None
    draft.touch(mode=0o600)
    try:
        module_of(source.form.module).write_without(source.path, draft, ~theirs, source.request)
        rows = _check(source, replace(source, path=draft), ~theirs, is_person)
    except CohesionError:
        raise
    except Exception as error:  # a writer of another project: what it says may hold an answer
        raise _cannot(source, f"its writer stopped with {type(error).__name__}") from None
    return Rewritten(int(theirs.sum()), rows, sha256_of(draft))


def _cannot(source: IdFile, why: str) -> DepositError:
    return DepositError(
        f"cannot be written again without the person and lose nothing else: {why}",
        where=source.path.name,
        todo="Nothing was changed. Ask the sender for the file without them, put it in the place of this one, and "
        "start again.",
    )


def _check(source: IdFile, draft: IdFile, kept: pl.Series, is_person: IsPerson) -> int:
    """The rows of the draft. Raises ``DepositError`` unless it is the file without the rows that are not kept."""
    if not source.form.can_erase:
        raise _cannot(source, "this format cannot be written")
    if is_person(draft.cells(draft.table())).any():
        raise _cannot(source, "rows of the person are left in the draft")
    before, after = _as_text(source), _as_text(draft)
    gone = int(before.receipt["rows"]) - int(after.receipt["rows"])
    if gone != int((~kept).sum()):
        raise _cannot(source, f"{gone:,} rows would go, but the id has {int((~kept).sum()):,}")
    headers = HEADERS_BELOW if source.request.layout == "qualtrics" else 0
    numbers = before.row_numbers or range(1, before.frame.height + 1)
    places = pl.Series([number - 1 + headers for number in numbers], dtype=pl.UInt32)
    if not _same(before.frame.filter(kept.gather(places)), after.frame):
        raise _cannot(source, "other rows would not be as they were")
    for part in ("labels", "value_labels", "missing_ranges"):
        if getattr(before, part) != getattr(after, part):
            raise _cannot(source, f"its {part.replace('_', ' ')} would not be as they were")
    return int(after.receipt["rows"])


def _as_text(source: IdFile) -> Deposit:
    """A file read by the reader of builds; what is text in it stays text, whoever else is in the column."""
    request = replace(source.request, path=str(source.path))
    names = answer_to(request).frame.columns
    return answer_to(replace(request, text=tuple(dict.fromkeys([*request.text, *names]))))


def _same(before: pl.DataFrame, after: pl.DataFrame) -> bool:
    """Whether two frames hold the same; a column whose only text was the person's may be one of numbers now."""
    if before.columns != after.columns or before.height != after.height:
        return False
    return all(
        old.equals(new) if old.dtype == new.dtype else _texts(old).equals(_texts(new))
        for old, new in zip(before.iter_columns(), after.iter_columns(), strict=True)
    )


def _texts(column: pl.Series) -> pl.Series:
    from pipeline.ingest.formats.numbers import code_texts

    return code_texts(column) if column.dtype.is_numeric() else column.cast(pl.String)
