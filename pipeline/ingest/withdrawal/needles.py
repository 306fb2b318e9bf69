"""The texts that a search looks for, in every form in which they may be written down."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

import polars as pl

from pipeline.ingest.formats.numbers import code_texts

_LONG = 16
"""A text this long is not part of another by chance."""
_OVERLAP = 512
_TAGS = re.compile(rb"<[^<>]*>")


@dataclass(frozen=True)
class Needles:
    """An id with its pseudonym, to be found in bytes, in text and in tables.

    A short text that begins or ends in a digit counts only where no other digit is next to it: id 101 is not in
    1010. A number counts where it is a whole cell of one of ``id_columns``.
    """

    texts: frozenset[str]
    id_columns: frozenset[str] = frozenset()

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[bytes]]:
        return {text: re.compile(b"|".join(_in_encodings(text))) for text in self.texts}

    @cached_property
    def _words(self) -> dict[str, str]:
        return {text: "|".join(_bounded(form) for form in sorted(_written(text))) for text in self.texts}

    def in_bytes(self, data: bytes) -> set[str]:
        """The texts in a stretch of bytes, in UTF-8 or UTF-16."""
        return {text for text, pattern in self._patterns.items() if pattern.search(data)}

    def in_chunks(self, chunks: Iterable[bytes]) -> set[str]:
        """The same in a stream, also where a text lies across two chunks."""
        found: set[str] = set()
        before = b""
        for chunk in chunks:
            window = before + chunk
            found |= self.in_bytes(window)
            before = window[-_OVERLAP:]
        return found

    def in_markup(self, data: bytes) -> set[str]:
        """The same in XML or HTML, also where a text is broken by tags (a workbook's cell in several styles)."""
        return self.in_bytes(data) | self.in_bytes(_TAGS.sub(b"", data))

    def in_text(self, text: str) -> set[str]:
        """The texts in a name."""
        return {wanted for wanted, pattern in self._words.items() if re.search(pattern, text)}

    def in_frame(self, frame: pl.DataFrame) -> set[str]:
        """The texts in a table: names of columns, cells of text, and whole numbers in columns of ids."""
        found = {text for name in frame.columns for text in self.in_text(name)}
        for column in frame.iter_columns():
            if column.dtype.is_numeric():
                if column.name in self.id_columns:
                    found |= self.texts.intersection(code_texts(column).drop_nulls())
            else:
                cells = "\n".join(_as_text(column).unique().drop_nulls())
                found |= {text for text, pattern in self._words.items() if re.search(pattern, cells)}
        return found


def _written(text: str) -> set[str]:
    """A text as it is, and as JSON, HTML and web addresses write it."""
    return {text, json.dumps(text)[1:-1], html.escape(text), quote(text)}


def _in_encodings(text: str) -> list[bytes]:
    forms = []
    for form in sorted(_written(text)):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            plain = re.escape(form.encode(encoding))
            forms.append(_bounded_bytes(form, plain, encoding))
    return forms


def _bounded_bytes(form: str, plain: bytes, encoding: str) -> bytes:
    if len(form) >= _LONG:
        return plain
    digit = {"utf-8": b"[0-9]", "utf-16-le": b"[0-9]\x00", "utf-16-be": b"\x00[0-9]"}[encoding]
    before = b"(?<!" + digit + b")" if form[0].isdigit() else b""
    after = b"(?!" + digit + b")" if form[-1].isdigit() else b""
    return before + plain + after


def _bounded(form: str) -> str:
    plain = re.escape(form)
    if len(form) >= _LONG:
        return plain
    before = r"(?<![0-9])" if form[0].isdigit() else ""
    return before + plain + (r"(?![0-9])" if form[-1].isdigit() else "")


def _as_text(column: pl.Series) -> pl.Series:
    if column.dtype.is_nested():
        return column.to_frame().select(pl.struct(pl.all()).struct.json_encode()).to_series()
    if column.dtype == pl.Binary:
        return pl.Series(column.name, [cell and cell.decode("latin-1") for cell in column], dtype=pl.String)
    return column.cast(pl.String)
