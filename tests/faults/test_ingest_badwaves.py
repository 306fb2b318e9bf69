"""Bad waves as they arrive: what reading alone must notice, with the status, the message and the account of rows.

The waves are made here; where the shared collection has the file of a case, that file is held to the same.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest
import xlsxwriter
from shared import SHARED

from pipeline.errors import DepositError
from pipeline.ingest import Deposit, check_file_name, differences, normalise_ids, read_deposit
from pipeline.ingest.formats.receipts import check_receipt
from pipeline.ingest.people.withdrawals import read_withdrawals, scope_of
from pipeline.ingest.quarantine.answer_labels import codes_of
from pipeline.ingest.quarantine.declared_dates import read_dates
from pipeline.ingest.quarantine.rows import outside, set_values_apart, sort_rows

FIELDWORK = (dt.date(2020, 1, 1), dt.date(2020, 2, 29))
LABELS = {"1": "Strongly disagree", "2": "Disagree", "3": "Neither", "4": "Agree", "5": "Strongly agree"}
CODES = [1, 2, 3, 4, 5, -99, -88]
PID = r"P\d{4}"
ISSUED = [f"P{1000 + k}" for k in range(60)]


def clean() -> pl.DataFrame:
    """Sixty people's second wave."""
    return pl.DataFrame(
        {
            "pid": ISSUED,
            "wave": [2.0] * 60,
            "intdate": [FIELDWORK[0] + dt.timedelta(days=k) for k in range(60)],
            "region": ["Ynys Môn" if k % 3 else "North" for k in range(60)],
            "trust1": [float(CODES[k % 7]) for k in range(60)],
            "trust2": [float(1 + k % 5) for k in range(60)],
            "open1": [None] * 60,
            "wt": [0.6 + k / 60 for k in range(60)],
        },
        schema_overrides={"open1": pl.String},
    )


def changed(**columns: dict[int, Any]) -> pl.DataFrame:
    """The clean wave with some cells changed: column → row (from 0) → value."""
    frame = clean()
    return frame.with_columns(
        pl.Series(name, [cells.get(k, old) for k, old in enumerate(frame[name])], dtype=frame.schema[name])
        for name, cells in columns.items()
    )


def sav(frame: pl.DataFrame) -> Callable[[Path], None]:
    return lambda path: pyreadstat.write_sav(frame, path)


def raw(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def sav_bytes(alter: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        pyreadstat.write_sav(clean(), path)
        path.write_bytes(alter(path.read_bytes()))

    return write


def text(frame: pl.DataFrame | None = None, **options: Any) -> str:
    return (clean() if frame is None else frame).write_csv(**options)


@dataclass(frozen=True)
class Case:
    """One row of the collection: the file, how it is declared, how it is made where it is not at hand."""

    file: str
    make: Callable[[Path], None]
    declared: dict[str, Any] = field(default_factory=dict)
    says: str = ""

    @property
    def format(self) -> str:
        return self.file.rsplit(".", 1)[1]


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", " ")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(30_000_000))


def titled(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Cover")
        sheet = book.add_worksheet("Export")
        for number, row in enumerate([clean().columns, *clean().cast(pl.String).rows()]):
            sheet.write_row(number + 4, 0, row)


def ragged() -> bytes:
    lines = text().splitlines()
    return "\n".join([*lines[:5], lines[5] + ",7", *lines[6:9], lines[9].rsplit(",", 2)[0], *lines[10:]]).encode()


def nul_in_text() -> bytes:
    lines = text().encode().splitlines()
    lines[3] = lines[3].replace(b"Ynys", b"Yn\x00s")
    return b"\n".join(lines)


def semicolons() -> bytes:
    return b"pid;wave;wt\nP1000;2,0;1,481\nP1001;2,0;1,502\n"


QUALTRICS = (
    '"Status","Finished","QID1","RecipientEmail"\n"Response Type","Finished","People here can\nbe trusted","Email"\n'
    '"{""ImportId"":""status""}","{""ImportId"":""finished""}","{""ImportId"":""QID1""}",'
    '"{""ImportId"":""recipientEmail""}"\n'
)
ANSWERS = (
    '"IP Address","True","4","a@example.org"\n' * 18 + '"Survey Preview","True","1",""\n"IP Address","False","2",""\n'
)

REFUSED = [
    Case(
        "01_truncated.sav",
        sav_bytes(lambda data: data[: len(data) * 6 // 10]),
        says=r"[\d,]+ bytes, SHA-256 [0-9a-f]{64}",
    ),
    Case(
        "02_zero_tail.sav",
        sav_bytes(lambda data: data[: len(data) // 2] + bytes(len(data) - len(data) // 2)),
        says="the end of the file was never written",
    ),
    Case("03_empty.sav", raw(b""), says="the file is empty"),
    Case("04_csv_named_sav.sav", raw(text().encode()), says="the first bytes look like text"),
    Case(
        "05_encrypted.sav", raw(b"\x1c" + bytes(7) + b"ENCRYPTEDSAV\x15" + bytes(99)), says="encrypted .* save it again"
    ),
    Case("27_cp1252.csv", raw(text().encode("cp1252")), says=r"byte [\d,]+ \(line [\d,]+\) is not UTF-8"),
    Case("30_utf16.csv", raw(text(separator="\t").encode("utf-16")), says="UTF-16"),
    Case(
        "32_qualtrics_1header_choice_text.csv",
        raw((QUALTRICS.rsplit("\n", 2)[0] + "\n" + ANSWERS).encode()),
        {"layout": "qualtrics"},
        says="has an ImportId for each column in its third header row; here 0 of",
    ),
    Case("36_xlsx_title_rows.xlsx", titled, {"sheet": "Data"}, says="no sheet `Data`; the workbook has Cover, Export"),
    Case("38_ragged.csv", raw(ragged()), says="lines 6, 10 have"),
    Case("39_semicolon_decimal_comma.csv", raw(semicolons()), says="separated by semicolons, but commas are declared"),
    Case(
        "40_unclosed_quote.csv",
        raw(text().encode() + b'P2000,2,2020-01-01,"North'),
        says="quote opened in line 62 is not",
    ),
    Case("50_nul_bytes.csv", raw(nul_in_text()), says=r"NUL bytes in line 4 \(1\)"),
    Case("54_bomb.xlsx", bomb, says="may be a zip bomb"),
]


def made(case: Case, folder: Path) -> list[Path]:
    """The file made here, and that of the collection if it is at hand."""
    path = folder / case.file
    case.make(path)
    known = SHARED / "badwaves" / case.file
    return [path, known] if known.exists() else [path]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.file)
def test_a_file_that_is_refused(case: Case, tmp_path: Path) -> None:
    for path in made(case, tmp_path):
        with pytest.raises(DepositError, match=case.says) as raised:
            read_deposit(path, case.format, **case.declared)
        assert str(raised.value).startswith(case.file)
        assert not any(pid in str(raised.value) for pid in ISSUED)


def test_51_a_hostile_file_name() -> None:
    with pytest.raises(DepositError, match="holds characters that are not allowed"):
        check_file_name("51_..%2f..%2fetc_passwd.csv")


def deposits(case: Case, folder: Path) -> list[Deposit]:
    return [read_deposit(path, case.format, **case.declared) for path in made(case, folder)]


READ = [
    Case("27_cp1252.csv", raw(text().encode("cp1252")), {"encoding": "windows-1252"}),
    Case("29_bom.csv", raw(b"\xef\xbb\xbf" + text().encode())),
    Case("30_utf16.csv", raw(text(separator="\t").encode("utf-16")), {"encoding": "utf-16", "delimiter": "\t"}),
]


@pytest.mark.parametrize("case", READ, ids=lambda case: case.file)
def test_a_file_that_is_read_as_declared(case: Case, tmp_path: Path) -> None:
    for deposit in deposits(case, tmp_path):
        assert deposit.frame.columns[0] == "pid"
        assert deposit.frame.height == deposit.receipt["rows"] == 60
        assert not deposit.frame["region"].str.contains("\ufffd|Ã").any()


ROWS = [
    (Case("06_dup_id.sav", sav(changed(pid={59: "P1000"}))), {}, {"id shared with another row": 2}, {}),
    (Case("07_exact_dup_row.sav", sav(pl.concat([clean(), clean().head(1)]))), {}, {}, {"identical row": 1}),
    (Case("10_blank_id.sav", sav(changed(pid={4: ""}))), {}, {"no id": 1}, {}),
    (
        Case("37_id_excel_mangle.csv", raw(text(changed(pid={0: "1E5", 1: "007"})).encode()), {"text": ["pid"]}),
        {"pattern": PID},
        {"id not of the declared pattern": 2},
        {},
    ),
    (
        Case("46_new_id.sav", sav(pl.concat([clean(), clean().head(1).with_columns(pid=pl.lit("P9999"))]))),
        {"known": ISSUED},
        {"id never issued": 1},
        {},
    ),
]


@pytest.mark.parametrize(
    ("case", "rule", "quarantined", "set_aside"), ROWS, ids=lambda value: getattr(value, "file", "")
)
def test_rows_set_apart_and_accounted_for(case, rule, quarantined, set_aside, tmp_path: Path) -> None:
    for deposit in deposits(case, tmp_path):
        rows = sort_rows(deposit.frame, normalise_ids(deposit.frame["pid"]), **rule)
        assert (rows.counts(), rows.set_aside) == (quarantined, set_aside)
        assert rows.received == deposit.receipt["rows"]
        assert rows.loaded.height == rows.received - sum(quarantined.values()) - sum(set_aside.values())


def test_10_the_row_without_an_id_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "w.sav"
    pyreadstat.write_sav(changed(pid={4: ""}), path)
    frame = read_deposit(path, "sav").frame
    assert sort_rows(frame, normalise_ids(frame["pid"])).quarantined["row"].to_list() == [5]


def test_08_ids_in_other_case_and_with_spaces_are_the_same_by_the_declared_rule(tmp_path: Path) -> None:
    spoilt = changed(pid={k: f"p{1000 + k} " for k in range(20)})
    case = Case("08_id_case_space.sav", sav(spoilt))
    for deposit in deposits(case, tmp_path):
        assert not set(normalise_ids(deposit.frame["pid"])) <= set(ISSUED)
        assert set(normalise_ids(deposit.frame["pid"], strip=True, case="upper")) <= set(ISSUED)


def test_09_ids_that_lost_their_prefix_do_not_fit_their_pattern(tmp_path: Path) -> None:
    case = Case("09_id_numeric.sav", sav(clean().with_columns(pid=pl.col("pid").str.slice(1).cast(pl.Float64))))
    for deposit in deposits(case, tmp_path):
        with pytest.raises(DepositError, match=r"column pid: ids that do not look like .* \(60\)"):
            normalise_ids(deposit.frame["pid"], pattern=PID)


VALUES = [
    (Case("18_pos99.sav", sav(changed(trust1=dict.fromkeys(range(10), 99.0)))), "outside the range", 10),
    (Case("53_fraction_huge.sav", sav(changed(trust1={3: 2.5, 4: 1e9}))), None, 2),
]


@pytest.mark.parametrize(("case", "reason", "count"), VALUES, ids=lambda value: getattr(value, "file", ""))
def test_values_set_apart(case: Case, reason: str | None, count: int, tmp_path: Path) -> None:
    for deposit in deposits(case, tmp_path):
        found = sum(
            set_values_apart(deposit.frame, item, outside(deposit.frame[item], CODES))[1].height
            for item in ("trust1", "trust2")
        )
        assert found == count
        left, apart = set_values_apart(deposit.frame, "trust1", outside(deposit.frame["trust1"], CODES))
        assert left.height == deposit.frame.height
        assert reason is None or set(apart["reason"]) == {reason}


def test_25_answers_as_code_and_label(tmp_path: Path) -> None:
    words = [
        f"{code} - {LABELS[str(code)]}" if code > 0 else f"{code}.0" for code in (int(c) for c in clean()["trust1"])
    ]
    frame = clean().with_columns(trust1=pl.Series(words))
    case = Case("25_text_labels.csv", raw(text(frame).encode()))
    for deposit in deposits(case, tmp_path):
        codes, reasons = codes_of(deposit.frame["trust1"], LABELS, "code_and_label")
        assert reasons.null_count() == 60
        assert set(codes.drop_nulls()) <= {str(code) for code in CODES}


def test_26_welsh_answers_with_a_curly_apostrophe(tmp_path: Path) -> None:
    welsh = {"1": "Ddim yn cytuno o gwbl", "5": "Rwy'n cytuno'n gryf"}
    path = tmp_path / "26_welsh.csv"
    path.write_text("pid,trust1\nP1,Rwy’n cytuno’n gryf\nP2,Ddim yn cytuno o gwbl\nP3,Cytuno\n", encoding="utf-8")
    codes, reasons = codes_of(read_deposit(path, "csv").frame["trust1"], welsh, "labels")
    assert codes.to_list() == ["5", "1", None]
    assert reasons.to_list() == [None, None, "a text that is no declared answer"]


def test_28_doubly_encoded_text_is_counted_by_column(tmp_path: Path) -> None:
    double = text().encode().decode("cp1252").encode()
    case = Case("28_mojibake.csv", raw(double))
    for deposit in deposits(case, tmp_path):
        (notice,) = [notice for notice in deposit.notices if notice.kind == "mojibake"]
        assert notice.column == "region"
        assert notice.count


def test_31_a_qualtrics_export(tmp_path: Path) -> None:
    case = Case(
        "31_qualtrics_3header.csv", raw((QUALTRICS + ANSWERS).encode()), {"layout": "qualtrics", "columns": ["QID1"]}
    )
    for deposit in deposits(case, tmp_path):
        assert deposit.set_aside == {"preview": 1, "partial": 1}
        assert (deposit.receipt["rows"], deposit.frame.shape) == (20, (18, 1))
        assert any(finding["kind"] == "e-mail address" for finding in deposit.findings)
        assert "@" not in str((deposit.findings, deposit.notices))


def test_33_two_date_formats(tmp_path: Path) -> None:
    written = [f"{d:%d/%m/%Y}" if k % 2 else f"{d:%m/%d/%Y}" for k, d in enumerate(clean()["intdate"])]
    case = Case("33_two_date_formats.csv", raw(text(clean().with_columns(intdate=pl.Series(written))).encode()))
    for deposit in deposits(case, tmp_path):
        dates = read_dates(deposit.frame["intdate"], "%d/%m/%Y", fieldwork=FIELDWORK)
        assert dates.reasons.drop_nulls().len() > 0
        assert dates.ambiguous > 0
        assert dates.dates.drop_nulls().is_between(*FIELDWORK).all()


def test_34_day_numbers_of_a_spreadsheet(tmp_path: Path) -> None:
    serials = [float((day - dt.date(1899, 12, 30)).days) for day in clean()["intdate"]]
    path = tmp_path / "34_excel_serial_dates.csv"
    path.write_text(text(clean().with_columns(intdate=pl.Series(serials))))
    with pytest.raises(DepositError, match=r"column intdate: holds day numbers of a spreadsheet .* 1904"):
        read_dates(read_deposit(path, "csv").frame["intdate"], "%Y-%m-%d")


def test_35_an_interview_in_2091(tmp_path: Path) -> None:
    case = Case("35_future_date.sav", sav(changed(intdate={7: dt.date(2091, 1, 7)})))
    for deposit in deposits(case, tmp_path):
        dates = read_dates(deposit.frame["intdate"], "%Y-%m-%d", fieldwork=FIELDWORK)
        assert dates.reasons.drop_nulls().to_list() == ["a date outside the fieldwork"]


def test_41_a_corrected_delivery_differs_in_counted_answers(tmp_path: Path) -> None:
    first, again = (
        Case("clean_w2.sav", sav(clean())),
        Case("41_redelivered_w2.sav", sav(changed(trust2={k: 1.0 + (clean()["trust2"][k]) % 5 for k in range(5)}))),
    )
    pairs = zip(deposits(first, tmp_path), deposits(again, tmp_path), strict=True)
    for (before, after), count in zip(pairs, (5, 4), strict=False):  # one correction of the collection changes nothing
        assert before.receipt["sha256"] != after.receipt["sha256"]
        found = differences(before.frame, after.frame, "pid")
        assert found.cells.select("changed", "filled", "emptied").sum_horizontal().sum() == count
        assert (found.people_in_both, found.people_new, found.people_gone) == (60, 0, 0)


def test_42_the_same_bytes_under_another_name(tmp_path: Path) -> None:
    pyreadstat.write_sav(clean(), tmp_path / "w2.sav")
    (tmp_path / "w2 final.sav").write_bytes((tmp_path / "w2.sav").read_bytes())
    first, second = (read_deposit(tmp_path / name, "sav").receipt for name in ("w2.sav", "w2 final.sav"))
    check_receipt(second, sha256=str(first["sha256"]), rows=60)


def test_45_people_who_withdrew_leave_no_answer_behind(tmp_path: Path) -> None:
    path = tmp_path / "withdrawals.csv"
    path.write_text("pid,scope,date\nP1010,erase,2020-05-01\nP1011,future,2020-05-01\n")
    withdrawals = read_withdrawals(path, "pid")
    frame = clean()
    for fieldwork, gone in ((FIELDWORK, 1), ((dt.date(2020, 6, 1), dt.date(2020, 7, 1)), 2)):
        scopes = scope_of(frame["pid"], withdrawals, fieldwork=fieldwork)
        rows = sort_rows(frame, frame["pid"], withdrawn=scopes.is_not_null())
        assert rows.counts() == {"withdrawn": gone}
        assert rows.quarantined.drop("row", "reason").null_count().sum_horizontal()[0] == gone * frame.width
        assert "P1010" not in str(rows.quarantined.rows())


def test_48_fewer_rows_than_confirmed(tmp_path: Path) -> None:
    case = Case("48_few_rows.sav", sav(clean().head(12)))
    for deposit in deposits(case, tmp_path):
        with pytest.raises(DepositError, match="the file has 12 rows, declared are 60"):
            check_receipt(deposit.receipt, rows=60)


def test_52_hostile_texts_are_counted_never_shown(tmp_path: Path) -> None:
    texts = [
        "<img src=x onerror=alert(1)>",
        "my email is jo@example.org, 07700 900123",
        "=cmd|calc!A1",
        "{{7*7}} ${7*7}",
        "\u202eevil",
    ]
    case = Case("52_hostile_open_text.sav", sav(changed(open1=dict(enumerate(texts)))))
    for deposit in deposits(case, tmp_path):
        kinds = {notice.kind for notice in deposit.notices if notice.column == "open1"}
        assert kinds == {"formula", "markup", "template", "control"}
        assert {finding["kind"] for finding in deposit.findings} == {"e-mail address", "UK phone number"}
        assert not any(part in str((deposit.notices, deposit.findings)) for part in ("jo@", "cmd", "7*7", "evil"))
