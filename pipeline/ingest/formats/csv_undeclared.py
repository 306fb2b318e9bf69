"""CSV files of which nothing is declared: how they may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.errors import DepositError
from pipeline.ingest.formats.csv_structure import MOST_BELOW, later_header, structure
from pipeline.ingest.formats.encodings import clean_encodings
from pipeline.ingest.formats.modules import MOST_OF_A_HEAD, Way

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
ENCODINGS = ("utf-8", "utf-16", "windows-1252")


def ways(head: bytes) -> Iterator[Way]:
    """Every encoding with every delimiter and decimal mark; the layout of Qualtrics where its ImportIds are seen.

    A delimiter by which all lines have the same fields comes first: decimal commas would else part lines below a header
    that seems to be a title.
    """
    is_qualtrics = b"ImportId" in head.replace(b"\x00", b"")
    encodings = dict.fromkeys([*ENCODINGS[:-1], *clean_encodings(head), ENCODINGS[-1]])
    for encoding in encodings:
        around = {delimiter: _around(head, encoding, delimiter) for delimiter in DELIMITERS}
        for delimiter in sorted(DELIMITERS, key=lambda one: around[one] != {}):
            for decimal in (mark for mark in ".," if mark != delimiter):
                yield _way(encoding, delimiter, decimal, around[delimiter] or {}, is_qualtrics=is_qualtrics)


def _way(encoding: str, delimiter: str, decimal: str, around: Mapping[str, str | int], *, is_qualtrics: bool) -> Way:
    keys = {"encoding": encoding, "delimiter": delimiter, **around}
    notes = [
        f"It reads as {encoding} text, separated by {DELIMITERS[delimiter]}; check that accents and numbers are right."
    ]
    if len(keys) > 2:
        notes.append("ATTENTION: lines above or below the table are left out by `header_row` and `footer_rows`.")
    if decimal == ",":
        keys["decimal"] = decimal
    if is_qualtrics:
        keys["layout"] = "qualtrics"
        notes.append("Its third row holds Qualtrics' ImportIds: columns are named by these.")
    return Way(keys, tuple(notes))


def _around(head: bytes, encoding: str, delimiter: str) -> dict[str, str | int] | None:
    """How many lines above the table and below it have other fields, as keys; None where no table is seen."""
    is_whole = len(head) < MOST_OF_A_HEAD
    try:
        text = head.decode(encoding, "strict" if is_whole else "ignore").encode().removeprefix(b"\xef\xbb\xbf")
        found = structure(text if is_whole else text[: text.rfind(b"\n") + 1], delimiter, "")
    except (DepositError, UnicodeError):
        return None
    if found.fields.size < 3:
        return None
    usual = int(np.bincount(found.fields).argmax())
    last = int(np.flatnonzero(found.fields == usual)[-1]) + 1
    above = later_header(found.without_last(found.fields.size - last, 1), 0)
    while last < found.fields.size and found.starts[last] == found.ends[last]:
        last += 1
    below = found.fields.size - last
    keys: dict[str, str | int] = {"header_row": above + 1} if above else {}
    is_table = usual > 1 and is_whole and 0 < below <= MOST_BELOW
    if is_table:
        keys["footer_rows"] = below
    is_even = usual > 1 and bool((found.fields == usual).all())
    return keys if keys or is_even else None
