"""CSV files of which nothing is declared: their cells, their records but for some, and how they may be declared."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import polars as pl

from pipeline.ingest.formats.encodings import clean_encodings
from pipeline.ingest.formats.modules import Way

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
ENCODINGS = ("utf-8", "utf-16", "windows-1252")


def cells(path: Path) -> pl.DataFrame:
    """One row per record, headers included, one column per field, all as text; null where a record is shorter."""
    text, _ = _decoded(path)
    records = [record for record, _ in _records(text)]
    width = max(map(len, records), default=0)
    padded = [[*record, *[None] * (width - len(record))] for record in records]
    return pl.DataFrame(padded, schema=[(f"cell_{place}", pl.String) for place in range(width)], orient="row")


def write_without(path: Path, draft: Path, kept: pl.Series) -> None:
    """Write whole records, as a CSV reader sees them; every other byte stays as it is."""
    text, encoding = _decoded(path)
    lines = [record_lines for (_, record_lines), stays in zip(_records(text), kept, strict=True) if stays]
    draft.write_bytes("".join(lines).encode(encoding))


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


def _records(text: str) -> Iterator[tuple[list[str], str]]:
    """Each record: its fields, and the lines it stands in."""
    lines = io.StringIO(text, newline="").readlines()
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader, start = csv.reader(lines, delimiter=delimiter), 0
    for record in reader:
        yield record, "".join(lines[start : reader.line_num])
        start = reader.line_num


def _decoded(path: Path) -> tuple[str, str]:
    data = path.read_bytes()
    encoding = next(name for name in ENCODINGS if _decodes(data, name))
    return data.decode(encoding), encoding


def _decodes(data: bytes, encoding: str) -> bool:
    if encoding == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
