"""What is handed in instead of a wave: each gets one clear message, and the next file is read as if nothing was."""

from __future__ import annotations

import os
import signal
import threading
import time
import zipfile
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
import xlsxwriter

from pipeline.errors import DepositError
from pipeline.ingest import Deposit, Limits, Request, read_deposit, read_deposits, receipt
from pipeline.ingest.formats.receipts import check_receipt
from pipeline.ingest.isolation import process as isolation

FRAME = pl.DataFrame({"pid": [f"P{k}" for k in range(200)], "trust": [1.0 + k % 5 for k in range(200)]})
SECRET = "P17"


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    """A sound .sav file."""
    path = tmp_path / "wave.sav"
    pyreadstat.write_sav(FRAME, path)
    return path


def refused(path: Path, format: str, **declared) -> str:
    """The message with which a file is refused. It never holds a participant's id, nor the way to the file."""
    with pytest.raises(DepositError) as raised:
        read_deposit(path, format, **declared)
    message = str(raised.value)
    assert message.startswith(path.name)
    assert SECRET not in message
    assert str(path.parent) not in message
    assert "\n" not in message
    return message


def test_a_missing_file(tmp_path: Path) -> None:
    assert "there is no such file" in refused(tmp_path / "w.sav", "sav")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "w.sav").touch()
    assert "the file is empty (zero bytes)" in refused(tmp_path / "w.sav", "sav")


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "w.sav").mkdir()
    assert "this is a folder" in refused(tmp_path / "w.sav", "sav")


@pytest.mark.parametrize(
    ("data", "format", "looks_like"),
    [
        (b"pid,trust\nP17,3\n", "sav", "text, perhaps CSV"),
        (b"$FL2@(#) SPSS DATA FILE", "dta", "an SPSS file (.sav)"),
        (b"$FL3@(#) SPSS DATA FILE", "sav", "a compressed SPSS file (.zsav)"),
        (b"<stata_dta><header>", "sav", "a Stata file (.dta)"),
        (b"s\x02\x01\x00" + b"x" * 50, "csv", "a Stata file (.dta)"),
        (b"PK\x03\x04" + b"x" * 50, "csv", "a zip archive or an Excel workbook (.xlsx)"),
        (b"PAR1" + b"x" * 50, "xlsx", "a Parquet file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), "xlsx", "an old Excel file (.xls) or a password-protected"),
        (b"<!DOCTYPE html><p>Sign in", "csv", "a web page (HTML)"),
        (b"%PDF-1.7", "csv", "a PDF document"),
        (b"\x1f\x8b\x08", "csv", "a gzip archive"),
        (bytes(100), "sav", "zero bytes only"),
    ],
)
def test_another_format_than_declared(tmp_path: Path, data: bytes, format: str, looks_like: str) -> None:
    path = tmp_path / f"w.{format}"
    path.write_bytes(data)
    assert f"declared .{format}, but the first bytes look like {looks_like}" in refused(path, format)


def test_a_format_without_a_reader(wave: Path) -> None:
    assert "there is no reader for the format `por`" in refused(wave, "por")


def test_an_encrypted_file(tmp_path: Path) -> None:
    path = tmp_path / "w.sav"
    path.write_bytes(b"\x1c" + bytes(7) + b"ENCRYPTEDSAV\x15" + bytes(range(1, 200)))
    message = refused(path, "sav")
    assert "encrypted with a password" in message
    assert "save it again without a password" in message


@pytest.mark.parametrize("format", ["sav", "zsav", "dta", "parquet", "xlsx"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_file_cut_off(tmp_path: Path, format: str, part: float) -> None:
    path = tmp_path / f"w.{format}"
    _write(path, format)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    message = refused(path, format)
    assert f"{path.stat().st_size:,} bytes" in message
    assert str(receipt(path, format)["sha256"]) in message


def test_a_stata_file_cut_by_one_per_cent_which_would_lose_its_labels(tmp_path: Path) -> None:
    path = tmp_path / "w.dta"
    pyreadstat.write_dta(FRAME, path, variable_value_labels={"trust": {1: "no", 5: "yes"}})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.99)])
    assert "the file is not complete" in refused(path, "dta")


@pytest.mark.parametrize("row_compress", [False, True], ids=["plain", "compressed"])
def test_a_copy_that_stopped_half_way(tmp_path: Path, row_compress: bool) -> None:
    path = tmp_path / "w.sav"
    pyreadstat.write_sav(FRAME, path, row_compress=row_compress)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    assert "the end of the file was never written" in refused(path, "sav")


def test_a_wave_that_really_ends_in_zeros_is_read(tmp_path: Path) -> None:
    path = tmp_path / "w.sav"
    frame = pl.DataFrame({"pid": [1.0, 2.0]} | {f"x{k}": [0.0, 0.0] for k in range(100)})
    pyreadstat.write_sav(frame, path)
    assert path.read_bytes().endswith(bytes(512))
    assert read_deposit(path, "sav").frame.equals(frame)


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "w.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(30_000_000))
    assert "may be a zip bomb" in refused(path, "xlsx")


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "w.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("wave.csv", "pid\nP17\n")
    assert "a zip archive that packs .csv files, but no Excel workbook" in refused(path, "xlsx")


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A workbook with notes first and the data below four title rows."""
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Read me").write(0, 0, "Wave 2")
        sheet = book.add_worksheet("Data")
        sheet.write_row(4, 0, ["pid", "trust", "belong"])
        sheet.write_row(5, 0, ["P17", 3, 4])
    return path


def test_a_sheet_that_is_not_there_or_not_declared(workbook: Path) -> None:
    assert "there is no sheet `Wave 2`; the workbook has Read me, Data" in refused(workbook, "xlsx", sheet="Wave 2")
    assert "no sheet is declared; the workbook has Read me, Data" in refused(workbook, "xlsx")


def test_title_rows_above_the_names(workbook: Path) -> None:
    assert "row 1 of sheet `Data` names 0 of 3 columns" in refused(workbook, "xlsx", sheet="Data")
    assert read_deposit(workbook, "xlsx", sheet="Data", header_row=5).frame.shape == (1, 3)


def test_names_that_are_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["pid", "trust", "trust"])
        sheet.write_row(1, 0, ["P17", 3, 4])
    assert "duplicate column names: trust" in refused(path, "xlsx")


def test_nested_parquet(tmp_path: Path) -> None:
    path = tmp_path / "w.parquet"
    pl.DataFrame({"pid": ["P17"], "answers": [[1, 2]]}).write_parquet(path)
    assert "columns that hold lists, structures or bytes: answers (1)" in refused(path, "parquet")


def test_excel_errors_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["pid", "trust"])
        sheet.write(1, 0, "P17")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    notices = read_deposit(path, "xlsx").notices
    assert [(notice.kind, notice.count) for notice in notices] == [("formula_cells", 1), ("error_cells", 1)]


def test_a_file_that_takes_too_long_is_stopped(wave: Path) -> None:
    start = time.monotonic()
    assert "longer than 0.0001 seconds" in refused(wave, "sav", limits=Limits(seconds=0.0001))
    assert time.monotonic() - start < 10
    assert read_deposit(wave, "sav").frame.equals(FRAME)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory limits need Linux")
def test_a_file_that_needs_too_much_memory_is_refused(tmp_path: Path, wave: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_bytes(b"pid,trust\n" + b"P17,3\n" * 1_000_000)
    message = refused(path, "csv", limits=Limits(memory_bytes=8 * 1024**2))
    assert "memory" in message
    assert read_deposit(wave, "sav").frame.equals(FRAME)


def test_a_reader_that_dies_says_so_and_the_next_one_reads(wave: Path) -> None:
    connection = isolation._server.ensure_running()
    assert connection is not None
    process = isolation._server._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert read_deposit(wave, "sav").frame.equals(FRAME)


def test_without_fork_a_process_per_file_reads_the_same(wave: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "CAN_FORK", False)
    assert read_deposit(wave, "sav").frame.equals(FRAME)
    with pytest.raises(DepositError, match="there is no reader"):
        read_deposit(wave, "por")


def test_many_files_at_once_get_their_own_answers(tmp_path: Path) -> None:
    requests = []
    for number in range(24):
        path = tmp_path / f"w{number}.csv"
        path.write_text(f"pid,x\na,{number}\n" if number % 3 else "pid,x\na\n")
        requests.append(Request(str(path), "csv"))
    answers = read_deposits(requests)
    for number, answer in enumerate(answers):
        if number % 3:
            assert isinstance(answer, Deposit)
            assert answer.frame["x"].to_list() == [number]
        else:
            assert isinstance(answer, DepositError)
            assert answer.where == f"w{number}.csv"


def test_readers_leave_no_process_behind(wave: Path) -> None:
    threads = [threading.Thread(target=read_deposit, args=(wave, "sav")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    process = isolation._server._process
    assert process is not None
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if children.exists():
        deadline = time.monotonic() + 5
        while children.read_text().strip() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert children.read_text().strip() == ""


def test_another_file_than_the_confirmed_one(wave: Path) -> None:
    found = read_deposit(wave, "sav").receipt
    check_receipt(found, sha256=str(found["sha256"]), rows=200, columns=2)
    with pytest.raises(DepositError, match="this is not the file that was confirmed"):
        check_receipt(found, sha256="0" * 64)
    with pytest.raises(DepositError, match="the file has 200 rows, declared are 60"):
        check_receipt(found, rows=60)


def _write(path: Path, format: str) -> None:
    match format:
        case "sav" | "zsav":
            pyreadstat.write_sav(FRAME, path, compress=format == "zsav")
        case "dta":
            pyreadstat.write_dta(FRAME, path)
        case "parquet":
            FRAME.write_parquet(path)
        case _:
            with xlsxwriter.Workbook(path) as book:
                sheet = book.add_worksheet()
                for number, row in enumerate([FRAME.columns, *FRAME.rows()]):
                    sheet.write_row(number, 0, row)
