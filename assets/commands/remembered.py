"""Where a study's deposits were when it was built last, so that an erasure finds them there."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.specs import Study


def remember_deposits(workspace: Workspace, studies: Iterable[str]) -> None:
    """Note the folder given for each study that is built; one built from where it says is noted no more."""
    before = _noted(workspace)
    now = {name: folder for name, folder in before.items() if name not in set(studies)}
    now |= {name: str(folder.resolve()) for name, folder in workspace.deposits.items()}
    if now != before:
        write_bytes(workspace.paths.deposits_record, json.dumps(now, sort_keys=True).encode(), mode=0o600)


def _noted(workspace: Workspace) -> dict[str, str]:
    try:
        return dict(json.loads(workspace.paths.deposits_record.read_bytes()))
    except (OSError, ValueError):
        return {}


def as_built_last(workspace: Workspace, study: Study) -> Workspace:
    """The workspace with the study's deposits where the last build read them, unless a folder is given for this run."""
    noted = _noted(workspace).get(study.key)
    if study.key in workspace.deposits or noted is None:
        return workspace
    return Workspace(workspace.paths, workspace.project, {**workspace.deposits, study.key: Path(noted)})


def deposit_folders(workspace: Workspace, study: Study) -> tuple[Workspace, list[Path]]:
    """The workspace as the study was built last, and every folder with its deposits, the one that is read first.

    A folder given for this run comes before the remembered one, and that before the declared one. Raises
    ``CohesionError`` if it is not there.
    """
    workspace = as_built_last(workspace, study)
    folder, declared = (
        workspace.deposit_folder(study),
        Workspace(workspace.paths, workspace.project).deposit_folder(study),
    )
    if not folder.is_dir():
        raise CohesionError(
            f"the folder with the deposits (`{os.path.relpath(folder, workspace.paths.root)}`) is not there",
            where=study.key,
            todo="Say where they lie: --deposits DIR.",
        )
    found = [folder, declared] if declared.is_dir() and declared.resolve() != folder.resolve() else [folder]
    return workspace, found
