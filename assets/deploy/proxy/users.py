"""The file of the proxy's users: who they are, how their passwords are kept, and what they may do."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CohesionError, one_line

ROLES = ("staff", "partner")
LONGEST = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_SHA512 = re.compile(r"\$6\$(?:rounds=(?P<rounds>[0-9]{1,9})\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}")
_BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53}")
_MOST_ROUNDS, _LEAST_ROUNDS, _MOST_COST = 20_000, 1_000, 9
MAKE = "openssl passwd -6"


@dataclass(frozen=True)
class User:
    """``staff`` may change things, ``partner`` may read."""

    name: str
    role: str


def read_users(path: Path) -> list[User]:
    """The users of a password file as nginx reads it, ``name:hash:role`` a line; nginx leaves the third out.

    Raises ``CohesionError`` with the line, never a hash, for a line that is no such thing, a password that is kept too
    weakly or costs too much to check at each request, two users of one name, and a file that everybody may read.
    """
    found: dict[str, User] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{one_line(path.name)}, line {number}"
        user = _user(line, where)
        if user.name.lower() in found:
            raise CohesionError("has the name of a user before it, but for upper and lower case at most", where=where)
        found[user.name.lower()] = user
    if not found:
        raise CohesionError(
            "names nobody", where=one_line(path.name), todo=f"A user is a line name:hash:role; {MAKE} makes the hash."
        )
    return list(found.values())


def _user(line: str, where: str) -> User:
    parts = line.split(":")
    if len(parts) != 3:
        raise CohesionError("is not name:hash:role", where=where, todo=f"Roles: {', '.join(ROLES)}.")
    name, kept, role = parts
    if not _NAME.fullmatch(name):
        raise CohesionError("the name is not 1 to 64 letters, digits and . _ @ -, a letter or digit first", where=where)
    if role not in ROLES:
        raise CohesionError(f"the role is none of {', '.join(ROLES)}", where=where)
    _refuse_weak(kept, where)
    return User(name, role)


def _refuse_weak(kept: str, where: str) -> None:
    sha512, bcrypt = _SHA512.fullmatch(kept), _BCRYPT.fullmatch(kept)
    if sha512 is None and bcrypt is None:
        raise CohesionError(
            "the password is kept neither as SHA-512 crypt ($6$…) nor as bcrypt ($2y$…)",
            where=where,
            todo=f"Make its hash anew: {MAKE}.",
        )
    rounds = int(sha512["rounds"] or 5000) if sha512 else _LEAST_ROUNDS
    cost = int(bcrypt["cost"]) if bcrypt else 0
    if rounds > _MOST_ROUNDS or cost > _MOST_COST:
        raise CohesionError(
            "checking the password takes too long: nginx checks it at each request, and a page sends hundreds",
            where=where,
            todo=f"Make a long password (openssl rand -base64 18) and its hash: {MAKE}.",
        )
    if rounds < _LEAST_ROUNDS or (bcrypt and cost < 5):
        raise CohesionError(
            "the password is kept with too few rounds", where=where, todo=f"Make its hash anew: {MAKE}."
        )


def _text(path: Path) -> str:
    where = one_line(path.name)
    try:
        if not path.is_file():
            raise CohesionError("there is no such file of users", where=where)
        with path.open("rb") as file:
            mode, content = stat.S_IMODE(os.fstat(file.fileno()).st_mode), file.read(LONGEST + 1)
    except OSError as error:
        raise CohesionError(f"the file of users cannot be read ({error.strerror})", where=where) from None
    if os.name == "posix" and mode & 0o027:
        raise CohesionError(
            f"others may read the file of users, or its group may change it (mode {mode:04o})",
            where=where,
            todo=f"Run: chmod 640 {where}; its group is the one that nginx runs as (Debian: www-data).",
        )
    try:
        if len(content) <= LONGEST:
            return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise CohesionError("is no file of users: it is too large, or not text in UTF-8", where=where)
