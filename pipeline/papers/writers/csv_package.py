"""The tables of a paper as CSV files with a Frictionless description, in one ZIP file."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from pipeline.papers.content import Document
from pipeline.papers.data_tables.content import SHORTHAND, Cell, DataColumn, DataTable, Value
from pipeline.papers.data_tables.tables import data_tables
from pipeline.texts import no_formula

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every part of the file: the same paper gives the same bytes."""
BYTE_ORDER_MARK = "\ufeff"
"""By which spreadsheet programs know that a file is UTF-8."""


def write(document: Document, template: bytes | None) -> bytes:
    """The package as a ZIP file; needs no ``template``. Same input, same bytes."""
    del template
    tables = data_tables(document)
    files = {"README.md": readme(document, tables), "datapackage.json": _json(description(document, tables))}
    files |= {f"{table.key}.csv": BYTE_ORDER_MARK + as_csv(table) for table in tables}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, text in files.items():
            part = zipfile.ZipInfo(name, LONG_AGO)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o644 << 16
            target.writestr(part, text.encode())
    return out.getvalue()


def as_csv(table: DataTable) -> str:
    """One row per row of the table below the names of its columns."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(column.name for column in table.columns)
    rows.writerows([_written(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def _written(cell: Cell) -> str:
    return cell.printed if isinstance(cell, Value) else no_formula(cell)


def description(document: Document, tables: tuple[DataTable, ...]) -> dict[str, Any]:
    """The package in the words of the Frictionless standard (tabular data package, version 1)."""
    facts = [{"title": label, "content": text} for label, text in document.facts]
    return {
        "profile": "tabular-data-package",
        "name": re.sub(r"[^a-z0-9._/-]+", "-", document.key.lower()) or "paper",
        "title": document.title,
        "description": " ".join(filter(None, (_synthetic(document), document.summary or document.subtitle))),
        "contributors": [{"title": author, "role": "author"} for author in document.authors],
        "sources": [{"title": document.study}],
        "about": facts,
        **({"provenance": document.about} if document.about else {}),
        "resources": [_resource(table) for table in tables],
    }


def _resource(table: DataTable) -> dict[str, Any]:
    notes = " ".join((table.subtitle, *table.notes, f"Source: {table.source}." if table.source else "")).strip()
    return {
        "profile": "tabular-data-resource",
        "name": table.key,
        "path": f"{table.key}.csv",
        "title": table.heading,
        "description": notes or table.heading,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "header": True},
        "schema": {
            "fields": [_field(column, table) for column in table.columns],
            "missingValues": ["", *SHORTHAND],
        },
    }


def _field(column: DataColumn, table: DataTable) -> dict[str, Any]:
    described = {"name": column.name, "title": column.title, "type": "number" if column.is_number else "string"}
    if column.is_number:
        place = table.columns.index(column)
        places = {cell.places for row in table.rows if isinstance(cell := row[place], Value)}
        described["description"] = f"{column.title}, rounded to {_places(places)}."
    return described


def _places(places: set[int]) -> str:
    if not places or places == {0}:
        return "whole numbers"
    least, most = min(places), max(places)
    words = f"{most} decimal place{'s' if most > 1 else ''}"
    return words if least == most else f"between {least} and {words}"


def readme(document: Document, tables: tuple[DataTable, ...]) -> str:
    """What the package holds, for people."""
    return "\n".join(_lines(document, tables)) + "\n"


def _lines(document: Document, tables: tuple[DataTable, ...]) -> Iterator[str]:
    yield f"# {_line(document.title)}\n"
    yield "Tables and data of figures as CSV files. `datapackage.json` describes each column (Frictionless).\n"
    if document.synthetic:
        yield f"**{_synthetic(document)}**\n"
    yield from (f"- {_line(label)}: {_line(text)}" for label, text in document.facts)
    if document.citation:
        yield f"- The data, to be cited: {_line(document.citation)}"
    yield "\n## Signs in cells without a number\n"
    yield from (f"- `{sign}`: {meaning}" for sign, meaning in SHORTHAND.items())
    yield (
        "\nNumbers are rounded as in the paper. A text that begins like a formula (or with an apostrophe) has an "
        "apostrophe in front, so that no program calculates it. Files are UTF-8 with a byte order mark.\n\n## Files\n"
    )
    yield from (f"- `{table.key}.csv`: {_line(table.heading)}" for table in tables)


def _synthetic(document: Document) -> str:
    return "Synthetic data: invented to test the method, not findings." if document.synthetic else ""


def _line(text: str) -> str:
    """A text on one line, in which no sign is markup."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>#|!~&$])", r"\\\1", flat)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
