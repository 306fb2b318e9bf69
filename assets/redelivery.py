"""A wave delivered again, beside the delivery that was confirmed: people, columns, cells by item, means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.engine.workspace import Workspace
from assets.nodes.redelivery import compare_deliveries, printed_means
from pipeline.errors import CohesionError
from pipeline.ingest.arrival.versions import as_it_lies, at_version, lay_out
from pipeline.specs.parts import every_file
from pipeline.specs.project import Study


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
    found = {wave: redelivery(workspace, study, wave, folder)}
    changed = _changed_sources(study, wave, folder) if others else set()
    for name in others:
        if changed & {file.of_source for file in every_file(study.waves[name])}:
            found[name] = _of_another(workspace, study, name, folder)
    return {name: found[name] for name in study.waves if found.get(name)}


def _changed_sources(study: Study, wave: str, folder: Path) -> set[str | None]:
    """The sources of a wave of which another delivery lies there than the confirmed one."""
    from pipeline.files import sha256_of
    from pipeline.ingest import find_file

    files = [file for file in every_file(study.waves[wave]) if file.of_source is not None and file.sha256]
    return {file.of_source for file in files if file.sha256 != sha256_of(find_file(folder, file.file))}


def _of_another(workspace: Workspace, study: Study, wave: str, folder: Path) -> list[str]:
    """The lines of a wave that is confirmed along with another; what is wrong with its own files stops nothing."""
    from pipeline.harmonise.drift import not_compared, redelivery_lines

    try:
        return redelivery(workspace, study, wave, folder)
    except CohesionError as error:
        return [*redelivery_lines(not_compared(study, wave, str(error)))]


def redelivery(workspace: Workspace, study: Study, wave: str, folder: Path) -> list[str]:
    """Line by line what the files in a folder change of the wave as it was confirmed; nothing if they are those files.

    Counts and means only. A version that is not kept is said in one line.
    """
    from pipeline.files import sha256_of
    from pipeline.harmonise.drift import Delivery, not_compared, redelivery_lines
    from pipeline.ingest import find_file, installation_key
    from pipeline.ingest.withdrawal.noted import read_withdrawn

    files = list(every_file(study.waves[wave]))
    confirmed = [file.sha256 for file in files]
    is_new = not any(file.sha256 for file in study.waves[wave].files)  # a source may be confirmed by another wave
    if is_new or confirmed == [sha256_of(find_file(folder, file.file)) for file in files]:
        return []
    try:
        key, noted = installation_key(workspace.paths), read_withdrawn(workspace.paths.withdrawn(study.key))
        with TemporaryDirectory(prefix="cohesion-") as scratch:
            lay_out(study, wave, workspace.paths.kept(study.key), folder, Path(scratch))
            before = Delivery(*as_it_lies(study, wave, Path(scratch), key, noted))
        after = Delivery(*as_it_lies(study, wave, folder, key, noted))
        found = compare_deliveries(study, wave, before, after, printed_means(workspace, study))
    except CohesionError as error:
        found = not_compared(study, wave, str(error))
    return [*redelivery_lines(found)]
