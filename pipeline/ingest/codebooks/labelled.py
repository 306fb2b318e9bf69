"""A data file with labels (SPSS, Stata): a question for each column of answers, of a wide file for each name."""

from __future__ import annotations

from pathlib import Path

from pipeline.ingest.arrival.draft_names import layout_as_declared, layout_shown
from pipeline.ingest.arrival.draft_roles import person_column
from pipeline.ingest.arrival.layout import Wide
from pipeline.ingest.arrival.marks import own_mark
from pipeline.ingest.arrival.new_items import new_items, question
from pipeline.ingest.arrival.opened import open_undeclared
from pipeline.ingest.arrival.stacked import stacked
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.items.question import Question, clean
from pipeline.specs.project import Study


def read(path: Path, study: Study) -> list[Question]:
    """One question per column, under its name without the wave's mark. Labels stand for the wording.

    Columns of several waves that differ in their marks alone are one question, with the answers of all of these waves.
    """
    deposit = open_undeclared(path).deposit
    layout = _layout(study, path, deposit)
    missing = study.about.missing
    if layout is None:
        mark = own_mark(deposit.frame.columns)
        bare = {column: mark.without(column) for column in deposit.frame.columns}
        found = new_items(deposit, bare, (), missing)
    else:
        waves = stacked(deposit, layout)
        deposit = waves.deposit
        bare = {name: name for name in deposit.frame.columns}
        lasting = layout.unmarked if len(layout.columns) > 1 else ()
        found = new_items(deposit, bare, (), missing, waves, lasting)
    made = {item.column: question(item, path.name) for item in found.items}
    return [
        made.get(column)
        or Question(name, text=clean(deposit.labels.get(column, "")), why_not=found.others.get(column, "unknown"))
        for column, name in bare.items()
    ]


def _layout(study: Study, path: Path, deposit: Deposit) -> Wide | None:
    """The waves in the names of a file's columns, as study.yaml says or as most of the names show."""
    declared = layout_as_declared(study, path.name, deposit.frame.columns)
    shown = layout_shown(study, deposit, person_column(study, deposit))
    found = [one for one in (declared, shown) if isinstance(one, Wide)]
    return max(found, key=lambda one: sum(map(len, one.columns.values())), default=None)
