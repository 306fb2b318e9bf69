"""Pseudonyms for participants: keyed BLAKE2b. Without the key, an id can neither be read from one nor tried out."""

from __future__ import annotations

import os
import secrets
import stat
from hashlib import blake2b
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError

KEY_BYTES = 32
PREFIX = "p"
_DIGEST_BYTES = 16


def pseudonymise(ids: pl.Series, key: bytes, study: str) -> pl.Series:
    """The pseudonym of each id: ``p`` and 32 hexadecimal digits, BLAKE2b-128 of study and id under ``key``.

    The study is part of what is hashed, so the same person cannot be followed from one study to another. ``ids`` are
    texts as ``normalise_ids`` gives them; null stays null. Two ids of a study never share a pseudonym.
    """
    distinct = ids.drop_nulls().unique(maintain_order=True)
    pseudonyms = [_pseudonym(value, key, study) for value in distinct]
    if len(set(pseudonyms)) != len(pseudonyms):
        raise DepositError("two ids gave the same pseudonym", where=study, todo="Create a new key.")
    if len(distinct) == len(ids):  # everybody once, as in most files
        return pl.Series("person_id", pseudonyms, dtype=pl.String)
    return ids.replace_strict(distinct, pseudonyms, default=None, return_dtype=pl.String).rename("person_id")


def _pseudonym(value: str, key: bytes, study: str) -> str:
    return PREFIX + blake2b(f"{study}\x00{value}".encode(), key=key, digest_size=_DIGEST_BYTES).hexdigest()


def load_or_create_key(path: Path) -> bytes:
    """The key of this installation: 32 random bytes, made on first use with mode 0600.

    Raises ``DepositError`` if others than the owner may read it, or it is not a key.
    """
    if not path.exists():
        _create(path)
    return load_key(path)


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
