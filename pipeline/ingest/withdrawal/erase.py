"""Preparing an erasure: every file is written again as a draft and compared; nothing is changed until all succeeded."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.files import SUMS, read_sums
from pipeline.ingest.arrival.confirm import places, write_receipts
from pipeline.ingest.arrival.kept import OWNER_READS
from pipeline.ingest.withdrawal.noted import note_withdrawn
from pipeline.ingest.withdrawal.rewrite import IsPerson, Rewritten, write_without
from pipeline.ingest.withdrawal.sources import IdFile, deposited
from pipeline.ingest.withdrawal.transaction import Transaction, discard_unsealed
from pipeline.ingest.withdrawal.versions import kept_versions
from pipeline.paths import Paths
from pipeline.specs.project import Study
from pipeline.specs.strict_yaml import Position


@dataclass(frozen=True)
class Person:
    """Who goes: how their id is recognised, and the fingerprint and date by which the withdrawal is noted."""

    is_theirs: IsPerson
    fingerprint: str
    date: dt.date


def sources_of(study: Study, paths: Paths, folders: Sequence[Path]) -> list[IdFile]:
    """Every file of a study that may hold rows of people: deposits, lists, and versions kept of them."""
    current = deposited(study, folders)
    return [*current, *kept_versions(study, paths.kept(study.key), current)]


def prepare(study: Study, paths: Paths, folders: Sequence[Path], person: Person) -> Transaction | None:
    """The sealed transaction that takes a person out of every file and notes it; None if there is nothing to change.

    ``folders``: where deposits lie, the one that builds read first. Raises ``CohesionError``, with nothing changed, if
    any file cannot be read, written again, or replaced.
    """
    work = Transaction.begin(paths.erasing(study.key), {"fingerprint": person.fingerprint})
    try:
        rewritten = _files(study, paths, folders, person, work)
        _declarations(study, paths, folders[0], rewritten, work)
        _sums(folders, rewritten, work)
        _list(paths.withdrawn(study.key), person, work)
        rows = sum(made.removed for made in rewritten.values())
        work.about.update(rows=f"{rows:,}", files=f"{len(rewritten):,}")
        if work.changes:
            work.seal()
            return work
    except BaseException:
        discard_unsealed(paths.erasing(study.key))
        raise
    discard_unsealed(paths.erasing(study.key))
    return None


def _files(
    study: Study, paths: Paths, folders: Sequence[Path], person: Person, work: Transaction
) -> dict[Path, Rewritten]:
    """Drafts of every file that holds the person; a kept version bears the name of its bytes."""
    found: dict[Path, Rewritten] = {}
    kept = paths.kept(study.key).resolve()
    for source in sources_of(study, paths, folders):
        draft = work.draft_of(source.path)
        made = write_without(source, person.is_theirs, draft)
        if made is None:
            continue
        found[source.path] = made
        if source.path.is_relative_to(kept):
            work.add(source.path.with_name(f"{made.sha256}{source.path.suffix}"), draft, OWNER_READS)
            work.add(source.path, None)
        else:
            work.add(source.path, draft)
    return found


def _declarations(
    study: Study, paths: Paths, folder: Path, rewritten: Mapping[Path, Rewritten], work: Transaction
) -> None:
    """A declared hash or number of rows is that of the file as it will be."""
    found: dict[Path, dict[Position, Mapping[str, object]]] = {}
    for wave in study.waves:
        for place in places(paths.study(study.key), study, wave):
            made = [rewritten[real] for path in folder.glob(place.file.file) if (real := path.resolve()) in rewritten]
            receipt: dict[str, object] = {}
            if made and place.file.sha256 is not None:
                receipt["sha256"] = made[0].sha256
            if made and isinstance(place.file.rows, int):
                receipt["rows"] = made[0].rows
            if receipt:
                found.setdefault(place.declaration.resolve(), {})[place.position] = receipt
    for declaration, receipts in found.items():
        draft = work.draft_of(declaration)
        shutil.copyfile(declaration, draft)
        write_receipts(draft, list(receipts.items()))
        work.add(declaration, draft)


def _sums(folders: Sequence[Path], rewritten: Mapping[Path, Rewritten], work: Transaction) -> None:
    """Generated deposits are confirmed by the list of hashes beside them."""
    for folder in folders:
        sums, new = read_sums(folder), {}
        for name in sums:
            if (path := (folder / name).resolve()) in rewritten:
                new[name] = rewritten[path].sha256
        if new:
            draft = work.draft_of(folder / SUMS)
            lines = [f"{sha256}  {name}\n" for name, sha256 in {**sums, **new}.items()]
            draft.write_text("".join(lines), encoding="utf-8")
            work.add((folder / SUMS).resolve(), draft)


def _list(listed: Path, person: Person, work: Transaction) -> None:
    draft = work.draft_of(listed)
    if listed.exists():
        shutil.copyfile(listed, draft)
    note_withdrawn(draft, person.fingerprint, "erase", person.date)
    if not listed.exists() or listed.read_bytes() != draft.read_bytes():
        work.add(listed, draft, 0o600)
    else:
        draft.unlink()
