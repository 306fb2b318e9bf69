"""The audit log: who accepted, decided, withdrew, signed, exported, bundled, and when; a record for staff.

One file, one line of JSON an entry. Each line holds the SHA-256 of the line before it, so that a line that was edited,
removed or put in later is found; the hash of the last line lies beside the file, so that lines removed at its end are
found as well. Whoever may write both files can write both anew: keep the last hash elsewhere from time to time, and
``read_audit`` says whether it is still in the log. No entry names a participant.
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import CohesionError, one_line
from pipeline.files import write_bytes
from pipeline.paths import Paths

START = "0" * 64
"""Stands in the first line for the hash of the line before it."""
LONGEST = 500
"""Longer texts in an entry are refused: a log holds facts, not documents."""
USER_VARIABLE = "COHESION_USER"
Detail = str | int | bool
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Entry:
    """One line of the log: ``time`` in UTC, ``who`` and how that is known, what was done to what."""

    time: str
    who: str
    known_by: str
    action: str
    about: str
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True)
class Audit:
    """The log as it was read: its entries in order, what is wrong with it, and the hash of its last line."""

    entries: Sequence[Entry]
    problems: Sequence[str]
    notes: Sequence[str]
    last: str


def user() -> tuple[str, str]:
    """Who is at work, and how that is known: ``COHESION_USER``, or else the account of the operating system."""
    named = " ".join(os.environ.get(USER_VARIABLE, "").split())
    if named:
        return named, USER_VARIABLE
    try:
        return getpass.getuser(), "account"
    except (KeyError, OSError):  # an account without a name, as in some containers
        return f"account {os.getuid()}" if hasattr(os, "getuid") else "unknown", "account"


def note(
    paths: Paths,
    action: str,
    about: str,
    details: Mapping[str, Detail] | None = None,
    *,
    who: tuple[str, str] | None = None,
) -> Entry:
    """Append one entry to the log and return it; it is on disk when this returns.

    ``action`` is a verb in lower case (``accept``, ``withdraw``, ``sign``); ``about`` what it was done to (``elsoc
    w06``); ``details`` single facts by name, never a participant's id or answer; ``who`` a name and how it is known,
    if not ``user()``. Processes that note at the same time wait for each other. Raises ``CohesionError`` for an entry
    that is no such thing, and if the log cannot be written.
    """
    name, known_by = who or user()
    facts = dict(details or {})
    _refuse(action, about, name, facts)
    time = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    made = Entry(
        time, one_line(name), known_by, action, one_line(about), {key: _fit(value) for key, value in facts.items()}
    )
    try:
        _append(paths, made)
    except OSError as error:
        raise CohesionError(
            f"the audit log cannot be written ({error.strerror}), so that `{action}` of {one_line(about)} is not in it",
            where=paths.audit.as_posix(),
            todo="Give this account the right to write there, or free some space.",
        ) from None
    return made


def read_audit(paths: Paths, noted: str = "") -> Audit:
    """The log and whether it is whole: each problem in words, with its line.

    ``noted`` is the hash of a line as it was printed earlier, or its beginning of twelve or more characters: a log that
    has no such line any more is not the one it was. Raises ``CohesionError`` if it cannot be read.
    """
    if noted and not re.fullmatch(r"[0-9a-f]{12,64}", noted):
        raise CohesionError("this is not the hash of a line", todo="Give twelve or more of its digits (0-9, a-f).")
    content = _read(paths.audit)
    lines = content.split(b"\n")
    torn = lines.pop()  # nothing, if the last line is whole
    notes = [f"line {len(lines) + 1} was not written to its end"] if torn else []
    entries, problems, hashes = [], [], [START]
    for number, line in enumerate([*lines, *([torn] if torn else [])], 1):
        found = _parsed(line)
        if found is None and number <= len(lines):
            notes.append(f"line {number} was not written to its end, or cannot be read")
        if found is not None:
            entry, before = found
            if before != hashes[-1]:
                problems.append(_broken(number, before in hashes))
            entries.append(entry)
        hashes.append(_hash(line))
    problems += _lost(paths, hashes, noted)
    return Audit(entries, problems, notes, hashes[-1])


def _broken(number: int, is_earlier: bool) -> str:
    before = f"line {number - 1}" if number > 1 else "the beginning"
    if is_earlier:
        return f"line {number} does not follow {before}: lines were put in or doubled before it"
    return f"line {number} does not follow {before}: a line before it was edited or removed"


def _lost(paths: Paths, hashes: Sequence[str], noted: str) -> list[str]:
    found = []
    last = _read(paths.audit_last).decode("ascii", "replace").strip()
    if last and last not in hashes:
        found.append(f"the last line ({last[:12]}…) was edited, or lines at the end were removed")
    if not last and len(hashes) > 1:
        found.append(f"{paths.audit_last.name}, the hash of the last line, is missing")
    if noted and not any(one.startswith(noted) for one in hashes):
        found.append(f"no line has the hash {noted[:12]}… that was noted: lines up to it were edited or removed")
    return found


def _append(paths: Paths, entry: Entry) -> None:
    from filelock import FileLock

    place = paths.audit
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(str(place.with_name(f".{place.name}.lock"))):
        content = _read(place)
        tail = content[content[:-1].rfind(b"\n") + 1 :]
        mended = b"" if not content or content.endswith(b"\n") else b"\n"
        before = _hash(tail.removesuffix(b"\n")) if content else START
        facts = {**vars(entry), "details": dict(entry.details), "before": before}
        line = json.dumps(facts, ensure_ascii=False).encode()
        descriptor = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            with os.fdopen(descriptor, "ab", closefd=False) as file:
                file.write(mended + line + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        write_bytes(paths.audit_last, f"{_hash(line)}\n".encode(), 0o600)


def _parsed(line: bytes) -> tuple[Entry, str] | None:
    """An entry and the hash that it has of the line before it; None for a line that is none."""
    try:
        facts = json.loads(line)
        before = facts.pop("before")
        return Entry(**facts), str(before)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _refuse(action: str, about: str, who: str, details: Mapping[str, object]) -> None:
    if not _NAME.fullmatch(action) or not about.strip() or not who.strip():
        raise CohesionError("an entry of the audit log names an action in lower case, what it is about, and who did it")
    for name, value in details.items():
        if not _NAME.fullmatch(name) or not isinstance(value, str | int | bool):
            raise CohesionError("holds no single fact: a text, a whole number, or true", where=f"detail `{name}`")
    for text in (about, who, *details.values()):
        if isinstance(text, str) and len(text) > LONGEST:
            raise CohesionError(f"a text of an entry is longer than {LONGEST} characters", where=f"audit of {action}")


def _fit(value: Detail) -> Detail:
    return one_line(value) if isinstance(value, str) else value


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _read(place: Path) -> bytes:
    try:
        return place.read_bytes() if place.exists() else b""
    except OSError as error:
        raise CohesionError(f"cannot be read ({error.strerror})", where=place.as_posix()) from None
