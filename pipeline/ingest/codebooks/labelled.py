"""A data file with labels (SPSS, Stata): a question for each column that holds answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.ingest.arrival.marks import own_mark
from pipeline.ingest.arrival.new_items import new_items, question
from pipeline.ingest.arrival.opened import open_undeclared
from pipeline.ingest.items.question import Question, clean
from pipeline.ingest.items.scale_proposals import AGAINST, ALPHA


def read(path: Path) -> list[Question]:
    """One question per column, under its name without the wave's mark. Labels stand for the wording."""
    deposit = open_undeclared(path).deposit
    mark = own_mark(deposit.frame.columns)
    bare = {column: mark.without(column) for column in deposit.frame.columns}
    found = new_items(deposit, bare, (), ())
    made = {item.column: question(item, path.name) for item in found.items}
    for battery in found.batteries:
        for column in battery.columns:
            made[column] = _of_battery(made[column], battery.alpha, column in battery.against)
    return [
        made.get(column)
        or Question(name, text=clean(deposit.labels.get(column, "")), why_not=found.others.get(column, "unknown"))
        for column, name in bare.items()
    ]


def _of_battery(asked: Question, alpha: float | None, is_against: bool) -> Question:
    """A question with what the answers to its battery show."""
    notes = {**asked.notes, **({ALPHA: f"alpha {alpha:.2f}"} if alpha is not None else {})}
    if is_against:
        notes |= {AGAINST: "yes", "row": f"{asked.notes['row']}; keyed against the others"}
    return replace(asked, notes=notes)
