"""Finding the file of a wave, and names that a file may have."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.files import sha256_of
from pipeline.ingest.formats.columns import nearest, some
from pipeline.options import known_options

ALLOWED_NAME = re.compile(r"^[\w][\w .,()+&-]{0,150}\.[A-Za-z0-9]{1,8}$")
"""Letters of any script, digits, space and ``_ . , ( ) + & -``, with a suffix: nothing a shell, URL or path obeys."""

HIDDEN = (".", "~$")


@known_options
def find_file(directory: str | Path, pattern: str) -> Path:
    """The one file in a folder that fits a pattern such as ``W01_*.sav``.

    The same bytes under several names are one file. Raises ``DepositError`` if none fits (with the nearest name there
    is), if several do, or if the name of the file holds characters that have no business in one.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise DepositError(
            f"the deposits folder `{_shown(folder)}` does not exist",
            where=pattern,
            todo="Give the folder with --deposits, or as `deposits` in study.yaml.",
        )
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise DepositError(
            "a file pattern stays inside the deposits folder", where=pattern, todo="Declare it without `..` or a root."
        )
    found = sorted(path for path in folder.glob(pattern) if path.is_file() and not path.name.startswith(HIDDEN))
    if not found:
        raise _none(folder, pattern)
    if len(found) > 1 and not _same_bytes(found):
        raise _several(found, pattern)
    check_file_name(found[0].name)
    return found[0]


def _same_bytes(paths: list[Path]) -> bool:
    """Whether the files are one delivery under several names."""
    if len({path.stat().st_size for path in paths}) > 1:
        return False
    return len({sha256_of(path) for path in paths}) == 1


def _several(found: list[Path], pattern: str) -> DepositError:
    return DepositError(
        f"several files fit: {some([path.name for path in found])}",
        where=pattern,
        count=len(found),
        todo="Declare the name of the one that is meant.",
    )


def _none(folder: Path, pattern: str) -> DepositError:
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(HIDDEN))
    close = nearest(pattern.replace("*", ""), names)
    instead = f"; the nearest name is {close}" if close else f"; it holds {some(names, 5) if names else 'no file'}"
    return DepositError(
        f"no file in `{_shown(folder)}` fits{instead}",
        where=pattern,
        todo="Put the file there, correct `file` in the wave's declaration, or give another folder with --deposits.",
    )


def _shown(folder: Path) -> str:
    """The last two parts of a path: enough to know it, without the machine it lies on."""
    return "/".join(folder.absolute().parts[-2:]).lstrip("/")


@known_options
def check_file_name(name: str) -> None:
    """Raise ``DepositError`` if a deposited file has a name with characters outside the allow-list."""
    if not ALLOWED_NAME.match(name):
        raise DepositError(
            "the file name holds characters that are not allowed",
            where=re.sub(r"[^\w.,()+ -]", "?", name)[:80],
            todo="Rename the file: letters, digits, space and _ . , ( ) + & - are allowed.",
        )
