"""The texts that a search looks for, in every form in which they may be written down."""

from __future__ import annotations

import contextlib
import html
import json
import mmap
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

import polars as pl

from pipeline.ingest.formats.numbers import code_texts

_LONG = 33
"""A text this long (a pseudonym) is not part of another by chance."""
_TAGS = re.compile(rb"<[^<>]*>")
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "windows-1252", "mac_roman", "cp850")
Bytes = bytes | mmap.mmap


def is_distinctive(text: str) -> bool:
    """Whether an id is long enough to mean the person wherever it stands; a short one or a number may mean anything."""
    if text.isdigit():
        return len(text) >= 8
    has_both = any(letter.isdigit() for letter in text) and any(letter.isalpha() for letter in text)
    return len(text) >= (5 if has_both else 8)


@dataclass(frozen=True)
class Needles:
    """An id with its pseudonym, to be found in bytes, in text and in tables.

    A short text counts where no letter or digit is next to it: id 101 is not in 1010, nor P1 in XP1; a long one where
    no other digit continues it. Nor does it count within one of ``others``: ids of other people of which it is a part
    (12 in 12-1). A number counts where it is a whole cell of one of ``id_columns``, or with ``any_number`` of any
    column.
    """

    texts: frozenset[str]
    id_columns: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    any_number: bool = False

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[bytes]]:
        others = [form for other in _longest_first(self.others) for form in _in_encodings(other)]
        return {text: re.compile(_either(others, _in_encodings(text), b"|", b"(%s)")) for text in self.texts}

    @cached_property
    def _plain(self) -> dict[str, list[bytes]]:
        """Each text as bytes: where none of these is, the slow patterns need not look."""
        return {text: sorted({form for _, form in _encoded(text)}) for text in self.texts}

    @cached_property
    def _words(self) -> dict[str, re.Pattern[str]]:
        others = [_bounded(form, other) for other in _longest_first(self.others) for form in sorted(_written(other))]
        return {
            text: re.compile(
                "|".join([*others, f"({'|'.join(_bounded(form, text) for form in sorted(_written(text)))})"])
            )
            for text in self.texts
        }

    def in_bytes(self, data: Bytes) -> set[str]:
        """The texts in a stretch of bytes, in any of the usual encodings."""
        return {
            text
            for text, pattern in self._patterns.items()
            if any(data.find(form) >= 0 for form in self._plain[text]) and _any_found(pattern.finditer(data))
        }

    def in_markup(self, data: bytes) -> set[str]:
        """The same in XML or HTML, also where a text is broken by tags (a workbook's cell in several styles)."""
        return self.in_bytes(data) | self.in_bytes(_TAGS.sub(b"", data)) | self.in_bytes(_TAGS.sub(b" ", data))

    def in_text(self, text: str) -> set[str]:
        """The texts in a name."""
        return {wanted for wanted, pattern in self._words.items() if _any_found(pattern.finditer(text))}

    def in_frame(self, frame: pl.DataFrame) -> set[str]:
        """The texts in a table: names of columns, cells of text, and whole numbers in columns of ids."""
        found = {text for name in frame.columns for text in self.in_text(name)}
        return found.union(*(self.in_column(column) for column in frame.iter_columns()))

    def in_column(self, column: pl.Series) -> set[str]:
        """The texts in one column."""
        if not column.dtype.is_numeric():
            return self.in_text("\n".join(_as_text(column).unique().drop_nulls()))
        if self.any_number or column.name in self.id_columns:
            return set(self.texts.intersection(code_texts(column).drop_nulls()))
        return set()


def _any_found(matches: Iterator[re.Match[bytes]] | Iterator[re.Match[str]]) -> bool:
    return any(match.group(1) is not None for match in matches)


def _either(others: list[bytes], forms: list[bytes], bar: bytes, group: bytes) -> bytes:
    return bar.join([*others, group % bar.join(forms)])


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=lambda text: (-len(text), text))


def _written(text: str) -> set[str]:
    """A text as it is, and as JSON, HTML and web addresses write it."""
    return {text, json.dumps(text)[1:-1], html.escape(text), quote(text)}


def _encoded(text: str) -> Iterator[tuple[str, bytes]]:
    """Encoding and bytes of every form of a text, in every encoding that has its letters."""
    for form in sorted(_written(text)):
        for encoding in _ENCODINGS:
            with contextlib.suppress(UnicodeEncodeError):
                yield encoding, form.encode(encoding)


def _in_encodings(text: str) -> list[bytes]:
    forms: dict[bytes, None] = {}
    before, after = (f"[{kind}]".encode() if kind else b"" for kind in _no_part_of(text))
    for encoding, plain in _encoded(text):
        start, end = _EDGES.get(encoding, (b"(?<!%s)", b"(?!%s)"))
        forms[(before and start % before) + re.escape(plain) + (after and end % after)] = None
    return list(forms)


_EDGES = {"utf-16-le": (b"(?<!%s\x00)", b"(?!%s)"), "utf-16-be": (b"(?<!%s)", b"(?!\x00%s)")}


def _no_part_of(text: str) -> tuple[str, str]:
    """The letters that may not stand before and after a text, so that it is no part of another word or number.

    A long id counts wherever it stands: letters before it are those of a file, not of another id (which ``others``
    says). A digit beside a digit makes another number.
    """
    if len(text) >= _LONG:
        return "", ""
    if is_distinctive(text):
        return ("0-9" if text[0].isdigit() else "", "0-9" if text[-1].isdigit() else "")
    return "0-9A-Za-z", "0-9A-Za-z"


def _bounded(form: str, text: str) -> str:
    before, after = _no_part_of(text)
    return (f"(?<![{before}])" if before else "") + re.escape(form) + (f"(?![{after}])" if after else "")


def _as_text(column: pl.Series) -> pl.Series:
    if column.dtype.is_nested():
        return column.to_frame().select(pl.struct(pl.all()).struct.json_encode()).to_series()
    if column.dtype == pl.Binary:
        return pl.Series(column.name, [cell and cell.decode("latin-1") for cell in column], dtype=pl.String)
    return column.cast(pl.String)
