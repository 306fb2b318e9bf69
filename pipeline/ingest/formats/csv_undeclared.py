"""CSV files of which nothing is declared: how they may be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from pipeline.ingest.formats.encodings import clean_encodings
from pipeline.ingest.formats.modules import Way

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
ENCODINGS = ("utf-8", "utf-16", "windows-1252")


def ways(head: bytes) -> Iterator[Way]:
    """Every encoding with every delimiter and decimal mark; the layout of Qualtrics where its ImportIds are seen."""
    is_qualtrics = b"ImportId" in head.replace(b"\x00", b"")
    encodings = dict.fromkeys([*ENCODINGS[:-1], *clean_encodings(head), ENCODINGS[-1]])
    for encoding, (delimiter, called), decimal in product(encodings, DELIMITERS.items(), ".,"):
        if delimiter == decimal:
            continue
        keys = {"encoding": encoding, "delimiter": delimiter}
        notes = [f"It reads as {encoding} text, separated by {called}; check that accents and numbers are right."]
        if decimal == ",":
            keys["decimal"] = decimal
        if is_qualtrics:
            keys["layout"] = "qualtrics"
            notes.append("Its third row holds Qualtrics' ImportIds: columns are named by these.")
        yield Way(keys, tuple(notes))
