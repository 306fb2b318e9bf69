"""What a digest says: runs, arrivals, what moved between two kept builds, and what waits for a person."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assets.engine import store
from assets.engine.workspace import Workspace
from assets.provenance.archive import Archive, Entry
from assets.provenance.diff import Difference, difference
from assets.provenance.ledger import manifest_of
from assets.provenance.words import called, said_of, said_of_move
from assets.reported import counted
from assets.standing import moment
from assets.web.links import run_link
from assets.web.state import Task, gather
from pipeline.errors import CohesionError

SHOWN = 6
"""So many estimates of one model are listed; `cohesion diff` lists all."""


@dataclass(frozen=True)
class RunSaid:
    """One run: what it was for, why it was asked for, how it ended."""

    run_id: str
    study: str
    why: str
    outcome: str
    ended: float

    @property
    def link(self) -> str:
        return run_link(self.run_id)


@dataclass(frozen=True)
class MovedModel:
    """A model with estimates that moved: how many of how many, and those of them that a paper prints, in words."""

    model: str
    count: int
    total: int
    moves: tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """A sentence or title that a paper prints otherwise; empty where there was or is none."""

    paper: str
    old: str
    new: str


@dataclass(frozen=True)
class Digest:
    """All that one digest says. ``compared``: the two builds, in words; ``unsaid``: why nothing could be compared."""

    made: dt.datetime
    runs: tuple[RunSaid, ...]
    arrived: tuple[str, ...] = ()
    compared: str = ""
    unsaid: str = ""
    causes: tuple[str, ...] = ()
    models: tuple[MovedModel, ...] = ()
    sentences: tuple[Changed, ...] = ()
    figures: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    waiting: tuple[tuple[str, tuple[Task, ...]], ...] = ()

    @property
    def moved(self) -> int:
        return sum(model.count for model in self.models)

    @property
    def waiting_count(self) -> int:
        return sum(len(tasks) for _, tasks in self.waiting)

    @property
    def headline(self) -> str:
        """The digest in a line: ``1 wave arrived, 12 estimates moved, 2 things wait for a person``."""
        bad = sum(run.outcome != "ended well" for run in self.runs)
        parts = [
            f"{counted(len(self.arrived), 'wave')} arrived",
            f"{counted(self.moved, 'estimate')} moved",
            f"{counted(self.waiting_count, 'thing')} wait{'s' if self.waiting_count == 1 else ''} for a person",
            *([f"{counted(bad, 'run')} did not end well"] if bad else []),
        ]
        return ", ".join(parts)


def digest(
    workspace: Workspace, runs: Sequence[RunSaid], since: float, before: int | None
) -> tuple[Digest, int | None]:
    """What these runs came to, and the number of the last kept build.

    ``before``: the number of the kept build to compare with, or none to take the last that was made before ``since``
    (seconds since 1970).
    """
    archive = Archive(workspace.paths)
    entries = archive.entries()
    old, new = _old(entries, since, before), entries[-1] if entries else None
    found = Digest(
        made=dt.datetime.now(dt.UTC),
        runs=tuple(runs),
        arrived=tuple(_arrived(workspace, archive, old, new)),
        waiting=tuple((study.title, study.tasks) for study in gather(workspace.paths).studies if study.tasks),
        **_compared(archive, old, new),
    )
    return found, new.number if new is not None else None


def _old(entries: Sequence[Entry], since: float, before: int | None) -> Entry | None:
    if before is not None:
        return next((entry for entry in entries if entry.number >= before), None)
    start = dt.datetime.fromtimestamp(since, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
    return next((entry for entry in reversed(entries) if entry.made < start), None)


def _arrived(workspace: Workspace, archive: Archive, old: Entry | None, new: Entry | None) -> Iterator[str]:
    """Waves whose receipt is another than in the build before: rows, hash, moment of each file."""
    before, after = _receipts(archive, old), _receipts(archive, new)
    for study in workspace.project.studies.values():
        for wave in study.waves:
            key = ("receipt", study.key, wave)
            name = "/".join(key)
            if name not in after or after[name] == before.get(name):
                continue
            with contextlib.suppress(CohesionError, KeyError):
                for row in store.load(workspace.paths, key).iter_rows(named=True):
                    yield f"{study.about.title}, {study.waves[wave].title} ({wave}): {_rows(row)}"


def _receipts(archive: Archive, entry: Entry | None) -> dict[str, str]:
    """Receipt → its hash in a kept build."""
    manifest = manifest_of(archive, entry) if entry is not None else None
    steps = manifest.steps.values() if manifest is not None else ()
    return {key: sha for step in steps for key, sha in step.outputs.items() if key.startswith("receipt/")}


def _rows(row: Any) -> str:
    return f"{row['rows']:,} rows, SHA-256 {row['sha256'][:12]}…, received {moment(row['received_at'])}"


def _compared(archive: Archive, old: Entry | None, new: Entry | None) -> dict[str, Any]:
    if old is None or new is None:
        return {"unsaid": "There is no earlier build to compare with."}
    if old.number == new.number:
        return {"unsaid": "Nothing that is computed or printed has changed since."}
    try:
        found = difference(archive, old, new)
    except CohesionError as error:
        return {"unsaid": str(error)}
    return {
        "compared": f"{called(old)} and {called(new)}",
        "causes": tuple(said_of(cause) for cause in found.causes),
        "models": tuple(_models(found)),
        "sentences": tuple(
            Changed(one.said.paper, one.said.old, one.said.new) for one in found.sentences if one.said.kind != "row"
        ),
        "figures": tuple(name for name, _ in found.figures),
        "failed": tuple(one.name for one in found.failed if one.why),
    }


def _models(found: Difference) -> Iterator[MovedModel]:
    """Of estimates only those that papers print are listed: what goes out by mail was judged for disclosure there."""
    for model in found.models:
        printed = [one for one in model.moved if found.printed_as(one)]
        yield MovedModel(
            model.model, len(model.moved), model.total, tuple(said_of_move(one) for one in printed[:SHOWN])
        )
