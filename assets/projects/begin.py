"""A new project in a folder of its own: written aside and put in place, with its marker last."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assets.projects import words
from assets.projects.example import example_files, shared_files
from assets.projects.pinned import PACKAGE, pinned_versions
from pipeline.errors import CohesionError, one_line
from pipeline.paths import SHIPPED, Paths
from pipeline.root import MARKER

ASIDE = ".beginning-"
"""How the folder is called in which a project is written before it is put in place; a run that was killed leaves it."""
SHOWN = 5
"""So many of the things that lie in a folder already are named."""


def begin_project(folder: Path, example: str | None = None) -> Path:
    """Write a project into a folder that is new or empty; returns the folder.

    Raises ``CohesionError`` for a folder that holds anything, one that cannot be made, or an example that there is not.
    """
    _refuse(folder)
    files = [*shared_files(), *(example_files(example) if example else ())]
    try:
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{ASIDE}*"):
            shutil.rmtree(left)
    except (OSError, ValueError) as error:
        raise _cannot(folder, error) from None
    try:
        _fill(folder, files, example)
    except OSError as error:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise _cannot(folder, error) from None
    return folder.resolve()


def _refuse(folder: Path) -> None:
    """Raises ``CohesionError`` for a name that is none, and for a folder with something in it."""
    name = str(folder)
    if one_line(name) != name or name != name.strip():
        raise CohesionError("a folder with such signs in its name cannot be a project", where=name, todo="Rename it.")
    try:
        held = sorted(place.name for place in folder.iterdir()) if folder.is_dir() else []
        found = [name for name in held if not name.startswith(ASIDE)]
        is_file = not found and folder.exists() and not folder.is_dir()
    except (OSError, ValueError) as error:
        raise _cannot(folder, error) from None
    if is_file:
        raise CohesionError("is a file", where=name, todo="Name a folder that is new or empty.")
    if found:
        more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
        raise CohesionError(
            f"is not empty: it holds {', '.join(found[:SHOWN])}{more}",
            where=name,
            todo="Name one that is new or empty.",
        )


def _fill(folder: Path, files: list[Path], example: str | None) -> None:
    """All files into a folder aside, and from there to their places."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=ASIDE) as aside:
        draft = Path(aside)
        for file in files:
            target = draft / file.relative_to(SHIPPED)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        for name, text in _written(folder, example):
            (draft / name).write_text(text, encoding="utf-8")
        for empty in (Paths(draft).raw(example or "my_study").parent, Paths(draft).areas):
            empty.mkdir(parents=True, exist_ok=True)
        for place in sorted(draft.iterdir(), key=lambda place: (place.name == MARKER, place.name)):
            place.replace(folder / place.name)


def _written(folder: Path, example: str | None) -> Iterator[tuple[str, str]]:
    versions = pinned_versions()
    yield MARKER, words.settings(versions.get(PACKAGE, ""))
    yield "requirements.txt", words.requirements(versions)
    yield "README.md", words.readme(folder.resolve().name, example)
    yield ".gitignore", words.gitignore()
    yield ".env", words.ENVIRONMENT
    yield "workspace.yaml", words.WORKSPACE


def _cannot(folder: Path, error: Exception) -> CohesionError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return CohesionError(f"no project can be written there ({why})", where=str(folder), todo="Name another folder.")
