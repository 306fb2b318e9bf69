"""Qualtrics exports: three header rows (name, question, ImportId), previews and partial answers among the rows."""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.columns import check_names
from pipeline.ingest.numbers import numbers_where_all_are
from pipeline.ingest.request import Request
from pipeline.ingest.table import Notice, Table

_PREVIEWS = ("Survey Preview", "1")
_UNFINISHED = ("False", "FALSE", "0")


def lay_out(table: Table, request: Request, where: str) -> Table:
    """One row per finished answer; columns named by ImportId, which stays when a column is renamed in Qualtrics.

    The question text becomes the label. Previews and unfinished answers are set aside by rule and counted.
    Raises ``DepositError`` if the third row does not hold an ImportId for every column.
    """
    names = _import_ids(table.frame, where)
    questions = table.frame.row(0) if table.frame.height else ()
    answers = table.frame.slice(2).rename(dict(zip(table.frame.columns, names, strict=True)))
    kept, set_aside = _set_aside(answers)
    frame = numbers_where_all_are(kept, decimal=request.decimal, keep_text=request.text)
    return Table(
        frame=frame,
        labels={name: " ".join(text.split()) for name, text in zip(names, questions, strict=True) if text},
        notices=[*table.notices, *_renamed(table.frame.columns, names)],
        set_aside=set_aside,
        received=answers.height,
    )


def _import_ids(frame: pl.DataFrame, where: str) -> list[str]:
    cells: Sequence[object] = frame.row(1) if frame.height > 1 else ()
    names = [_import_id(cell) for cell in cells]
    good = [name for name in names if name]
    if not names or len(good) < len(names):
        raise DepositError(
            f"a Qualtrics export has an ImportId for each column in its third header row; "
            f"here {len(good)} of {frame.width} columns have one",
            where=where,
            count=frame.width - len(good),
            todo="Export the answers again from Qualtrics, with all three header rows as they are.",
        )
    check_names(good, where)
    return good


def _import_id(cell: object) -> str | None:
    """The ImportId in a cell such as ``{"ImportId":"QID1"}``."""
    try:
        name = json.loads(str(cell))["ImportId"]
    except (ValueError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) and name else None


def _set_aside(answers: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    status, finished = _column(answers, "status"), _column(answers, "finished")
    preview = answers[status].is_in(_PREVIEWS).fill_null(False) if status else pl.repeat(False, answers.height, eager=True)
    partial = (
        answers[finished].is_in(_UNFINISHED).fill_null(False) & ~preview
        if finished
        else pl.repeat(False, answers.height, eager=True)
    )
    counts = {"preview": int(preview.sum()), "partial": int(partial.sum())}
    return answers.filter(~preview & ~partial), {rule: count for rule, count in counts.items() if count}


def _column(frame: pl.DataFrame, name: str) -> str | None:
    return next((column for column in frame.columns if column.lower() == name), None)


def _renamed(found: Sequence[str], names: Sequence[str]) -> list[Notice]:
    renamed = [(old, new) for old, new in zip(found, names, strict=True) if old.lower() != new.lower()]
    if not renamed:
        return []
    message = "columns bear another name in Qualtrics than their ImportId, by which they are read"
    return [Notice("bound_on_import_id", message, count=len(renamed))]
