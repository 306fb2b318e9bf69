"""The one error that reaches a person: what is wrong, where, how many, and what to do next."""

from __future__ import annotations

import errno
import unicodedata

PASSING_NAMES = (
    "ENOSPC", "EDQUOT", "EIO", "EBUSY", "EAGAIN", "EINTR", "ETIMEDOUT", "ESTALE", "EHOSTDOWN", "EHOSTUNREACH",
    "ENETDOWN", "ENETUNREACH", "ECONNRESET", "ECONNABORTED", "ECONNREFUSED", "ENOTCONN", "EREMOTEIO", "ENOLINK",
    "ENOLCK", "EDEADLK", "ETXTBSY", "EMFILE", "ENFILE",
)  # fmt: skip
PASSING = frozenset(getattr(errno, name) for name in PASSING_NAMES if hasattr(errno, name))
"""What the system says of a full disk, a file that another program holds, a network share that is away."""
LOCKED_ON_WINDOWS = (32, 33)
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that end a line, turn the direction of writing, or that YAML does not allow."""


class CohesionError(Exception):
    """A mistake in the input, said in one message. Never carries a participant's value or id.

    ``what`` is a sentence; ``where`` names file, variable or code; ``count`` how many rows or answers it
    touches; ``todo`` what to do next.
    """

    def __init__(self, what: str, *, where: str = "", count: int | None = None, todo: str = "") -> None:
        self.what, self.where, self.count, self.todo = what, where, count, todo
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{one_line(self.where)}: " if self.where else ""
        many = f" ({self.count:,})" if self.count is not None else ""
        what = self.what.rstrip()
        is_list = "\n" in what
        todo = f"{chr(10) if is_list else ' '}{self.todo}" if self.todo else ""
        end = "" if (what.endswith("?") or is_list) and not many else "."
        return f"{place}{what}{many}{end}{todo}"


class DeclarationErrors(CohesionError):  # noqa: N818  (there are always several)
    """Every mistake found in the declarations, all at once; ``problems`` holds one message each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(f"{len(problems)} mistakes in the declarations")

    def __str__(self) -> str:
        return "\n".join(self.problems)


class DepositError(CohesionError):
    """A deposited file cannot be loaded as declared."""


class UnconfirmedError(DepositError):
    """A deposited file that can be read, but that nobody has confirmed yet."""


class StorageError(CohesionError):
    """The system would not read or write a file. ``passes``: it may do so later, without anybody having mended it."""

    def __init__(self, what: str, *, where: str = "", todo: str = "", passes: bool = False) -> None:
        super().__init__(what, where=where, todo=todo)
        self.passes = passes


class ModelError(CohesionError):
    """A model cannot be estimated on the data given."""


class PaperError(CohesionError):
    """A paper says what its results do not support, or names a result that does not exist."""


def may_pass(error: OSError) -> bool:
    """Whether the system may do later what it refused now, without anybody having given it a right or put a file back.

    >>> may_pass(OSError(errno.ENOSPC, "full")), may_pass(PermissionError(errno.EACCES, "closed"))
    (True, False)
    """
    return error.errno in PASSING or getattr(error, "winerror", None) in LOCKED_ON_WINDOWS


def one_line(text: str) -> str:
    r"""The text with each character that is not seen, or that ends a line, as its escape.

    >>> print(one_line("note\nnot_asked:"))
    note\nnot_asked:
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(sign) if unicodedata.category(sign) in _ESCAPED else sign for sign in text)


def _escape(sign: str) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    number = ord(sign)
    return known.get(sign, f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}")
