"""Somebody withdraws: noted, and if they wish so, erased from every file, the study built again, and that proved."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

from assets.engine import store
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from pipeline.errors import CohesionError
from pipeline.files import sha256_of
from pipeline.specs import Study
from pipeline.specs.sources import role_columns

Rebuild = Callable[[Workspace, str], dict[str, str]]
"""Builds a study again; returns node → message of what failed."""


def carry_out(
    workspace: Workspace, study: Study, person: str, scope: str, date: dt.date, rebuild: Rebuild | None = None
) -> Iterator[str]:
    """Do what a withdrawal asks for, and say so in counts.

    Raises ``CohesionError`` if a file cannot be written again, the build fails, or a trace is left.
    """
    import polars as pl

    from pipeline.ingest import load_or_create_key, normalise_ids, pseudonymise
    from pipeline.ingest.people.sorting import fingerprints
    from pipeline.ingest.people.withdrawals import SCOPES
    from pipeline.ingest.withdrawal.noted import note_withdrawn

    if scope not in SCOPES:
        raise CohesionError(f"there is no scope `{scope}`", todo="Say future or erase.")
    rule, paths = study.about.ids, workspace.paths
    identity = normalise_ids(pl.Series("id", [person]), strip=rule.strip, case=rule.case)
    if identity.null_count():
        raise CohesionError("no id was given", todo="Give the id as the files have it.")
    key = load_or_create_key(paths.pseudonym_key)
    count = note_withdrawn(paths.withdrawn(study.key), fingerprints(identity, key, study.key)[0], scope, date)
    yield f"Noted: {count:,} people have withdrawn from {study.key}."
    if scope == "erase":
        yield from _erase(workspace, study, identity[0])
    failed = (rebuild or _build)(workspace, study.key)
    if failed:
        raise CohesionError(f"the build failed: {'; '.join(failed.values())}")
    yield "Built again."
    if scope == "erase":
        pseudonym = pseudonymise(identity, key, study.key)[0]
        yield _prove(workspace, study, [*_spellings(person, identity[0], rule.case), pseudonym])


def _erase(workspace: Workspace, study: Study, identity: str) -> Iterator[str]:
    """Out of every deposit and every kept version; tables made from them are removed, and made again without."""
    import polars as pl

    from pipeline.ingest import normalise_ids
    from pipeline.ingest.withdrawal.rewrite import take_out

    rule, paths = study.about.ids, workspace.paths

    def is_person(cells: pl.Series) -> pl.Series:
        return _as_ids(cells, rule.strip, rule.case) == identity

    def _as_ids(cells: pl.Series, strip: bool, case: str) -> pl.Series:
        readable = cells.dtype == pl.String or cells.dtype.is_numeric()
        cells = cells if readable else cells.cast(pl.String)
        return normalise_ids(cells, strip=strip, case=case)  # type: ignore[arg-type]

    columns = _id_columns(study)
    rows, changed = 0, []
    for path in [*_files(workspace.deposit_folder(study)), *_files(paths.kept(study.key))]:
        found = take_out(path, is_person, columns)
        if found:
            rows += found
            changed.append(path)
    for path in changed:
        if path.parent == paths.kept(study.key):
            _rename_to_hash(path)
    _confirm_again(workspace, study, changed)
    removed = _remove_tables(workspace, study)
    _remove_drafts(workspace, study)
    yield f"Erased {rows:,} rows from {len(changed):,} files; removed {removed:,} tables made from them."


def _id_columns(study: Study) -> set[str]:
    """Every column of a deposit, or of a list beside it, that holds ids."""
    columns = {role_columns(study, wave, file)["person_id"] for wave, _, file in study.files()}
    listed = {report.id or study.about.columns.person_id for report in study.about.outcomes}
    return columns | {column for column in listed if column}


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()] if folder.is_dir() else []


def _rename_to_hash(path: Path) -> None:
    """A kept version bears the name of its bytes."""
    path.chmod(0o440)
    path.replace(path.with_name(f"{sha256_of(path)}{path.suffix}"))


def _confirm_again(workspace: Workspace, study: Study, changed: list[Path]) -> None:
    """A declared hash is that of the file as it now is."""
    from pipeline.errors import DepositError
    from pipeline.ingest.arrival.confirm import confirm
    from pipeline.ingest.declared import read_wave

    folder = workspace.deposit_folder(study)
    if changed and workspace.uses_sample(study):
        from pipeline.sample import note_receipts

        note_receipts(folder)
    for wave, declared in study.waves.items():
        touched = any(path in changed for file in declared.files for path in folder.glob(file.file))
        if touched and any(file.sha256 or file.rows is not None for file in declared.files):
            found = read_wave(study, wave, folder)
            good = [deposit for deposit in found if not isinstance(deposit, DepositError)]
            if len(good) == len(found):
                receipts = [deposit.receipt for deposit in good]
                confirm(workspace.paths.study(study.key) / "waves" / f"{wave}.yaml", receipts)


def _spellings(person: str, identity: str, case: str) -> list[str]:
    """The id as it was given, without spaces, as the study compares it, and in the cases that are the same to it."""
    forms = [person, person.strip(), identity]
    forms += [form for form in (identity.upper(), identity.lower()) if case != "as_is"]
    return list(dict.fromkeys(forms))


def _remove_drafts(workspace: Workspace, study: Study) -> None:
    """Of writers that were killed: a draft has a point before its name, and nobody reads it any more."""
    paths = workspace.paths
    for folder in (paths.warehouse, paths.quarantine, paths.kept(study.key), paths.build, paths.raw(study.key)):
        for path in _files(folder):
            if path.name.startswith(".") and (folder != paths.raw(study.key) or path.name.startswith(".erasing.")):
                path.unlink()


def _remove_tables(workspace: Workspace, study: Study) -> int:
    import shutil

    removed = 0
    for node in all_nodes(workspace):
        if node.tolerant or node.study == study.key:
            removed += store.remove(workspace.paths, node)
    shutil.rmtree(workspace.paths.quarantine / study.key, ignore_errors=True)
    return removed


def _build(_: Workspace, study: str) -> dict[str, str]:
    """In a process of its own: this one has read tables, and must not fork while their threads run."""
    import subprocess
    import sys

    command = [sys.executable, "-c", "from assets.commands.main import main; main()", "build", "--study", study]
    ended = subprocess.run(command, check=False)
    return {} if ended.returncode == 0 else {study: "its messages are above"}


def _prove(workspace: Workspace, study: Study, texts: list[str]) -> str:
    """Search every byte of the data, the reports and the deposits for the id and the pseudonym."""
    from pipeline.ingest import traces

    folders = [workspace.paths.root / "data", workspace.paths.build]
    deposits = workspace.deposit_folder(study).resolve()
    if not any(deposits.is_relative_to(folder.resolve()) for folder in folders):
        folders.append(deposits)
    columns = sorted(_id_columns(study))
    searched, left, unopened = 0, [], []
    for folder in folders:
        searched += len(_files(folder))
        found = traces(folder, texts, id_columns=columns)
        left += [path.relative_to(folder.parent).as_posix() for path in found.found]
        unopened += [path.relative_to(folder.parent).as_posix() for path in found.unopened]
    left, unopened = ([_unnamed(name, texts) for name in names] for names in (left, unopened))
    if left or unopened:
        raise CohesionError(
            f"traces are left in {', '.join(left) or 'no file'}; not opened: {', '.join(unopened) or 'none'}",
            count=len(left),
            todo="Remove these files or ask for them without the person, and run the command again.",
        )
    return f"Proved: neither the id nor the pseudonym is in any of {searched:,} files."


def _unnamed(name: str, texts: list[str]) -> str:
    """The name of a file without the id, if it bears it."""
    for text in sorted(texts, key=len, reverse=True):
        name = name.replace(text, "[the id]")
    return name
