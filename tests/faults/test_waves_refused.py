"""A second wave that is refused as a whole: one message, nobody named, what was there before untouched.

Each case is one of the collection of bad waves, by its number; the file is made here, and that of the collection is
held to the same where it is at hand.
"""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from panel_study import ISSUED, clean, write_sav

Write = Callable[[Path], object]


def sav(frame: pl.DataFrame) -> Write:
    return lambda path: write_sav(path, frame)


def raw(data: bytes) -> Write:
    return lambda path: path.write_bytes(data)


def altered(change: Callable[[bytes], bytes]) -> Write:
    """The clean second wave as .sav, its bytes changed."""

    def write(path: Path) -> None:
        write_sav(path, clean("w02"))
        path.write_bytes(change(path.read_bytes()))

    return write


def csv(frame: pl.DataFrame | None = None, **options: str) -> str:
    return (clean("w02") if frame is None else frame).write_csv(**options)


def titled(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Cover")
        sheet = book.add_worksheet("Export")
        for number, row in enumerate([clean("w02").columns, *clean("w02").cast(pl.String).rows()]):
            sheet.write_row(number + 4, 0, row)


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", " ")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(30_000_000))


def ragged() -> bytes:
    lines = csv().splitlines()
    return "\n".join([*lines[:5], lines[5] + ",7", *lines[6:9], lines[9].rsplit(",", 2)[0], *lines[10:]]).encode()


def nul_in_text() -> bytes:
    lines = csv().encode().splitlines()
    lines[3] = lines[3].replace(b"2020", b"20\x0020")
    return b"\n".join(lines)


def semicolons() -> bytes:
    return csv().replace('""', "").replace(",", ";").replace(".", ",").encode()


def numbers_for_ids() -> pl.DataFrame:
    return clean("w02").with_columns(pl.col("pid").str.slice(1).cast(pl.Float64))


QUALTRICS_WITHOUT_IMPORT_IDS = (
    '"Status","ExternalReference","QID1"\n"Response Type","Reference","People here can be trusted"\n'
    + "".join(f'"IP Address","{identity}","4"\n' for identity in ISSUED)
)

REFUSED = {
    "01_truncated.sav": (altered(lambda data: data[: len(data) * 6 // 10]), r"[\d,]+ bytes, SHA-256 [0-9a-f]{64}", {}),
    "02_zero_tail.sav": (
        altered(lambda data: data[: len(data) // 2] + bytes(len(data) - len(data) // 2)),
        "the end of the file was never written",
        {},
    ),
    "03_empty.sav": (raw(b""), "the file is empty", {}),
    "04_csv_named_sav.sav": (raw(csv().encode()), "the first bytes look like text", {}),
    "05_encrypted.sav": (
        raw(b"\x1c" + bytes(7) + b"ENCRYPTEDSAV\x15" + bytes(99)),
        "encrypted.* save it again",
        {},
    ),
    "09_id_numeric.sav": (sav(numbers_for_ids()), r"0\.0% of the ids in `pid` can be linked .*\(60\)", {}),
    "27_cp1252.csv": (raw(csv().encode("cp1252")), r"byte [\d,]+ \(line [\d,]+\) is not UTF-8", {}),
    "30_utf16.csv": (raw(csv(separator="\t").encode("utf-16")), "UTF-16", {}),
    "32_qualtrics_1header_choice_text.csv": (
        raw(QUALTRICS_WITHOUT_IMPORT_IDS.encode()),
        "an ImportId for each column in its third header row; here 0 of",
        {"more": "layout: qualtrics"},
    ),
    "36_xlsx_title_rows.xlsx": (
        titled,
        "no sheet `Data`; the workbook has Cover, Export",
        {"more": "sheet: Data"},
    ),
    "38_ragged.csv": (raw(ragged()), "lines 6, 10 have", {}),
    "39_semicolon_decimal_comma.csv": (raw(semicolons()), "separated by semicolons, but commas are declared", {}),
    "40_unclosed_quote.csv": (raw(csv().encode() + b'P2000,2,2020-01-01,"North'), "quote opened in line 62 is not", {}),
    "43_wrong_wave_number.sav": (
        sav(clean("w02").with_columns(wave=pl.lit(3.0))),
        r"rows in which `wave` does not say 2, the number of this wave \(60\)",
        {},
    ),
    "48_few_rows.sav": (sav(clean("w02").head(12)), "has 12 rows where 60 were declared", {"more": "rows: 60"}),
    "50_nul_bytes.csv": (raw(nul_in_text()), r"NUL bytes in line 4 \(1\)", {}),
    "51_..%2f..%2fetc_passwd.csv": (
        raw(b"pid,wave\nP1000,2\n"),
        "the file name holds characters that are not allowed",
        {"pattern": "51_*.csv"},
    ),
    "54_bomb.xlsx": (bomb, "may be a zip bomb", {}),
}


@pytest.mark.parametrize("file", REFUSED)
def test_a_file_that_is_refused(file, wave_2):
    write, says, declared = REFUSED[file]
    for outcome in wave_2(file, write, **declared):
        assert re.search(says, outcome.refused), outcome.refused
        assert "Traceback" not in outcome.refused
        assert "%2f" not in outcome.refused
        assert not any(report.message for node, report in outcome.reports.items() if node != "wave/panel/w02")


def test_few_rows_are_loaded_once_somebody_declares_them(wave_2):
    for outcome in wave_2("48_few_rows.sav", sav(clean("w02").head(12)), more="rows: 12"):
        assert outcome.accounting == {"received": 12, "loaded": 12}
