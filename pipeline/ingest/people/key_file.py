"""The file of the pseudonym key: 32 random bytes that its owner alone may read."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.options import known_options

KEY_BYTES = 32


@known_options
def load_or_create_key(path: Path) -> bytes:
    """The key of this installation: 32 random bytes, made on first use with mode 0600.

    Raises ``DepositError`` if others than the owner may read it, or it is not a key.
    """
    if not path.exists():
        _create(path)
    return load_key(path)


@known_options
def load_key(path: Path) -> bytes:
    """The key in a file; it is never made here.

    Raises ``DepositError`` if it is missing, others than the owner may read it, or it is not a key.
    """
    if not path.is_file():
        raise DepositError(
            "the pseudonym key is missing",
            where=path.name,
            todo="Restore it from a backup and run `cohesion key check`; a new key would bring back who withdrew.",
        )
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        key = file.read(KEY_BYTES + 1)
    if os.name == "posix" and mode & 0o077:
        raise DepositError(
            f"others may read the pseudonym key (mode {mode:04o})",
            where=path.name,
            todo=f"Anyone with the key can tell who a pseudonym is. Run: chmod 600 {path.name} in {path.parent.name}/.",
        )
    if len(key) != KEY_BYTES:
        raise DepositError(
            "the pseudonym key is damaged",
            where=path.name,
            todo="Restore it from a backup: a new key gives every participant a new pseudonym.",
        )
    return key


def _create(path: Path) -> None:
    """Make the key so that it is whole and private before it has its name; the first of several makers wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails if another process has made the key meanwhile; then theirs holds
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            if not path.exists():
                draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
