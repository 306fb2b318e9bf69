"""Signatures and the register of releases: rows of small CSV files, and what has to hold before something goes out.

A signature is bound to the hash of all files of a release (``digest``): one byte more, and it is void.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TypeVar

from pipeline.errors import PaperError

SIGNERS = 2
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")


@dataclass(frozen=True)
class Signature:
    paper: str
    version: str
    digest: str
    name: str
    role: str
    date: str


@dataclass(frozen=True)
class Release:
    paper: str
    version: str
    digest: str
    date: str
    signed_by: str
    cells_sha256: str


Line = TypeVar("Line", Signature, Release)


def lines_as_csv(lines: Iterable[Line], kind: type[Line]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, [field.name for field in fields(kind)], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _inert(value) for name, value in asdict(line).items()} for line in lines)
    return stream.getvalue().encode()


def lines_of_csv(content: bytes, kind: type[Line]) -> list[Line]:
    """The lines of a file; raises ``PaperError`` if it has other columns."""
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    names = {field.name for field in fields(kind)}
    if any(set(row) != names or None in row.values() for row in rows):
        raise PaperError("the list of releases or signatures was changed by hand", todo="Restore it from git.")
    return [kind(**row) for row in rows]


def _inert(text: str) -> str:
    """Nothing that a spreadsheet would run, and one line."""
    kept = " ".join(text.split())
    return f"\N{RIGHT SINGLE QUOTATION MARK}{kept}" if kept.startswith(("=", "+", "-", "@")) else kept


def manifest(files: Mapping[str, bytes]) -> str:
    """One line ``sha256  name`` for each file, in the order of their names."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))


def digest_of(files: Mapping[str, bytes]) -> str:
    """The hash of all files of a release, their names with them."""
    return hashlib.sha256(manifest(files).encode()).hexdigest()


def checked_version(version: str, paper: str) -> str:
    """The version of a paper, fit for the name of a folder. Raises ``PaperError`` if it is not."""
    if not version:
        raise PaperError(f"the paper `{paper}` has no `version`", todo='Say it in its front matter: version: "1.0"')
    if not VERSION.fullmatch(version) or ".." in version:
        raise PaperError(f"`{version}` is not a version that can name a folder", todo="Write digits and dots: 1.1")
    return version


def person(name: str) -> str:
    """A name as it is compared: two ways to write one person are one person."""
    return " ".join(re.sub(r"[^\w ]", " ", name.casefold()).split())


def signed(signatures: Sequence[Signature], paper: str, version: str, digest: str) -> list[Signature]:
    """The signatures that are valid for these files, one a person."""
    found: dict[str, Signature] = {}
    for one in signatures:
        if (one.paper, one.version, one.digest) == (paper, version, digest):
            found.setdefault(person(one.name), one)
    return list(found.values())


def missing_signatures(signatures: Sequence[Signature], paper: str, version: str, digest: str) -> str:
    """Why a release may not go out yet; empty if enough people have signed just these files."""
    valid = signed(signatures, paper, version, digest)
    if len(valid) >= SIGNERS:
        return ""
    void = [one for one in signatures if (one.paper, one.version) == (paper, version) and one.digest != digest]
    changed = (
        f" {len(void)} signed other files: something has changed since, and their signature is void." if void else ""
    )
    return f"{len(valid)} of {SIGNERS} people have signed these files.{changed}"
