"""Somebody withdraws: noted, and if they wish so, erased from every file, the study built again, and that proved."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assets.building import WAREHOUSE, shared_warehouse
from assets.commands.exported import remove_exports
from assets.commands.remembered import deposit_folders
from assets.engine import store
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.storage.bucket import is_address
from pipeline.errors import CohesionError
from pipeline.specs import Study

if TYPE_CHECKING:
    import polars as pl

    from pipeline.ingest.withdrawal.proof import Wanted
    from pipeline.ingest.withdrawal.transaction import Transaction

Rebuild = Callable[[Workspace, str], dict[str, str]]
"""Builds a study again; returns node → message of what failed."""


@dataclass(frozen=True)
class Who:
    """A person in every form in which the command needs them; none of these is ever printed."""

    given: str
    identity: "pl.Series"
    fingerprint: str
    pseudonym: str


def carry_out(
    workspace: Workspace, study: Study, person: str, scope: str, date: dt.date, rebuild: Rebuild | None = None
) -> Iterator[str]:
    """Do what a withdrawal asks for, and say so in counts.

    An erasure changes nothing until every file was written again on a copy and compared; one that was interrupted goes
    on. Raises ``CohesionError`` if it cannot be done, the build fails, or a trace is left.
    """
    from pipeline.ingest.people.withdrawals import SCOPES
    from pipeline.ingest.withdrawal.noted import note_withdrawn

    if scope not in SCOPES:
        raise CohesionError(
            f"there is no scope `{scope}`" if scope else "no scope was given", todo="Say future or erase."
        )
    _refuse_in_a_bucket(workspace, study, scope)
    who = _who(workspace, study, person)
    workspace, folders = deposit_folders(workspace, study)
    pending = _pending(workspace, study, who)
    if scope == "future" and pending is None:
        if not _is_in_a_wave(workspace, study, who):
            yield (
                "Nobody in the waves that are built has this id. If somebody should, check how the files write it: "
                "case, spaces, signs, prefix, leading zeros."
            )
        with _alone(workspace):
            note_withdrawn(workspace.paths.withdrawn(study.key), who.fingerprint, scope, date)
    else:
        yield from _erase(workspace, study, folders, who, date, pending)
    yield _noted(workspace, study)
    failed = (rebuild or _build)(workspace, study.key)
    if failed:
        raise CohesionError(f"the build failed: {'; '.join(failed.values())}", todo=_kept_until(workspace, study))
    yield "Built again."
    if scope == "erase" or pending is not None:
        yield _prove(workspace, study, folders, who)


def _refuse_in_a_bucket(workspace: Workspace, study: Study, scope: str) -> None:
    """Nothing can be erased here of what lies in object storage, and would come back from there."""
    if scope != "erase":
        return
    if is_address(study.about.deposits or "") and study.key not in workspace.deposits:
        raise CohesionError(
            f"its deposits lie in {study.about.deposits}, where this command erases nothing",
            where=study.key,
            todo="Take the person out of the files there and of their versions, or copy the files into a folder "
            "and name that in `deposits`.",
        )
    if shared_warehouse(workspace) is not None:
        raise CohesionError(
            "the warehouse is shared, and other machines would bring the person back",
            where=WAREHOUSE,
            todo="Take the setting out, withdraw, set it again, then `cohesion warehouse push` and "
            "`cohesion warehouse prune --now`.",
        )


def roll_back(workspace: Workspace, study: Study) -> str:
    """Put every file back as it was before an erasure that has not ended. Raises ``CohesionError`` if there is none."""
    from pipeline.ingest.withdrawal.transaction import Transaction, discard_unsealed

    with _alone(workspace):
        pending = Transaction.pending(workspace.paths.erasing(study.key))
        if pending is None:
            discard_unsealed(workspace.paths.erasing(study.key))
            raise CohesionError("there is no erasure to take back", where=study.key)
        pending.roll_back()
    return f"{study.key}: every file is as it was before. Next: cohesion build --study {study.key}"


def _who(workspace: Workspace, study: Study, person: str) -> Who:
    import polars as pl

    from pipeline.ingest import installation_key, normalise_ids, pseudonymise
    from pipeline.ingest.people.sorting import fingerprints

    rule = study.about.ids
    identity = normalise_ids(pl.Series("id", [person]), strip=rule.strip, case=rule.case)
    if identity.null_count():
        raise CohesionError("no id was given", todo="Give the id as the files have it.")
    if rule.within == "arm" and person.split(":")[0] not in study.about.arms:
        arm = next(iter(study.about.arms))
        raise CohesionError("counts ids anew in each arm", where=study.key, todo=f"Give arm and id, as {arm}:ID.")
    key = installation_key(workspace.paths)
    mark = fingerprints(identity, key, study.key)[0]
    return Who(person, identity, mark, pseudonymise(identity, key, study.key)[0])


def _is_in_a_wave(workspace: Workspace, study: Study, who: Who) -> bool:
    import polars as pl

    tables = sorted((workspace.paths.warehouse / "wave" / study.key).glob("*.parquet"))
    return any((pl.read_parquet(table, columns=["person_id"])["person_id"] == who.pseudonym).any() for table in tables)


def _alone(workspace: Workspace) -> AbstractContextManager[None]:
    """No build runs meanwhile; another one waits."""
    import threading

    from assets.engine.build import only_build

    return only_build(workspace, None, threading.Event())


def _pending(workspace: Workspace, study: Study, who: Who) -> "Transaction | None":
    """The interrupted erasure of this person. Raises ``CohesionError`` if one of somebody else has not ended."""
    from pipeline.ingest.withdrawal.transaction import Transaction

    pending = Transaction.pending(workspace.paths.erasing(study.key))
    if pending is not None and pending.about["fingerprint"] != who.fingerprint:
        raise CohesionError(
            "an erasure of somebody else has not ended",
            where=study.key,
            todo=f"Run the command for that person again, or take it back: cohesion withdraw {study.key} --roll-back.",
        )
    return pending


def _erase(
    workspace: Workspace, study: Study, folders: list[Path], who: Who, date: dt.date, pending: "Transaction | None"
) -> Iterator[str]:
    """Out of every deposit and every kept version; tables made from them are removed, and made again without."""
    from pipeline.ingest.withdrawal.erase import Person, prepare
    from pipeline.ingest.withdrawal.sources import rows_of

    person = Person(lambda cells: rows_of(study, cells, who.identity[0]), who.fingerprint, date)
    with _alone(workspace):
        if pending is None:
            pending = prepare(study, workspace.paths, folders, person)
        elif not pending.is_swapped:
            yield "An erasure that was interrupted goes on."
        if pending is None:
            yield "Nothing to erase: no file has a row of this person, and the withdrawal is noted already."
            return
        pending.swap()
        removed = _remove_tables(workspace, study)
        _remove_drafts(workspace, study, folders)
        yield from remove_exports(workspace.paths, study.key)
    rows, files = (pending.about[name] for name in ("rows", "files"))
    yield f"Erased {rows} rows from {files} files; removed {removed:,} tables made from them."


def _noted(workspace: Workspace, study: Study) -> str:
    from pipeline.ingest.withdrawal.noted import read_withdrawn

    noted = read_withdrawn(workspace.paths.withdrawn(study.key))
    count = 0 if noted is None else noted.height
    return f"Noted: {count:,} {'person has' if count == 1 else 'people have'} withdrawn from {study.key}."


def _kept_until(workspace: Workspace, study: Study) -> str:
    if not workspace.paths.erasing(study.key).exists():
        return ""
    return (
        f"The files as they were are kept in data/erasing/{study.key}. Mend what is wrong and run the command again, "
        f"or take it back: cohesion withdraw {study.key} --roll-back."
    )


def _remove_drafts(workspace: Workspace, study: Study, folders: list[Path]) -> None:
    """Of writers that were killed: a draft has a point before its name, and nobody reads it any more."""
    paths = workspace.paths
    for folder in (paths.warehouse, paths.quarantine, paths.kept(study.key), paths.build):
        for path in folder.rglob(".*"):
            if path.is_file() and path not in (paths.build_lock, paths.code_cache, paths.deposits_record):
                path.unlink(missing_ok=True)
    for folder in folders:
        for path in folder.glob(".erasing.*"):
            path.unlink(missing_ok=True)


def _remove_tables(workspace: Workspace, study: Study) -> int:
    import shutil

    removed = 0
    for node in all_nodes(workspace):
        if node.tolerant or node.study == study.key:
            removed += store.remove(workspace.paths, node)
    shutil.rmtree(workspace.paths.quarantine / study.key, ignore_errors=True)
    return removed


def _build(workspace: Workspace, study: str) -> dict[str, str]:
    """In a process of its own: this one has read tables, and must not fork while their threads run."""
    import subprocess
    import sys

    command = [sys.executable, "-c", "from assets.commands.main import main; main()", "build", "--study", study]
    if study in workspace.deposits:
        command += ["--deposits", str(workspace.deposits[study])]
    ended = subprocess.run(command, check=False)
    return {} if ended.returncode == 0 else {study: "its messages are above"}


def _prove(workspace: Workspace, study: Study, folders: list[Path], who: Who) -> str:
    """Search the data, the reports and the deposits; the originals go when nothing is left."""
    from pipeline.ingest.withdrawal.erase import sources_of
    from pipeline.ingest.withdrawal.proof import prove
    from pipeline.ingest.withdrawal.transaction import Transaction

    sources = sources_of(study, workspace.paths, folders)
    proof = prove(study.key, workspace.paths, folders, sources, _wanted(study, who))
    if proof.left or proof.unopened:
        kept = _kept_until(workspace, study)
        raise CohesionError(
            f"traces are left in {', '.join(proof.left) or 'no file'}; "
            f"not opened: {', '.join(proof.unopened) or 'none'}",
            count=len(proof.left),
            todo=f"Remove these files or ask for them without the person, and run the command again. {kept}".rstrip(),
        )
    pending = Transaction.pending(workspace.paths.erasing(study.key))
    if pending is not None:
        pending.end()
    return proof.words()


def _wanted(study: Study, who: Who) -> "Wanted":
    from pipeline.ingest.withdrawal.proof import Wanted
    from pipeline.ingest.withdrawal.sources import id_columns, rows_of

    identity = who.identity[0]
    forms = [who.given, who.given.strip(), identity]
    forms += [form for form in (identity.upper(), identity.lower()) if study.about.ids.case != "as_is"]
    return Wanted(
        tuple(dict.fromkeys(forms)),
        who.pseudonym,
        frozenset(id_columns(study)),
        lambda cells: rows_of(study, cells, identity),
    )
