"""CSV: strict to the line, and the same as Python's csv module wherever it is well formed."""

import csv
import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DepositError
from pipeline.ingest import read_deposit
from pipeline.ingest.formats.csv_structure import structure


@pytest.fixture
def read(tmp_path: Path):
    """Write bytes to a file and read it as CSV, in this process."""

    def _read(data: bytes, **declared) -> pl.DataFrame:
        path = tmp_path / "wave.csv"
        path.write_bytes(data)
        return read_deposit(path, "csv", isolate=False, **declared).frame

    return _read


CELLS = st.text(alphabet='ab1 ,;"\n\té', max_size=6)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_records_and_fields_are_those_of_the_csv_module(rows: list[list[str]], line_end: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=line_end).writerows(rows)
    data = buffer.getvalue().encode()
    found = structure(data, ",", "x.csv")
    assert found.fields.tolist() == [len(row) for row in rows]
    again = [next(csv.reader(io.StringIO(found.record(data, k).decode(), newline=""))) for k in range(len(rows))]
    assert again == rows


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(*[st.text(alphabet='xy ,;"\n\té', max_size=6)] * 3), min_size=1, max_size=6),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_cells_come_through_as_written(tmp_path_factory, rows: list[tuple[str, ...]], line_end: str) -> None:
    path = tmp_path_factory.mktemp("csv") / "wave.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator=line_end)
        writer.writerow(["pid", "a", "b", "c"])
        writer.writerows([("id", *row) for row in rows])
    frame = read_deposit(path, "csv", isolate=False).frame
    assert frame.select("a", "b", "c").rows() == [tuple(cell or None for cell in row) for row in rows]


def test_every_cell_is_kept_as_text_unless_the_column_is_all_numbers(read) -> None:
    frame = read(b"pid,trust,note\n1001,3,007\n1002,-99,8\n1003,,\n")
    assert frame.schema == {"pid": pl.Float64, "trust": pl.Float64, "note": pl.String}
    assert frame["trust"].to_list() == [3.0, -99.0, None]
    assert frame["note"].to_list() == ["007", "8", None]


def test_declared_text_stays_text(read) -> None:
    assert read(b"pid,trust\n1001,3\n", text=["pid"])["pid"].to_list() == ["1001"]


def test_byte_order_mark_is_no_part_of_the_first_name(read) -> None:
    assert read("﻿pid,a\nx,1\n".encode()).columns == ["pid", "a"]


def test_declared_encodings(read) -> None:
    assert read("pid,a\nx,é\n".encode("cp1252"), encoding="windows-1252")["a"].to_list() == ["é"]
    assert read("pid\ta\nx\té\n".encode("utf-16"), encoding="utf-16", delimiter="\t")["a"].to_list() == ["é"]


def test_semicolons_and_decimal_commas_as_declared(read) -> None:
    frame = read(b"pid;wt\nx;1,5\ny;2\n", delimiter=";", decimal=",")
    assert frame["wt"].to_list() == [1.5, 2.0]


def test_header_further_down(read) -> None:
    assert read(b"Title of the export\n\npid,a\nx,1\n", header_row=3).to_dict(as_series=False) == {
        "pid": ["x"],
        "a": [1.0],
    }


def test_a_file_of_names_alone_has_no_rows(read) -> None:
    assert read(b"pid,a\n").shape == (0, 2)


def test_a_column_without_a_name_gets_one_and_a_notice(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(',pid,a\n"1",x,1\n')
    deposit = read_deposit(path, "csv", isolate=False)
    assert deposit.frame.columns == ["column_1", "pid", "a"]
    assert [notice.kind for notice in deposit.notices] == ["unnamed_column"]


def test_blank_rows_are_set_aside_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("pid,a\nx,1\n,\ny,2\n,\n")
    deposit = read_deposit(path, "csv", isolate=False)
    assert (deposit.frame.height, deposit.set_aside, deposit.receipt["rows"]) == (2, {"blank": 2}, 4)
    assert deposit.row_numbers == (1, 3)


@pytest.mark.parametrize(
    ("data", "declared", "says"),
    [
        (b"a,b\n1,2\n1\n1,2,3\n", {}, r"the header has 2 fields, but lines 3, 4 have 1 or 3 \(2\)"),
        (b"a,b\n1,2\n\n1,2\n", {}, r"line 3 has 1"),
        (b'a,b\n1,"x\n2,y\n', {}, r"the quote opened in line 2 is not closed"),
        (b'a,b\n1,"x"y\n', {}, r"the quote opened in line 2 is not closed, or text follows"),
        (b'a,b\n1,2\n1,x"y"\n', {}, r"a quote stands inside a field .* line 3"),
        (b"a,b\n1,\x00\n1,2\n\x00,1\n", {}, r"NUL bytes in lines 2, 4 \(2\)"),
        (b"a;b\n1;2\n", {}, r"separated by semicolons, but commas are declared"),
        (b"a\tb\n1\t2\n", {}, r"separated by tabs, but commas are declared"),
        (b"a,b\n1,2\n", {"delimiter": ";"}, r"separated by commas, but semicolons are declared"),
        (
            b"a;b\n1,5;x\n",
            {"delimiter": ";"},
            r"the decimal mark `.` is declared, but numbers are written with `,` in a",
        ),
        (b"a;b\n1.5;x\n", {"delimiter": ";", "decimal": ","}, r"numbers are written with `.` in a"),
        ("a,b\n1,é\n".encode("cp1252"), {}, r"byte 6 \(line 2\) is not UTF-8"),
        ("a,b\n1,é\n".encode("utf-16"), {}, r"UTF-16 text, which is not declared"),
        (b"a,b\n1,2\n", {"encoding": "klingon"}, r"there is no encoding `klingon`"),
        (b"a,b\r1,2\r", {}, r"a carriage return stands alone in line 1"),
        (b"a,b,a\n1,2,3\n", {}, r"duplicate column names: a"),
        (b"a,b\n1,2\n", {"header_row": 9}, r"declared in row 9, but the file has 2 rows"),
        (b"title,,,\na,b,c,d\n1,2,3,4\n", {}, r"row 1 names only 1 of 4 columns"),
        (b"a,b\n1,2\n", {"delimiter": ";;"}, r"the delimiter is one character"),
        (b"", {}, r"the file is empty \(zero bytes\)"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_refused(read, data: bytes, declared: dict, says: str) -> None:
    with pytest.raises(DepositError, match=says):
        read(data, **declared)


def test_line_numbers_count_lines_not_records(read) -> None:
    with pytest.raises(DepositError, match="line 5 has 1"):
        read(b'a,b\n1,"two\nlines"\n1,2\n1\n')


def test_structure_is_fast_enough_to_be_always_on() -> None:
    data = b"a,b,c\n" + b'1,"x, y",3\n' * 1000
    assert np.all(structure(data, ",", "x.csv").fields == 3)
