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
    (b"RDX", "an R workspace (.RData)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"{\\rtf", "a text document (.rtf)"),
    (b"\x89HDF", "an HDF5 file"),
    (b"MATLAB ", "a MATLAB file"),
    (b"OBJ", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"\x1f\x8b", "a gzip archive, perhaps an R file (.rds, .RData)"),
    (b"\xfd7zXZ", "an xz archive, perhaps an R file (.rds, .RData)"),
    (b"BZh", "a bzip2 archive, perhaps an R file (.rds, .RData)"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"Rar!", "a rar archive"),
    (b"\xff\xd8\xff", "a JPEG picture"),
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
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:15].lower().startswith((b"<!doctype html", b"<html")):
        return HTML
    return next((words for pattern, words in _TEXTS if re.match(pattern, start)), "csv")


_TEXTS = (
    (rb"<\?xml\s", "XML text"),
    (rb"<table\b|<meta\b", HTML),
    (rb'\{\s*"[^"]*"\s*:|\[\s*(?:\{\s*"|\[)', "JSON text"),
    (
        rb"(?i)(?:GET DATA|DATA LIST|GET FILE|PROC |LIBNAME |INFILE )",
        "a syntax file of SPSS or SAS, which holds no data",
    ),
)
"""Texts that are no tables."""


def check_readable(head: bytes, where: str, known: Sequence[Known]) -> None:
    """Raise ``DepositError``, which says what a file is, for first bytes that no reader here can make anything of."""
    found = looks_like(head, known)
    if found == ENCRYPTED:
        raise _encrypted(where)
    if not any(one.name == found or _may_be_text(found, one) for one in known):
        suffixes = ", ".join(one.suffix for one in known)
        raise DepositError(
            f"the file cannot be read: its first bytes look like {found}",
            where=where,
            todo=f"Ask for it as one of {suffixes}.",
        )


def _encrypted(where: str) -> DepositError:
    return DepositError(
        "the file is encrypted with a password",
        where=where,
        todo="Open it in SPSS and save it again without a password, then deposit that file.",
    )


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
        raise _encrypted(where)
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
