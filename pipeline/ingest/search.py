"""Proof that someone is gone: every file below a folder, searched as bytes and as the tables it packs."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.ingest.deposit import read_deposit
from pipeline.ingest.formats import looks_like
from pipeline.ingest.numbers import code_texts

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Traces:
    """What a search found: file → how many of the texts occur in it; and packed files that could not be opened.

    Only if both are empty is anything proved.
    """

    found: dict[Path, int]
    unopened: tuple[Path, ...]


@dataclass(frozen=True)
class _Search:
    texts: frozenset[str]
    id_columns: frozenset[str]


def traces(root: Path, texts: Sequence[str], *, id_columns: Sequence[str] = ()) -> Traces:
    """Search every file below ``root`` for ``texts``: an id and its pseudonym.

    Each file is searched as bytes, in UTF-8 and UTF-16; Parquet, DuckDB, SPSS, Stata, zip (xlsx, docx) and gzip files
    also as what they pack, since compression hides a text from a search for its bytes. A number counts where it
    is a whole cell of one of ``id_columns``.
    """
    search = _Search(frozenset(texts), frozenset(id_columns))
    found: dict[Path, int] = {}
    unopened: list[Path] = []
    for path in sorted(root.rglob("*")):
        if not path.is_file():
            continue
        seen = _in_bytes(_chunks(path), search.texts)
        unpack = _UNPACKED.get(_kind(path))
        if unpack is not None:
            try:
                seen |= unpack(path, search)
            except Exception:  # whatever ails the file: what is not read is not proved
                unopened.append(path)
        if seen:
            found[path] = len(seen)
    return Traces(found, tuple(unopened))


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    return "duckdb" if head[8:12] == b"DUCK" else looks_like(head)


def _in_bytes(chunks: Iterable[bytes], texts: Iterable[str]) -> set[str]:
    needles = {text: (text.encode(), text.encode("utf-16-le")) for text in texts}
    overlap = max((len(long) for _, long in needles.values()), default=1)
    found: set[str] = set()
    before = b""
    for chunk in chunks:
        window = before + chunk
        found |= {text for text, forms in needles.items() if any(form in window for form in forms)}
        before = window[-overlap:]
    return found


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _in_frame(frame: pl.DataFrame, search: _Search) -> set[str]:
    found: set[str] = set()
    for column in frame.iter_columns():
        if column.dtype.is_numeric():
            if column.name in search.id_columns:
                found |= search.texts.intersection(code_texts(column).drop_nulls())
        else:
            cells = _as_text(column).unique().drop_nulls()
            found |= {text for text in search.texts if cells.str.contains(text, literal=True).any()}
    return found


def _as_text(column: pl.Series) -> pl.Series:
    if column.dtype.is_nested():
        return column.to_frame().select(pl.struct(pl.all()).struct.json_encode()).to_series()
    return column.cast(pl.String)


def _in_parquet(path: Path, search: _Search) -> set[str]:
    return _in_frame(pl.read_parquet(path, glob=False, hive_partitioning=False), search)


def _in_statistics(path: Path, search: _Search) -> set[str]:
    with path.open("rb") as file:
        return _in_frame(read_deposit(path, looks_like(file.read(512))).frame, search)


def _in_duckdb(path: Path, search: _Search) -> set[str]:
    import duckdb

    found: set[str] = set()
    with duckdb.connect(str(path), read_only=True) as database:
        tables = database.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
        ).fetchall()
        for schema, name in tables:
            table = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name))
            found |= _in_frame(database.sql(f"SELECT * FROM {table}").pl(), search)
    return found


def _in_zip(path: Path, search: _Search) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        parts = [_in_bytes([archive.read(part)], search.texts) for part in archive.infolist()]
    return set().union(*parts)


def _in_gzip(path: Path, search: _Search) -> set[str]:
    with gzip.open(path) as file:
        return _in_bytes([file.read()], search.texts)


_UNPACKED: dict[str, Callable[[Path, _Search], set[str]]] = {
    "parquet": _in_parquet,
    "duckdb": _in_duckdb,
    "sav": _in_statistics,
    "zsav": _in_statistics,
    "dta": _in_statistics,
    "zip": _in_zip,
    "gzip": _in_gzip,
}
