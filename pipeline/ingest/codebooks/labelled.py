"""A data file with labels (SPSS, Stata): a question for each column that holds answers."""

from __future__ import annotations

from pathlib import Path

from pipeline.ingest.arrival.marks import own_mark
from pipeline.ingest.arrival.new_items import new_items, question
from pipeline.ingest.arrival.opened import open_undeclared
from pipeline.ingest.items.question import Question, clean


def read(path: Path) -> list[Question]:
    """One question per column, under its name without the wave's mark. Labels stand for the wording."""
    deposit = open_undeclared(path).deposit
    mark = own_mark(deposit.frame.columns)
    bare = {column: mark.without(column) for column in deposit.frame.columns}
    found = new_items(deposit, bare, (), ())
    made = {item.column: question(item, path.name) for item in found.items}
    return [
        made.get(column)
        or Question(name, text=clean(deposit.labels.get(column, "")), why_not=found.others.get(column, "unknown"))
        for column, name in bare.items()
    ]
