"""A wave's declaration proposed from its file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from assets.deposits import loaded_hashes
from assets.engine.outside import hash_of_file
from assets.engine.workspace import Workspace
from assets.waves.open import arm_of
from pipeline.errors import CohesionError
from pipeline.specs import Study


def draft(
    workspace: Workspace, study: Study, file: Path, *, wave: str | None = None, arm: str | None = None,
    items: bool = False,
) -> Iterator[str]:  # fmt: skip
    """Write the proposed declaration of a file's wave, with its evidence; in lines, what was written.

    ``wave``: the next one by default; ``arm``: needed if the study has several; ``items``: declare what only this wave
    asks, too. The last line but one names the wave. Raises ``CohesionError`` for a file that is loaded already, is
    not there, or cannot be read.
    """
    from pipeline.ingest.arrival.confirm import add_wave
    from pipeline.ingest.arrival.draft_place import Place, check_name, next_wave
    from pipeline.ingest.arrival.template import template_of
    from pipeline.ingest.arrival.write_draft import write_draft

    refuse_loaded(workspace, study, file)
    declarations, folder = workspace.paths.study(study.key), workspace.deposit_folder(study)
    place = Place(declarations, template_of(declarations), folder)
    name, chosen = wave or next_wave(study, place, file), arm_of(study, arm)
    check_name(study, place, name, file)
    yield from write_draft(study, place, name, chosen, file, add_items=items)
    if add_wave(declarations / "study.yaml", chosen, name):
        yield f"{name} is among the `waves` of the arm {chosen} in study.yaml."
    else:
        yield f"Add {name} to the `waves` of the arm {chosen} in study.yaml."
    if file.resolve().parent != folder.resolve():
        yield f"Put the file into {os.path.relpath(folder)}, from where it is read."
    yield f"Read and correct it, then: cohesion wave accept {study.key} {name}"


def refuse_loaded(workspace: Workspace, study: Study, file: Path) -> None:
    """Raises ``CohesionError`` for a file that is not there, or whose bytes are loaded already."""
    if not file.is_file():
        raise CohesionError(
            f"there is no such file in {file.resolve().parent}", where=file.name, todo="Give its whole path."
        )
    wave = loaded_hashes(workspace, study).get(hash_of_file(file))
    if wave:
        raise CohesionError(f"is already loaded as {wave}", where=file.name, todo="There is nothing to do.")
