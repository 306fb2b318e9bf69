"""Cells written into waves.csv: only the rows that change are written again, every other byte stays as it is."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.specs.wave_table import COLUMNS, UNKNOWN, choice, records

Receipt = Mapping[str, object]
Place = tuple[str, int]
"""A wave, and which of the files of its own."""


class WaveTable:
    """waves.csv to be edited, row by row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        data = path.read_bytes()
        self.mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        text = data.decode("utf-8-sig")
        try:
            found = list(records(text))
        except csv.Error:
            found = []
        if not found:
            raise CohesionError("is no table of waves", where=path.name, todo="Save it as CSV (UTF-8), with a header.")
        self.end = "\r\n" if found[0].text.endswith("\r\n") else "\n"
        self.header = found[0].cells
        self.rows = [dict(zip(self.header, record.cells, strict=False)) for record in found[1:]]
        self.texts = {number: record.text for number, record in enumerate(found[1:])}
        self.head: str | None = found[0].text

    def row(self, wave: str) -> dict[str, str]:
        """The cells of a wave, to be changed."""
        number = next((number for number, row in enumerate(self.rows) if row.get("wave") == wave), None)
        if number is None:
            raise CohesionError(f"has no row `{wave}`", where=self.path.name, todo="Add it, and start again.")
        self.texts.pop(number, None)
        return self.rows[number]

    def add(self, cells: Mapping[str, str]) -> None:
        """A further wave; rows stay in the order of their names."""
        self.rows.append(dict(cells))

    def save(self) -> None:
        """Write the table; columns that are new come last, and then every row is written again."""
        new = [name for name in COLUMNS if name not in self.header and any(row.get(name) for row in self.rows)]
        header = [*self.header, *new]
        if new:
            self.texts.clear()
            self.head = None
        lines = [self.head or self._line(header)]
        lines += [
            self.texts.get(number) or self._line([row.get(name, "") for name in header])
            for number, row in enumerate(self.rows)
        ]
        ended = [line if line.endswith(("\n", "\r")) else line + self.end for line in lines]
        write_bytes(self.path, self.mark + "".join(ended).encode())

    def _line(self, cells: Sequence[str]) -> str:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator=self.end).writerow(cells)
        return buffer.getvalue()


def write_table_receipts(path: Path, receipts: Sequence[tuple[Place, Receipt]]) -> None:
    """Write ``sha256`` and ``rows`` of files into their waves' rows; a hash that is replaced joins ``earlier``.

    ``rows`` that choose a wave's rows stay.
    """
    table = WaveTable(path)
    for (wave, place), receipt in receipts:
        row = table.row(wave)
        if "sha256" in receipt:
            _replace_hash(row, place, str(receipt["sha256"]))
        if "rows" in receipt and choice(row.get("rows", "") or "-") is None:
            counts = _padded(row.get("rows", "").split(), place)
            counts[place] = str(receipt["rows"])
            row["rows"] = " ".join(counts)
    table.save()


def _replace_hash(row: dict[str, str], place: int, sha256: str) -> None:
    hashes = _padded(row.get("sha256", "").split(), place)
    before, hashes[place] = hashes[place], sha256
    row["sha256"] = " ".join(hashes)
    if before not in (UNKNOWN, sha256):
        groups = _padded([group.strip() for group in row.get("earlier", "").split(";") if group.strip()], place)
        groups[place] = before if groups[place] == UNKNOWN else f"{groups[place]} {before}"
        row["earlier"] = "; ".join(groups)


def _padded(values: list[str], place: int) -> list[str]:
    return values + [UNKNOWN] * (place + 1 - len(values))
