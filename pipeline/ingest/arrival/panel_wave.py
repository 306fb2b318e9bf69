"""The draft of one wave of a file that serves several: whose rows, or which columns, are its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import one_line
from pipeline.ingest.arrival.draft_fieldwork import fieldwork_lines
from pipeline.ingest.arrival.layout import Long, Wide
from pipeline.ingest.arrival.matching import Match
from pipeline.ingest.arrival.new_items import NewItem
from pipeline.ingest.arrival.panel_items import item_lines
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.specs.project import Study
from pipeline.specs.yaml_text import quoted

WEIGHTS_OPEN = "Columns that look like weights; they are no items. Name one under `columns: {weight: ...}` of its file:"


@dataclass(frozen=True)
class Panel:
    """What the drafts of all waves of a file share. ``source``: the name of the file in study.yaml.

    ``roles``: role → column, None where there is none; ``declared``: item of items.yaml → its column; ``new``: the
    items that are added, ``batteries``: of each of these; ``weights``: columns that look like weights, of which none is
    taken yet.
    """

    study: Study
    arm: str
    path: Path
    source: str
    deposit: Deposit
    layout: Long | Wide
    roles: Mapping[str, str | None]
    declared: Mapping[str, Match]
    new: Sequence[NewItem]
    batteries: Mapping[str, str | None]
    weights: Sequence[str]


def wave_text(panel: Panel, wave: str, mark: str) -> str:
    """The declaration of the wave that the file calls ``mark``."""
    study, path, layout, deposit = panel.study, panel.path, panel.layout, panel.deposit
    roles, weights = panel.roles, panel.weights
    if isinstance(layout, Long):
        kept = (answer_codes(deposit.frame[layout.column]) == mark).fill_null(False)
        own = replace(deposit, frame=deposit.frame.filter(kept))
        takes = f"rows: {{{quoted(layout.column)}: {quoted(mark)}}}"
        there = {column for column in own.frame.columns if own.frame[column].null_count() < own.frame.height}
    else:
        own = replace(deposit, frame=deposit.frame.select(*layout.columns[mark].values(), *layout.unmarked))
        takes = "present: {any_of: items}  # an answer to any item of this wave; else say `column` and `codes`"
        there = {*layout.columns[mark], *layout.unmarked}
        roles = {role: column if column in there else None for role, column in roles.items()}
        weights = [column for column in weights if column in there]
    unasked = [item.key for item in panel.new if item.column not in there]
    lines = [
        f"# Drafted from {path.name}. Nothing here is confirmed: read every line, then run `cohesion wave accept`.",
        f"title: Wave {mark}",
        *([f"number: {mark}"] if mark.isdigit() else [f"mark: {quoted(mark)}"]),
        *fieldwork_lines(study, {role: name for role, name in roles.items() if name}, path, own),
        "files:",
        f"  - arm: {panel.arm}",
        f"    file: {panel.source}",
        f"    {takes}",
        *_columns(study, roles),
        *([f"# {WEIGHTS_OPEN} {', '.join(weights)}"] if weights else []),
        *item_lines(study, wave, panel.declared, there, unasked, panel.batteries),
    ]
    return "\n".join(map(one_line, lines)) + "\n"


def _columns(study: Study, roles: Mapping[str, str | None]) -> Iterator[str]:
    """The lines ``columns``: the id, if it is called otherwise than in study.yaml, and roles that no column has."""
    declared = study.about.columns.named()
    own = {role: name for role, name in roles.items() if name is not None and declared.get(role) != name}
    absent = [role for role, name in roles.items() if name is None and role != "person_id" and role in declared]
    if own or absent:
        yield "    columns:"
        yield from (f"      {role}: {quoted(name)}" for role, name in own.items())
        yield from (f"      {role}: none  # the file has no column `{declared[role]}`" for role in absent)
