"""What a file is, by its first bytes. The declared format is checked against them; it is never guessed from them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.errors import DepositError
from pipeline.ingest.formats.known import Known

HEAD_BYTES = 512

ENCRYPTED = "an encrypted SPSS file"
UTF16 = "UTF-16 text"
HTML = "a web page (HTML)"
UNKNOWN = "no format known here"
ZEROS = "zero bytes only"

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls) or a password-protected workbook"),
    (b"HEADER RECORD*******", "a SAS transport file (.xpt)"),
    (b"\x00" * 12 + b"\xc2\xea\x81\x60", "a SAS data set (.sas7bdat)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"ARROW1", "an Arrow file"),
    (b"\xff\xfe", UTF16),
    (b"\xfe\xff", UTF16),
)
"""First bytes of files that nothing here reads, or that say more than the format does."""


def looks_like(head: bytes, known: Sequence[Known]) -> str:
    """The format that the first bytes of a file show: the name of one that is known, or words for something else."""
    if b"ENCRYPTEDSAV" in head[:64]:
        return ENCRYPTED
    if b"ASCII SPSS PORT FILE" in head[:200]:
        return "an SPSS portable file (.por)"
    for one in known:
        if one.first_bytes is not None and re.match(one.first_bytes.encode("latin-1"), head, re.DOTALL):
            return one.name
    for signature, found in _OTHERS:
        if head.startswith(signature):
            return found
    return ZEROS if head.strip(b"\x00") == b"" else _kind_of_text(head)


def _kind_of_text(head: bytes) -> str:
    control = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    if control > len(head) * 0.1:
        return UNKNOWN
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower()
    return HTML if start.startswith((b"<!doctype html", b"<html")) else "csv"


def check_format(head: bytes, declared: str, where: str, known: Sequence[Known]) -> Known:
    """The facts of the declared format. Raises ``DepositError`` unless the first bytes of a file fit it."""
    by_name = {one.name: one for one in known}
    if declared not in by_name:
        raise DepositError(
            f"there is no reader for the format `{declared}`", where=where, todo=f"Formats read: {', '.join(by_name)}."
        )
    found = looks_like(head, known)
    if found == declared or _may_be_text(found, by_name[declared]):
        return by_name[declared]
    if found == ENCRYPTED:
        raise DepositError(
            "the file is encrypted with a password",
            where=where,
            todo="Open it in SPSS and save it again without a password, then deposit that file.",
        )
    words = by_name[found].words if found in by_name else found
    raise DepositError(
        f"declared {by_name[declared].suffix}, but the first bytes look like {words}",
        where=where,
        todo=_what_to_do(found, by_name, declared),
    )


def _may_be_text(found: str, declared: Known) -> bool:
    """Whether a declared encoding may explain the bytes: the reader of text judges, with line numbers."""
    return declared.first_bytes is None and found in ("csv", UTF16, UNKNOWN, ZEROS)


def _what_to_do(found: str, by_name: dict[str, Known], declared: str) -> str:
    if found in by_name:
        return f"Declare `format: {found}` for this file if that is what was meant, or ask for the right file."
    return f"Ask for the file again as {by_name[declared].suffix}."
