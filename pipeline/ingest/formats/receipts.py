"""A deposited file is known by its bytes: SHA-256, size, and whether the end of the file was ever written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import DepositError
from pipeline.ingest.formats.known import Known, known_formats
from pipeline.ingest.formats.signatures import HEAD_BYTES, check_format
from pipeline.options import known_options

TAIL_BYTES = 4096
ZERO_TAIL = 64
"""No complete file of these formats ends in so many NUL bytes, unless its last rows hold nothing but zeros."""


@dataclass(frozen=True)
class FileFacts:
    """What the bytes of a file say before it is parsed."""

    sha256: str
    size: int
    head: bytes
    zero_tail: int
    changed: tuple[int, int]

    def proof(self) -> str:
        """Bytes and hash in words, for messages: which file was it that could not be read."""
        return f"{self.size:,} bytes, SHA-256 {self.sha256}"


def examine(path: Path, declared: str, known: Sequence[Known]) -> FileFacts:
    """The facts of a file's bytes, read once, in a stream.

    Raises ``DepositError`` if the file is missing, empty, of another format than declared or zero-filled.
    """
    facts = _read_facts(path)
    if facts.size == 0:
        raise DepositError("the file is empty (zero bytes)", where=path.name, todo="Ask for the file again.")
    form = check_format(facts.head, declared, path.name, known)
    if facts.zero_tail >= ZERO_TAIL and not (form.may_end_in_zeros and is_uncompressed(facts.head)):
        raise zero_filled(facts, path.name)
    return facts


@known_options
def receipt(path: Path, format: str) -> dict[str, str | int]:
    """The receipt of one deposited file: ``file``, ``format``, ``sha256``, ``bytes``. Nothing is parsed.

    Raises ``DepositError`` as ``examine`` does.
    """
    facts = examine(path, format, known_formats())
    return {"file": path.name, "format": format, "sha256": facts.sha256, "bytes": facts.size}


@known_options
def check_receipt(
    receipt: Mapping[str, str | int], *, sha256: str | None = None, rows: int | None = None, columns: int | None = None
) -> None:
    """Raise ``DepositError`` unless a file is the one that was confirmed; what is None was not confirmed."""
    where = str(receipt["file"])
    if sha256 is not None and receipt["sha256"] != sha256:
        raise DepositError(
            f"this is not the file that was confirmed: its SHA-256 is {receipt['sha256']}, declared is {sha256}",
            where=where,
            todo="If it is a corrected delivery, accept it as a new version; if not, copy the file again.",
        )
    for name, expected in (("rows", rows), ("columns", columns)):
        if expected is not None and receipt[name] != expected:
            raise DepositError(
                f"the file has {receipt[name]:,} {name}, declared are {expected:,}",
                where=where,
                todo=f"Ask the sender, or correct `{name}` in the wave's declaration and say why.",
            )


def proof(path: Path) -> str:
    """``FileFacts.proof`` of a file about which nothing else is known yet."""
    return _read_facts(path).proof()


def truncated(facts: FileFacts, where: str, reader_says: str = "") -> DepositError:
    said = f"; the reader says: {reader_says}" if reader_says else ""
    return DepositError(
        f"the file is not complete ({facts.proof()}{said})",
        where=where,
        todo="It was cut off in copying; copy it again and compare the SHA-256 with the sender's.",
    )


def zero_filled(facts: FileFacts, where: str) -> DepositError:
    return DepositError(
        f"the end of the file was never written: it ends in {_at_least(facts.zero_tail)} zero bytes ({facts.proof()})",
        where=where,
        todo="The copy stopped half way; copy the file again and compare the SHA-256 with the sender's.",
    )


def is_uncompressed(head: bytes) -> bool:
    """Whether rows lie in the file as they are: .dta always, .sav unless its header says otherwise."""
    if not head.startswith(b"$FL2"):
        return True
    return head[72:76] in (b"\x00\x00\x00\x00", b"")


def ensure_unchanged(path: Path, facts: FileFacts) -> None:
    """Raise ``DepositError`` if the file was written to while it was being read."""
    if _stamp(path.stat()) != facts.changed:
        raise DepositError(
            "the file changed while it was being read", where=path.name, todo="Wait until it is copied, then try again."
        )


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _read_facts(path: Path) -> FileFacts:
    try:
        with path.open("rb") as file:
            changed = _stamp(os.fstat(file.fileno()))
            head = file.read(HEAD_BYTES)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            return FileFacts(sha256, size, head, _zeros_at_the_end(file, size), changed)
    except FileNotFoundError:
        raise DepositError("there is no such file", where=path.name, todo="Check the deposits folder.") from None
    except IsADirectoryError:
        raise DepositError("this is a folder, not a file", where=path.name) from None
    except OSError as error:
        raise DepositError(f"the file cannot be opened ({error.strerror})", where=path.name) from None


def _zeros_at_the_end(file: BinaryIO, size: int) -> int:
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read()
    return len(tail) - len(tail.rstrip(b"\x00"))


def _at_least(zeros: int) -> str:
    return f"{zeros:,}" if zeros < TAIL_BYTES else f"at least {zeros:,}"
