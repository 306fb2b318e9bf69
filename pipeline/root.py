"""Which project a command works on: the one that is named, or the one that it is run in, as git finds a repository."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from pipeline.errors import CohesionError

MARKER = "cohesion.toml"
"""Lies in the folder of a project, with its settings. A clone has ``[tool.cohesion]`` in its pyproject.toml instead."""
VARIABLE = "COHESION_ROOT"
"""The environment variable that names a project."""
BEGIN = "`cohesion init DIR` begins one."


def find_root() -> Path:
    """The folder named by ``COHESION_ROOT``, or else the nearest folder with a marker, from the current one upwards.

    Raises ``CohesionError`` where there is none, or where the folder that is named holds no project.
    """
    named = os.environ.get(VARIABLE)
    return _named(Path(named)) if named else _nearest()


def is_marked(folder: Path) -> bool:
    """Whether a folder says of itself that it is a project."""
    return os.path.isfile(folder / MARKER) or _table(folder / "pyproject.toml")  # noqa: PTH113 (never raises)


def _named(root: Path) -> Path:
    try:
        root.lstat()
    except PermissionError:
        raise CohesionError("you may not look there", where=str(root), todo="Ask the owner of the folder.") from None
    except (OSError, ValueError):
        raise CohesionError("there is no such folder", where=str(root), todo=BEGIN) from None
    if not root.is_dir():
        raise CohesionError("is not a folder", where=str(root), todo="Name the folder of a project.")
    root = root.resolve()
    if is_marked(root) or os.path.isdir(root / "data" / "studies"):  # noqa: PTH112 (never raises)
        return root
    raise CohesionError(f"is not a project: it has no {MARKER} and no data/studies", where=str(root), todo=BEGIN)


def _nearest() -> Path:
    try:
        here = Path.cwd()
    except OSError:
        raise CohesionError("the current folder is no longer there", todo="Go to the folder of a project.") from None
    found = next((folder for folder in (here, *here.parents) if is_marked(folder)), None)
    if found is None:
        todo = f"{BEGIN} One that is elsewhere is named by --root DIR, or by {VARIABLE}."
        raise CohesionError("there is no project here, nor in a folder above", where=str(here), todo=todo)
    return found


def _table(file: Path) -> bool:
    """Whether a pyproject.toml has a table ``[tool.cohesion]``; one that cannot be read has not."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    tool = content.get("tool")
    return isinstance(tool, dict) and "cohesion" in tool
