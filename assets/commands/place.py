"""Where a command works: the project that ``--root`` names, in which version, and whether it may be written to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from typer.core import TyperGroup

from assets.projects.pinned import refuse_other_version
from pipeline.errors import CohesionError
from pipeline.paths import Paths
from pipeline.root import VARIABLE

ROOT = "--root"


class RootAnywhere(TyperGroup):
    """The commands; ``--root DIR`` may stand before or after the one that is run."""

    def parse_args(self, ctx, args):  # type: ignore[no-untyped-def]
        return super().parse_args(ctx, root_first(list(args)))


def root_first(words: list[str]) -> list[str]:
    """The words of a command line with each ``--root DIR`` in front; what follows ``--`` stays where it is.

    >>> root_first(["build", "--root", "demo", "--list"])
    ['--root=demo', 'build', '--list']
    """
    end = words.index("--") if "--" in words else len(words)
    before, after, found = words[:end], words[end:], []
    while ROOT in before:
        place = before.index(ROOT)
        named = before[place + 1] if place + 1 < len(before) else ""
        found.append(f"{ROOT}={named}")
        del before[place : place + 2]
    found += [word for word in before if word.startswith(f"{ROOT}=")]
    return [*found, *(word for word in before if not word.startswith(f"{ROOT}=")), *after]


@contextmanager
def named_root(root: str | None) -> Iterator[None]:
    """Within this block, and in every process that is started, ``root`` is the project; as before where it is None."""
    before = os.environ.get(VARIABLE)
    if root is not None:
        os.environ[VARIABLE] = root
    try:
        yield
    finally:
        if root is not None:
            os.environ.pop(VARIABLE, None)
            if before is not None:
                os.environ[VARIABLE] = before


def here() -> Paths:
    """The project to read. Raises ``CohesionError`` where there is none, or one of another version."""
    paths = Paths.from_environment()
    refuse_other_version(paths.root)
    return paths


def here_to_write() -> Paths:
    """The project to change. Raises ``CohesionError`` as ``here``, and where what is made cannot be written to it."""
    paths = here()
    writable(paths.warehouse, paths.build)
    return paths


def writable(*folders: Path) -> None:
    """Raises ``CohesionError`` where one of these folders, or of those in which they would be made, is closed."""
    closed = [place for place in map(_existing, folders) if not os.access(place, os.W_OK | os.X_OK)]
    if closed:
        raise CohesionError(
            "this folder cannot be written to, so nothing was changed",
            where=str(closed[0]),
            todo="Copy the project to a folder of yours, or have its owner give you the right to write.",
        )


def repository_of(folder: Path) -> Path | None:
    """The git repository that a folder lies in, which could take up whatever is written there."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(place for place in (folder, *folder.parents) if os.path.lexists(place))
