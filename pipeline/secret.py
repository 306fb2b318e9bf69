"""Secrets: passwords, tokens and addresses that hold one; from the environment or from a file of their owner's alone.

A secret called ``smtp_password`` is the value of ``COHESION_SMTP_PASSWORD``, or the one line of the file that
``COHESION_SMTP_PASSWORD_FILE`` names. It is held as pydantic's ``SecretStr``, which prints as asterisks;
``get_secret_value()`` is called where it is used and nowhere else. It is never a setting in a file of the project.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, urlsplit

from pydantic import SecretStr

from pipeline.errors import CohesionError, one_line

PREFIX, FILE = "COHESION_", "_FILE"
LONGEST = 8192
"""Bytes: a longer file is something else than a password, a token or an address."""
HIDDEN = "(hidden)"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def read_secret(name: str) -> SecretStr | None:
    """The secret called ``name`` (lower case: ``smtp_password``); ``None`` where none was given.

    Raises ``CohesionError``, which never holds the value, if it was given twice, is empty or more than one line, or if
    its file is missing or may be read or written by others than its owner.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a secret is lower-case words, joined by underscores")
    variable = f"{PREFIX}{name.upper()}"
    value, file = os.environ.get(variable), os.environ.get(variable + FILE)
    if value is not None and file is not None:
        raise CohesionError(
            f"is given, and {variable + FILE} as well", where=variable, todo="Set one of the two in the environment."
        )
    if file is not None:
        if not Path(file).is_absolute():
            raise CohesionError(
                "is not a whole path",
                where=variable + FILE,
                todo="Begin it with /: commands run in other folders, too.",
            )
        return read_secret_file(Path(file), variable + FILE)
    return None if value is None else _checked(value, variable)


def need_secret(name: str, why: str) -> SecretStr:
    """The secret called ``name``; ``why`` says, as the end of a sentence, what needs it.

    Raises ``CohesionError`` as ``read_secret`` does, and where none was given.
    """
    found = read_secret(name)
    if found is None:
        variable = f"{PREFIX}{name.upper()}"
        raise CohesionError(
            f"is not set, and {why} needs it",
            where=variable,
            todo=f"Set it in the environment, or let {variable + FILE} name a file with mode 0600 that holds it.",
        )
    return found


def read_secret_file(path: Path, named_by: str = "") -> SecretStr:
    """The one line of a file that its owner alone may read; the owner is this account or root.

    Raises ``CohesionError``, which never holds the value.
    """
    where = f"{named_by} ({one_line(path.name)})" if named_by else one_line(path.name)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe without a writer would wait
    except OSError as error:
        raise CohesionError(f"the file of a secret cannot be read ({error.strerror})", where=where) from None
    try:
        _refuse_open_to_others(os.fstat(descriptor), path, where)
        content = b""
        while len(content) <= LONGEST and (more := os.read(descriptor, LONGEST + 1)):
            content += more
    finally:
        os.close(descriptor)
    if len(content) > LONGEST:
        raise CohesionError(f"holds more than {LONGEST:,} bytes, which is no secret", where=where)
    try:
        return _checked(content.decode("utf-8"), where)
    except UnicodeDecodeError:
        raise CohesionError("holds something else than text in UTF-8", where=where) from None


def _refuse_open_to_others(state: os.stat_result, path: Path, where: str) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise CohesionError("is not a file", where=where, todo="Name a file that holds the secret, and nothing else.")
    if os.name != "posix":
        return
    mode = stat.S_IMODE(state.st_mode)
    if mode & 0o077:
        raise CohesionError(
            f"others than its owner may read or write the file of a secret (mode {mode:04o})",
            where=where,
            todo=f"Run: chmod 600 {one_line(path.name)}; then change the secret, since it may have been read.",
        )
    if state.st_uid not in (os.geteuid(), 0):
        raise CohesionError(
            "the file of a secret belongs to another account",
            where=where,
            todo="Give it to the account that runs this command.",
        )


def _checked(text: str, where: str) -> SecretStr:
    value = text.removesuffix("\n").removesuffix("\r")
    if not value.strip():
        raise CohesionError("is empty", where=where, todo="A secret is one line of text.")
    if not value.isprintable() or value != value.strip():
        raise CohesionError(
            "is not one line of text: it holds a line break, a control character, or blanks at an end",
            where=where,
        )
    return SecretStr(value)


def redact(text: str, *secrets: SecretStr | None) -> str:
    """The text with each secret hidden: as it is, as it stands in an address, in base64, and the password inside an
    address that is itself the secret.

    >>> redact("cannot open postgresql://panel:pa%2Fss@db/books", SecretStr("postgresql://panel:pa%2Fss@db/books"))
    'cannot open (hidden)'
    """
    forms = {form for secret in secrets if secret is not None for form in _forms(secret.get_secret_value())}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def _forms(value: str) -> Iterator[str]:
    for part in filter(None, (value, *_passwords(value))):
        encoded = base64.b64encode(part.encode()).decode()
        yield from (part, unquote(part), quote(part), quote(part, safe=""), quote_plus(part), repr(part)[1:-1], encoded)


def _passwords(value: str) -> list[str]:
    try:
        parts = urlsplit(value)
        return [parts.password or "", f"{parts.username or ''}:{parts.password}" if parts.password else ""]
    except ValueError:
        return []


@contextlib.contextmanager
def redacting(where: str, *secrets: SecretStr | None) -> Iterator[None]:
    """What fails inside becomes a ``CohesionError`` about ``where`` without the secrets, whatever a library printed."""
    try:
        yield
    except Exception as error:
        said = error.what if isinstance(error, CohesionError) else f"{type(error).__name__}: {error}"
        todo = error.todo if isinstance(error, CohesionError) else ""
        raise CohesionError(
            redact(one_line(said.strip()), *secrets), where=where, todo=redact(todo, *secrets)
        ) from None
