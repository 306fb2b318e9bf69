"""A wave delivered again, beside the delivery that was confirmed: people, columns, cells by item, means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from assets.engine.workspace import Workspace
from assets.nodes.redelivery import compare_deliveries, printed_means
from pipeline.errors import CohesionError
from pipeline.ingest.arrival.versions import as_they_lie, at_version, lay_out
from pipeline.specs.parts import every_file
from pipeline.specs.project import Study

if TYPE_CHECKING:
    from pipeline.harmonise.drift import Delivery


@contextmanager
def as_of(workspace: Workspace, versions: Mapping[str, Mapping[str, str]]) -> Iterator[Workspace]:
    """A workspace in which waves are as they were delivered earlier: study → wave → version."""
    studies, deposits = dict(workspace.project.studies), dict(workspace.deposits)
    with TemporaryDirectory(prefix="cohesion-") as scratch:
        for key, waves in versions.items():
            folder, target = workspace.deposit_folder(studies[key]), Path(scratch) / key
            target.mkdir(mode=0o700)
            for wave, version in waves.items():
                studies[key] = at_version(studies[key], wave, version)
                lay_out(studies[key], wave, workspace.paths.kept(key), folder, target)
            deposits[key] = target
        yield Workspace(workspace.paths, replace(workspace.project, studies=studies), deposits)


def redeliveries(workspace: Workspace, study: Study, wave: str, folder: Path) -> dict[str, list[str]]:
    """Wave → its lines as ``redelivery`` gives them: of a wave, and of all that share a source with it."""
    own = {file.of_source for file in every_file(study.waves[wave])} - {None}
    others = [
        name
        for name, declared in study.waves.items()
        if name != wave and own & {file.of_source for file in every_file(declared)}
    ]
    changed = _changed_sources(study, wave, folder) if others else set()
    others = [name for name in others if changed & {file.of_source for file in every_file(study.waves[name])}]
    taken = _taken(workspace, study, [wave, *others], folder) if others else {}
    found = {wave: redelivery(workspace, study, wave, folder, taken)}
    for name in others:
        found[name] = _of_another(workspace, study, name, folder, taken)
    return {name: found[name] for name in study.waves if found.get(name)}


def _taken(
    workspace: Workspace, study: Study, waves: Sequence[str], folder: Path
) -> dict[str, tuple[Delivery, Delivery]]:
    """The deliveries of several waves, their files read once; none where that of one cannot be read."""
    with suppress(CohesionError):
        return _deliveries(workspace, study, waves, folder)
    return {}


def _deliveries(
    workspace: Workspace, study: Study, waves: Sequence[str], folder: Path
) -> dict[str, tuple[Delivery, Delivery]]:
    """Wave → the delivery that was confirmed, and the one that lies in the folder."""
    from pipeline.harmonise.drift import Delivery
    from pipeline.ingest import installation_key
    from pipeline.ingest.withdrawal.noted import read_withdrawn

    key, noted = installation_key(workspace.paths), read_withdrawn(workspace.paths.withdrawn(study.key))
    with TemporaryDirectory(prefix="cohesion-") as scratch:
        done: set[tuple[str, str | None]] = set()
        for wave in waves:
            lay_out(study, wave, workspace.paths.kept(study.key), folder, Path(scratch), done)
        before = as_they_lie(study, waves, Path(scratch), key, noted)
    after = as_they_lie(study, waves, folder, key, noted)
    return {wave: (Delivery(*before[wave]), Delivery(*after[wave])) for wave in waves}


def _changed_sources(study: Study, wave: str, folder: Path) -> set[str | None]:
    """The sources of a wave of which another delivery lies there than the confirmed one."""
    files = [file for file in every_file(study.waves[wave]) if file.of_source is not None and file.sha256]
    return {file.of_source for file in files if file.sha256 != _sha256(folder, file.file)}


def _sha256(folder: Path, name: str) -> str:
    """The hash of a deposit, made once as long as nothing writes to it."""
    from pipeline.ingest import find_file

    path = find_file(folder, name)
    about = path.stat()
    return _of_bytes(path, (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns))


@lru_cache(maxsize=256)
def _of_bytes(path: Path, _state: tuple[int, ...]) -> str:
    from pipeline.files import sha256_of

    return sha256_of(path)


def _of_another(
    workspace: Workspace, study: Study, wave: str, folder: Path, taken: Mapping[str, tuple[Delivery, Delivery]]
) -> list[str]:
    """The lines of a wave that is confirmed along with another; what is wrong with its own files stops nothing."""
    from pipeline.harmonise.drift import not_compared, redelivery_lines

    try:
        return redelivery(workspace, study, wave, folder, taken)
    except CohesionError as error:
        return [*redelivery_lines(not_compared(study, wave, str(error)))]


def redelivery(
    workspace: Workspace, study: Study, wave: str, folder: Path, taken: Mapping[str, tuple[Delivery, Delivery]]
) -> list[str]:
    """Line by line what the files in a folder change of the wave as it was confirmed; nothing if they are those files.

    Counts and means only. A version that is not kept is said in one line. ``taken``: wave → its deliveries, if read.
    """
    from pipeline.harmonise.drift import not_compared, redelivery_lines

    files = list(every_file(study.waves[wave]))
    confirmed = [file.sha256 for file in files]
    is_new = not any(file.sha256 for file in study.waves[wave].files)  # a source may be confirmed by another wave
    if is_new or confirmed == [_sha256(folder, file.file) for file in files]:
        return []
    try:
        before, after = (taken if wave in taken else _deliveries(workspace, study, [wave], folder))[wave]
        found = compare_deliveries(study, wave, before, after, printed_means(workspace, study))
    except CohesionError as error:
        found = not_compared(study, wave, str(error))
    return [*redelivery_lines(found)]
