"""Qualtrics exports: three header rows (name, question, ImportId), previews and partial answers among the rows."""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import check_names
from pipeline.ingest.formats.numbers import Written, numbers_where_all_are
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Notice, Table

_STATUS_RULES: dict[str, tuple[str, ...]] = {
    "preview": ("survey preview", "offline survey preview", "1", "17"),
    "test": ("survey test", "2"),
    "spam": ("spam", "survey preview spam", "imported spam", "8", "9", "12", "40"),
}
"""Rule → values of the column Status, in words or as numbers, by which a row is no participant's answer."""

_UNFINISHED = ("false", "0")

HEADERS_BELOW = 2
"""Header rows below the first: the question, and the ImportId."""


def lay_out(table: Table, request: Request, where: str) -> Table:
    """One row per row below the three headers; columns named by ImportId, which outlasts a renaming in Qualtrics.

    The question text becomes the label.
    Raises ``DepositError`` if the third row does not hold an ImportId for every column.
    """
    names = import_ids(table.frame, where)
    questions = table.frame.row(0) if table.frame.height else ()
    answers = table.frame.slice(HEADERS_BELOW).rename(dict(zip(table.frame.columns, names, strict=True)))
    written = Written(request.decimal, request.thousands)
    frame = numbers_where_all_are(answers, written=written, keep_text=(*request.text, *_rule_columns(answers)))
    return Table(
        frame=frame,
        labels={name: " ".join(text.split()) for name, text in zip(names, questions, strict=True) if text},
        notices=[*table.notices, *_renamed(table.frame.columns, names)],
        set_aside=table.set_aside,
    )


def import_ids(frame: pl.DataFrame, where: str) -> list[str]:
    """The ImportId of each column. Raises ``DepositError`` if one has none."""
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


def set_aside_unfinished(table: Table) -> Table:
    """The same table without previews, tests, spam and unfinished answers, which are counted by rule."""
    answers = table.frame
    words = {column.lower(): answers[column].str.to_lowercase() for column in _rule_columns(answers)}
    nobody = pl.repeat(False, answers.height, eager=True)
    rules = {
        rule: words["status"].is_in(values).fill_null(False) if "status" in words else nobody
        for rule, values in _STATUS_RULES.items()
    }
    rules["partial"] = words["finished"].is_in(_UNFINISHED).fill_null(False) if "finished" in words else nobody
    left, counts = ~nobody, {}
    for rule, applies in rules.items():
        counts[rule] = int((applies & left).sum())
        left &= ~applies
    return table.keep(left, counts)


def _rule_columns(frame: pl.DataFrame) -> list[str]:
    return [column for column in frame.columns if column.lower() in ("status", "finished")]


def _renamed(found: Sequence[str], names: Sequence[str]) -> list[Notice]:
    renamed = [(old, new) for old, new in zip(found, names, strict=True) if old.lower() != new.lower()]
    if not renamed:
        return []
    message = "columns bear another name in Qualtrics than their ImportId, by which they are read"
    return [Notice("bound_on_import_id", message, count=len(renamed))]
