"""Names and labels of files as data in a YAML: quoted where they are values, on one line where they are remarks."""

from __future__ import annotations

import json
import unicodedata

_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that end a line, turn the direction of writing, or that YAML does not allow."""


def quoted(value: object) -> str:
    """A value in double quotes, a number or a truth value as it is: what stands in it is data, whatever it looks like.

    >>> print(quoted("a: #b"), quoted(3))
    "a: #b" 3
    """
    return one_line(json.dumps(value, ensure_ascii=False))


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
