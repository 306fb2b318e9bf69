"""Which encodings a text reads clean in: without a wrong byte, and with letters and signs as people write them."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable

CANDIDATES = (
    *("windows-1252", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "macintosh", "cp850", "cp437"),
    *("shift_jis", "gb18030", "big5", "euc_kr"),
)
"""By names that Python and iconv, which reads SPSS and Stata files, both know; the most usual first."""

_USUAL_LETTERS = frozenset("äöüßéèêëáàâãåæçñíìîïóòôõøúùûýÿœÄÖÜÉÈÁÀÂÅÆÇÑÍÓØÚŒ")
_USUAL_SIGNS = frozenset("\u00a0‘’‚“”„–—…€£°§«»¿¡·•½¼¾²³©®™ªº´×")
_NEVER_AFTER_LETTERS = frozenset("½¼¾¿¡")
_ENOUGH = 200_000
_ALL_FOREIGN = re.compile(r"(?<!\w)[^\W\d_a-zA-Z]{4,}(?!\w)")
"""A word without any plain letter: in Latin letters there is none."""


def clean_encodings(data: bytes) -> list[str]:
    """The encodings in which bytes read clean, the best first; empty where they are ASCII, or clean in none."""
    pieces = b"\n".join(line for line in data.splitlines() if not line.isascii())[:_ENOUGH]
    if not pieces:
        return []
    if _decoded(pieces, "utf-8") is not None:
        return ["utf-8"]
    found = []
    for name in CANDIDATES:
        text = _decoded(pieces, name)
        if text is not None and is_clean(text):
            signs = [sign for sign in text if not sign.isascii()]
            usual = sum(sign in _USUAL_LETTERS or sign in _USUAL_SIGNS for sign in signs)
            found.append((-usual / max(len(signs), 1), name))
    return [name for _, name in sorted(found, key=lambda pair: pair[0])]


def is_clean(text: str) -> bool:
    """Whether every sign beyond ASCII is a letter in a word of its own script, or a sign that is usual in texts."""
    if _ALL_FOREIGN.search(text) and any(_script(word[0]) == "LATIN" for word in _ALL_FOREIGN.findall(text)):
        return False
    before = " "
    for sign in text:
        if sign in _NEVER_AFTER_LETTERS and before.isalpha():
            return False
        if not sign.isascii() and sign not in _USUAL_SIGNS and not _fits(sign, before):
            return False
        if sign.isascii() and sign.isalpha() and before.isalpha() and _script(before) != "LATIN":
            return False
        before = sign
    return True


def _fits(sign: str, before: str) -> bool:
    """Whether a letter may stand behind the sign before it: of one script, and no capital within a word."""
    if unicodedata.category(sign) not in ("Lu", "Ll", "Lo", "Lt"):
        return False
    if not before.isalpha():
        return True
    same = _script(sign) == _script(before) or "Lo" in (unicodedata.category(sign), unicodedata.category(before))
    return same and not (sign.isupper() and before.islower())


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0]


def wrong_encoding(texts: Iterable[str], encoding: str) -> list[str]:
    """What texts that were read as ``encoding`` read clean in, if not in that; empty where nothing speaks against it.

    They are UTF-8 if their bytes are: hardly any text in another encoding could be. Control characters from 128 to 159
    are in no text: it is Windows' encoding, not Latin-1.
    """
    foreign = [text for text in texts if not text.isascii()]
    if not foreign or _is_utf8(encoding):
        return []
    try:
        data = b"\n".join(text.encode(encoding) for text in foreign)
    except (UnicodeEncodeError, LookupError):
        return []
    clean = clean_encodings(data)
    has_controls = any("\x80" <= sign <= "\x9f" for text in foreign for sign in text)
    return clean if clean and (clean[0] == "utf-8" or has_controls) else []


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


def named(encodings: list[str]) -> tuple[str, str]:
    """Encodings in words, for a message, and what to declare."""
    listed = " or ".join(f"`{name}`" for name in encodings[:3])
    compare = "; where several do, compare the accents" if len(encodings) > 1 else ""
    return f"it reads clean as {listed}{compare}", f"Declare `encoding: {encodings[0]}` for the file."


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
