"""Taking a person out of a deposited file: the same file, as far as any reader sees, without their rows."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError
from pipeline.files import write_whole
from pipeline.ingest.formats.modules import module_of, text_module_of
from pipeline.ingest.formats.signatures import UTF16, format_shown
from pipeline.ingest.isolation.read import read_deposit
from pipeline.specs.formats import FORMATS, Format

IsPerson = Callable[[pl.Series], pl.Series]
"""Says of each cell of an id column whether it is the person's id, as the study compares ids."""


def take_out(path: Path, is_person: IsPerson, id_columns: Collection[str]) -> int:
    """Rewrite a file without a person's rows; returns how many there were. A file without any is left as it is.

    In text files a row is the person's if any cell of it is their id. Raises ``DepositError``, and changes nothing, if
    the file cannot be written again without losing something.
    """
    shown = format_shown(path)
    form = FORMATS.get("csv" if shown == UTF16 else shown)
    if form is None:
        return 0
    if form.is_text:
        frame = text_module_of(form.module).cells(path)
        theirs = _any_of(frame, frame.columns, is_person)
    else:
        frame = read_deposit(path, form.name).frame
        theirs = _any_of(frame, [name for name in frame.columns if name in id_columns], is_person)
    if theirs.any():
        _write_again(path, form, ~theirs)
    return int(theirs.sum())


def _any_of(frame: pl.DataFrame, columns: Iterable[str], is_person: IsPerson) -> pl.Series:
    theirs = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    for column in columns:
        theirs = theirs | is_person(frame[column]).fill_null(False)
    return theirs


def _write_again(path: Path, form: Format, kept: pl.Series) -> None:
    cannot = DepositError(
        "cannot be written again without the person and lose nothing else",
        where=path.name,
        todo="Ask the sender for the file without them, put it in the place of this one, and start again.",
    )
    if not form.can_erase:
        raise cannot
    draft = path.with_name(f".erasing.{path.name}")
    draft.touch(mode=0o600)  # it holds answers: whoever may read the file will be set when it is whole
    try:
        module_of(form.module).write_without(path, draft, kept)
        if not _is_the_rest(path, draft, form, kept):
            raise cannot
        content = draft.read_bytes()
    finally:
        draft.unlink(missing_ok=True)
    write_whole(path, lambda part: part.write_bytes(content), mode=stat.S_IMODE(path.stat().st_mode))


def _is_the_rest(path: Path, draft: Path, form: Format, kept: pl.Series) -> bool:
    """Whether the draft reads as the file does, without the rows that are not kept."""
    if form.is_text:
        cells = text_module_of(form.module).cells
        rest, expected = cells(draft), cells(path).filter(kept)
        return rest.equals(expected.select(expected.columns[: rest.width]))
    before, after = read_deposit(path, form.name), read_deposit(draft, form.name)
    return after.frame.equals(before.frame.filter(kept)) and all(
        getattr(after, part) == getattr(before, part) for part in ("labels", "value_labels", "missing_ranges")
    )
