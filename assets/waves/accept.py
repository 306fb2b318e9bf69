"""A wave confirmed: the hash and the rows of its files are written into its declaration."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from assets.engine.workspace import Workspace
from pipeline.audit import note
from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.specs import Study, load_studies

FEWEST = 6
"""So many characters of a SHA-256 a person gives to say that they mean these bytes."""
Ask = Callable[[str, Mapping[str, Sequence[str]]], None]
"""Called with what is replaced, and wave → what differs. Raises ``CohesionError`` to accept nothing."""


def accept(workspace: Workspace, study: Study, wave: str, folder: Path, ask: Ask) -> Iterator[str]:
    """Confirm a wave by what lies in ``folder``; in lines, what was confirmed.

    Items with ``codes: from_labels`` get their codes from the files' labels, written into items.yaml. A delivery that
    replaces a confirmed one is compared with it first, and ``ask`` is called; the one before is kept.
    Raises ``CohesionError``, and then nothing has changed.
    """
    from pipeline.ingest import find_file, keep_deposit
    from pipeline.ingest.arrival.confirm import confirm_places, places
    from pipeline.ingest.arrival.confirmed_elsewhere import refuse_confirmed_elsewhere
    from pipeline.ingest.arrival.freeze import freeze
    from pipeline.ingest.declared import labelled_parts, received_files, refuse_parts

    declarations = workspace.paths.study(study.key)
    found = received_files(study, wave, folder)
    refuse_confirmed_elsewhere(study, wave, found)
    refuse_parts(study, wave, folder)
    _ask_of_replaced(workspace, study, wave, folder, ask)
    for name, receipt in found.items():
        keep_deposit(find_file(folder, name), workspace.paths.kept(study.key), receipt)
    items = declarations / "items.yaml"
    receipts = [(place, found[place.file.file]) for place in places(declarations, study, wave)]
    targets = list(dict.fromkeys(place.declaration for place, _ in receipts))
    with _or_as_before(items, *targets):
        frozen = freeze(study, wave, labelled_parts(study, wave, folder), items)
        confirm_places(receipts)
        load_studies(workspace.paths, [study.key], with_papers=False)
    for name, receipt in found.items():
        details = {"file": name, "sha256": str(receipt["sha256"]), "rows": f"{receipt['rows']:,}"}
        note(workspace.paths, "accept", f"{study.key} {wave}", details)
        yield f"✓ {name}: {receipt['rows']:,} rows, SHA-256 {str(receipt['sha256'])[:12]}…"
    yield from frozen
    said = " and ".join(os.path.relpath(target) for target in targets)
    yield f"Confirmed in {said}. Next: cohesion build --study {study.key}"


def refuse_other_bytes(study: Study, wave: str, folder: Path, begun: str) -> None:
    """Raises ``CohesionError`` unless ``begun`` holds the first characters of the SHA-256 of each of the wave's files.

    So a person who cannot be asked says that they mean these bytes. Several files: one beginning for each, in any
    order, with blanks or commas between.
    """
    hashes = hashes_of(study, wave, folder)
    given = begun.replace(",", " ").lower().split()
    short = [text for text in given if len(text) < FEWEST]
    meant = all(any(sha256.startswith(text) for sha256 in hashes.values()) for text in given)
    covered = all(any(sha256.startswith(text) for text in given) for sha256 in hashes.values())
    if not given or short or not meant or not covered:
        files = "; ".join(f"{name} begins {sha256[: FEWEST * 2]}" for name, sha256 in hashes.items())
        raise CohesionError(
            f"was not confirmed: its files' SHA-256 have to be begun with at least {FEWEST} characters each, and "
            f"{'none was given' if not given else 'what was given begins others'}",
            where=f"{study.key} {wave}",
            todo=f"Compare with what the depositor says: {files}.",
        )


def hashes_of(study: Study, wave: str, folder: Path) -> dict[str, str]:
    """Name → SHA-256 of each file of a wave. Raises ``CohesionError`` where one is not there."""
    from assets.engine.outside import hash_of_file
    from pipeline.ingest import find_file
    from pipeline.specs.parts import every_file

    names = dict.fromkeys(file.file for file in every_file(study.waves[wave]))
    return {name: hash_of_file(find_file(folder, name)) for name in names}


def _ask_of_replaced(workspace: Workspace, study: Study, wave: str, folder: Path, ask: Ask) -> None:
    from assets.redelivery import redeliveries

    found = redeliveries(workspace, study, wave, folder)
    if not found:
        return
    waves = ", ".join(found)
    several = f" It serves {len(found)} waves, and is confirmed for all of them: {waves}." if len(found) > 1 else ""
    ask(f"{study.key} {wave}: this delivery replaces the one that was confirmed.{several}", found)


@contextmanager
def _or_as_before(*files: Path) -> Iterator[None]:
    """All changes to these files, or none if one of them, or what they say together, is not right."""
    before = {file: file.read_bytes() for file in files}
    try:
        yield
    except CohesionError:
        for file, content in before.items():
            if file.read_bytes() != content:
                write_bytes(file, content)
        raise
