"""Somebody who was erased hides in odd places: the search finds them, or says what it could not open."""

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyreadstat
import pytest

from pipeline.ingest import traces

PERSON = "P1010"
FRAME = pl.DataFrame({"pid": [f"P{k}" for k in range(1000, 1100)], "n": range(100)})


def zipped(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def parquet() -> bytes:
    held = io.BytesIO()
    FRAME.write_parquet(held, compression="zstd")
    return held.getvalue()


def workbook() -> bytes:
    held = io.BytesIO()
    FRAME.write_excel(held)
    return held.getvalue()


def zsav(path: Path) -> None:
    pyreadstat.write_sav(FRAME, path, compress=True)


def in_duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        database.execute("CREATE TABLE t AS SELECT 'P' || (1000 + i % 100) AS pid FROM range(200000) AS r(i)")


def events(path: Path) -> None:
    """As a store of events does: one long text, over several pages, between others that were deleted."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA page_size = 512")
        database.execute("CREATE TABLE events (event TEXT)")
        for k in range(60):
            database.execute(
                "INSERT INTO events VALUES (?)", ("x" * (480 + k) + (PERSON if k % 2 else "") + "y" * 300,)
            )


def tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        held = FRAME.write_csv().encode()
        about = tarfile.TarInfo("w02.csv")
        about.size = len(held)
        archive.addfile(about, io.BytesIO(held))


RICH = b"<sst><si><r><t>P10</t></r><r><rPr><b/></rPr><t>10</t></r></si></sst>"
HIDDEN: dict[str, bytes | Callable[[Path], object]] = {
    "plain.txt": b"rang P1010 on Monday",
    f"letter_to_{PERSON}.txt": b"nothing",
    "w02.csv.gz": gzip.compress(FRAME.write_csv().encode()),
    "w02.csv.bz2": bz2.compress(FRAME.write_csv().encode()),
    "w02.csv.xz": lzma.compress(FRAME.write_csv().encode()),
    "w02.tar.gz": tar,
    "little.csv": "pid\nP1010".encode("utf-16-le"),
    "big.csv": "pid\nP1010".encode("utf-16-be"),
    "w02.zsav": zsav,
    "w02.xlsx": workbook(),
    "bold.xlsx": zipped({"xl/sharedStrings.xml": RICH}),
    "nested.zip": zipped({"w02.xlsx": workbook()}),
    "nested.zip.gz": gzip.compress(zipped({"t.parquet": parquet()})),
    "member.zip": zipped({f"{PERSON}.txt": b""}),
    "t.parquet": parquet(),
    ".t.parquet.99.aa.draft": parquet(),
    "named.parquet": lambda path: pl.DataFrame({PERSON: [1]}).write_parquet(path, statistics=False),
    "binary.parquet": lambda path: pl.DataFrame({"b": [b"P1010"] * 50}).write_parquet(path, compression="gzip"),
    "cohesion.duckdb": in_duckdb,
    "events.db": events,
    "run.log": json.dumps({"op": "wave", "said": f"row of {PERSON}"}).encode(),
    "page.html": b"<!doctype html><p>P<b>10</b>10</p>",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_they_are_found(name: str, tmp_path: Path) -> None:
    content = HIDDEN[name]
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    else:
        content(tmp_path / name)
    assert [path.name for path in traces(tmp_path, [PERSON]).found] == [name]
    assert traces(tmp_path, ["P2222"]) == traces(tmp_path / "nowhere", ["P2222"])


def encrypted_zip() -> bytes:
    data = bytearray(zipped({"t.txt": b"P1010 and more"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


CLOSED = {
    "password.zip": encrypted_zip(),
    "w.7z": b"7z\xbc\xaf\x27\x1c and more",
    "w.rar": b"Rar!\x1a\x07 and more",
    "w.zst": b"\x28\xb5\x2f\xfd and more",
    "password.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
    "password.sav": b"\x1c\x00\x00\x00\x00\x00\x00\x00ENCRYPTEDSAV" + bytes(64),
    "w.sav.zip": zipped({"w.sav": b"$FL2 and more"}),
    "half.parquet": parquet()[:300],
    "half.gz": gzip.compress(FRAME.write_csv().encode())[:40],
}


@pytest.mark.parametrize("name", CLOSED)
def test_what_cannot_be_opened_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(CLOSED[name])
    assert [path.name for path in traces(tmp_path, ["Q7777"]).unopened] == [name]


@pytest.mark.parametrize("text", ["P10101", "0P1010", "1P10102"])
def test_another_id_is_not_theirs(text: str, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(f"pid {text} 1")
    (tmp_path / "other16.txt").write_bytes(f"pid {text} 1".encode("utf-16"))
    pl.DataFrame({"pid": [text]}).write_parquet(tmp_path / "other.parquet")
    assert bool(traces(tmp_path, [PERSON]).found) == (text == "0P1010")


def test_an_id_of_signs_is_found_as_json_html_and_addresses_write_it(tmp_path: Path) -> None:
    person = "Zoë&Co/7"
    (tmp_path / "log.json").write_text(json.dumps({"id": person}))
    (tmp_path / "page.html").write_text("<p>Zoë&amp;Co/7</p>", encoding="utf-8")
    (tmp_path / "web.log").write_text("GET /people/Zo%C3%AB%26Co/7")
    assert len(traces(tmp_path, [person]).found) == 3
