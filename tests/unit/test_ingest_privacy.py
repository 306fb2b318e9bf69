"""Personal data is counted by column and kind; no value of it leaves the search."""

import gzip
import zipfile
from pathlib import Path

import duckdb
import polars as pl
import pyreadstat
import pytest

from pipeline.ingest.formats.text import check_text
from pipeline.ingest.privacy import is_nhs_number, is_platform_column, scan, without_personal_data
from pipeline.ingest.withdrawal.search import traces


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to jo.bloggs+x@example.org.uk please", {"e-mail address"}),
        ("ring 07700 900123", {"UK phone number"}),
        ("+44 (0)20 7946 0018", {"UK phone number"}),
        ("020 7946 0018.", {"UK phone number"}),
        ("I live at CF10 3NQ now", {"UK postcode"}),
        ("ec1a1bb", {"UK postcode"}),
        ("from 192.0.2.17", {"IP address"}),
        ("2001:db8::8a2e:370:7334", {"IP address"}),
        ("my number is 943 476 5919", {"NHS number"}),
        ("943 476 5918 fails its check digit", set()),
        ("I trust 10 people, 3.5.2 times", set()),
        ("between 2016 and 2021", set()),
        ("at 10:30", set()),
        ("a@b", set()),
    ],
)
def test_what_a_text_gives_away(text: str, kinds: set[str]) -> None:
    assert {finding["kind"] for finding in scan(pl.DataFrame({"open": [text, text, None]}))} == kinds
    assert all(finding["count"] == 2 for finding in scan(pl.DataFrame({"open": [text, text, None]})))


@pytest.mark.parametrize(
    "name",
    ["IPAddress", "RecipientEmail", "RecipientLastName", "ExternalReference", "LocationLatitude", "postcode", "DOB"],
)
def test_columns_of_platforms_are_known_by_name(name: str) -> None:
    assert is_platform_column(name)
    assert scan(pl.DataFrame({name: ["x", None]})) == ({"column": name, "kind": "platform column", "count": 1},)


@pytest.mark.parametrize("name", ["trust1", "region", "names_known", "emailed_council", "mobile_use", "m29"])
def test_columns_of_answers_are_not(name: str) -> None:
    assert not is_platform_column(name)


def test_the_check_digit_of_nhs_numbers() -> None:
    assert is_nhs_number("9434765919")
    assert not is_nhs_number("9434765918")
    assert not is_nhs_number("0000000000")


def test_a_column_of_numbers_is_nhs_numbers_only_if_all_are() -> None:
    assert scan(pl.DataFrame({"x": [9434765919.0, None]}))[0]["kind"] == "NHS number"
    assert scan(pl.DataFrame({"x": [9434765919.0, 1.0]})) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("=HYPERLINK(1)", "formula"),
        ("+cmd|x", "formula"),
        ("@sum", "formula"),
        ("<script>alert(1)</script>", "markup"),
        ("{{ config }}", "template"),
        ("${jndi:x}", "template"),
        ("MÃ´n", "mojibake"),
        ("itâ€™s", "mojibake"),
    ],
)
def test_texts_that_would_act_or_were_encoded_twice_are_counted(text: str, kind: str) -> None:
    (notice,) = check_text(pl.DataFrame({"open": [text, "plain", None]}))
    assert (notice.kind, notice.column, notice.count) == (kind, "open", 1)
    assert text not in notice.message


@pytest.mark.parametrize("text", ["-99", "- well, no", "a < b", "Ynys Môn", "São Paulo", "5 = yes"])
def test_plain_texts_raise_no_notice(text: str) -> None:
    assert check_text(pl.DataFrame({"open": [text]})) == []


def test_a_person_is_found_wherever_something_of_them_is_left(tmp_path: Path) -> None:
    person = "P1010-x"
    frame = pl.DataFrame({"pid": [person, "other"], "n": [1.0, 2.0]})
    frame.write_parquet(tmp_path / "t.parquet", compression="zstd")
    frame.select(pl.concat_list("pid", "pid")).write_parquet(tmp_path / "nested.parquet")
    pyreadstat.write_sav(frame, tmp_path / "w.sav", row_compress=True)
    with duckdb.connect(str(tmp_path / "db.duckdb")) as database:
        database.execute("CREATE TABLE t AS SELECT 'P1010-x' AS pid")
    with zipfile.ZipFile(tmp_path / "report.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<p>{person}</p>" * 50)
    (tmp_path / "log.gz").write_bytes(gzip.compress(f"{person} left".encode()))
    (tmp_path / "utf16.csv").write_bytes(f"pid\n{person}\n".encode("utf-16"))
    (tmp_path / "long.txt").write_bytes(b"x" * ((1 << 20) - 3) + person.encode())
    (tmp_path / "clean.txt").write_text("nobody")
    found = traces(tmp_path, [person])
    assert {path.name for path in found.found} == {path.name for path in tmp_path.iterdir()} - {"clean.txt"}
    assert found.unopened == ()


def test_numbers_count_in_id_columns_only(tmp_path: Path) -> None:
    pl.DataFrame({"pid": [1010.0], "income": [2020.0]}).write_parquet(tmp_path / "t.parquet", statistics=False)
    assert traces(tmp_path, ["1010"], id_columns=["pid"]).found
    assert not traces(tmp_path, ["2020"], id_columns=["pid"]).found


def test_a_file_that_cannot_be_opened_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing more")
    assert [path.name for path in traces(tmp_path, ["x9"]).unopened] == ["broken.parquet"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("e-mail address", "JO@EXAMPLE.CO.UK"),
        ("e-mail address", "jo (at) example.org"),
        ("e-mail address", "jo @ example.org"),
        ("e-mail address", "jo＠example.org"),
        ("e-mail address", "jø@exämple.org"),
        ("UK phone number", "+447700900123"),
        ("UK phone number", "0044 7700 900123"),
        ("UK phone number", "(+44) 1632 960983"),
        ("UK phone number", "+44‑7700‑900123"),
        ("UK phone number", "+44\u00a07700\u00a0900123"),
        ("UK phone number", "07700.900.123"),
        ("UK phone number", "44 7700 900123"),
        ("UK phone number", "０７７００９００１２３"),
        ("UK phone number", "٠٧٧٠٠٩٠٠١٢٣"),
        ("UK postcode", "cf103nq"),
        ("UK postcode", "CF10  3NQ"),
        ("UK postcode", "CF10\u00a03NQ"),
        ("UK postcode", "ＣＦ10-3nq"),
        ("UK postcode", "bfpo 57"),
        ("NHS number", "943\u00a0476\u00a05919"),
        ("NHS number", "943–476–5919"),
        ("NHS number", "943.476.5919"),
        ("NHS number", "９４３ ４７６ ５９１９"),
        ("IP address", "192.168.001.001:8080"),
        ("IP address", "2001:DB8::"),
        ("IP address", "fe80::1%eth0"),
        ("IP address", "[2001:db8::1]/64"),
        ("IP address", "::ffff:192.0.2.1"),
        ("IP address", "2001:db8:0:0:0:0:0:1"),
    ],
)
def test_disguises_are_seen_through(kind: str, text: str) -> None:
    assert {"column": "open", "kind": kind, "count": 1} in scan(pl.DataFrame({"open": [f"it is {text}, thanks"]}))


@pytest.mark.parametrize(
    "text",
    [
        "2016-05-03",
        "03/05/2016 12:30:00",
        "01.02.2020 12:30",
        "12:30:45.123",
        "2016:05:03 10:11:12",
        "item::trust",
        "a::b",
        "it's 10::20",
        "00:1b:44:11:3a:b7",
        "0.0123456789",
        "3.14159265",
        "1,234,567",
        "1.2.3",
        "00000000000",
        "born 1961, moved 1999, 2004",
        "0 1 2 3 4 5 6 7 8 9 10",
        "£20 000-30 000",
        "5 - Strongly agree",
        "B12 tablets",
        "A1",
        "w01",
        "Class 2B",
        "100000000000",
        "E01000001",
        "ISO 9001",
        "2019-10-21T12:00:00Z",
        "3.2.1",
        "me @ home",
    ],
)
def test_ordinary_answers_raise_no_alarm(text: str) -> None:
    assert scan(pl.DataFrame({"open": [text, f"{text} "]})) == ()


@pytest.mark.parametrize("values", [[1.0, 2.0, -99.0], [0.0123456789, 2.5], [1.57e9, 1.58e9], [20190101.0, 20191231.0]])
def test_ordinary_numbers_raise_no_alarm(values: list[float]) -> None:
    assert scan(pl.DataFrame({"x": values})) == ()


def test_mobile_numbers_that_lost_their_zero() -> None:
    assert scan(pl.DataFrame({"x": [7700900123.0, None]}))[0] == {"column": "x", "kind": "UK phone number", "count": 1}
    assert scan(pl.DataFrame({"x": [7700900123.0, 1.0]})) == ()


@pytest.mark.parametrize(
    "name",
    [
        "ip address",
        "Recipient Email",
        "External Data Reference",
        "Location Latitude",
        "E-mail",
        "Phone Number",
        "Home postcode",
        "Date of birth",
        "NHS number",
        "forename",
        "mobile number",
        "PROLIFIC_PID",
        "recipient_first_name",
    ],
)
def test_names_of_columns_are_read_without_marks(name: str) -> None:
    assert is_platform_column(name)


def test_texts_that_look_personal_do_not_pass() -> None:
    column = pl.Series("q", ["5", "ring 07700 900123", None, "plain", "jo@example.org"])
    assert without_personal_data(column).to_list() == ["5", "personal data", None, "plain", "personal data"]
    assert without_personal_data(pl.Series("q", [9434765919.0])).to_list() == [9434765919.0]
