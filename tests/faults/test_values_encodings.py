"""An encoding that is wrong names the one that reads clean, whatever the file says of itself or somebody declared."""

import re
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from shared import shared

from pipeline.errors import DepositError
from pipeline.ingest import read_deposit
from pipeline.ingest.arrival.opened import open_undeclared
from pipeline.ingest.formats.encodings import clean_encodings, is_clean

GERMAN = ["Köln", "Münster", "Straße", "Größe", "Äpfel", "Bonn"]
WELSH = ["Ynys Môn", "Tŷ Ddewi", "Llanfair", "Sŵn", "Pentre", "Gŵyl"]
POLISH = ["Łódź", "Kraków", "Gdańsk", "Świdnica", "Żółte", "Częstochowa"]
RUSSIAN = ["Москва", "Казань", "Тула", "Омск", "Пермь", "Сочи"]
GREEK = ["Αθήνα", "Πάτρα", "Βόλος", "Λάρισα", "Χανιά", "Κοζάνη"]
FRENCH = ["Orléans", "Besançon", "Nîmes", "Évry", "Châlons", "Sète – “été”"]
WRITTEN = {
    "windows-1252": FRENCH,
    "macintosh": [*GERMAN[:5], "Besançon"],
    "windows-1250": POLISH,
    "windows-1251": RUSSIAN,
    "windows-1253": GREEK,
    "utf-8": WELSH,
}


def frame(texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"pid": [f"P{number}" for number in range(6)], "q1": [1.0] * 6, "region": texts})


@pytest.mark.parametrize("encoding", WRITTEN)
def test_the_encoding_of_a_text_is_first_among_the_clean(encoding):
    assert clean_encodings("\n".join(WRITTEN[encoding]).encode(encoding))[0] == encoding


@pytest.mark.parametrize("text", ["Kšlnˆ", "Ã©tÃ©", "K\x96ln", "Kцln", "MÃ¼nster", "kÖln", "Ìîñêâà", "na�ve"])
def test_what_nobody_writes_is_not_clean(text):
    assert not is_clean(text)


@pytest.mark.parametrize("encoding", [name for name in WRITTEN if name != "utf-8"])
def test_a_csv_file_names_the_encoding_and_reads_in_it(tmp_path, encoding):
    path = tmp_path / "regions.csv"
    path.write_bytes(frame(WRITTEN[encoding]).write_csv().encode(encoding))
    with pytest.raises(DepositError, match=r"is not UTF-8; it reads clean as") as error:
        read_deposit(path, "csv")
    declared = re.search(r"`encoding: ([\w-]+)`", str(error.value))
    assert declared is not None
    assert declared[1] == encoding
    assert read_deposit(path, "csv", encoding=declared[1]).frame["region"].to_list() == WRITTEN[encoding]
    assert open_undeclared(path).deposit.frame["region"].to_list() == WRITTEN[encoding], "the draft reads it so too"


@pytest.mark.parametrize("declared", ["windows-1252", "iso-8859-1", "cp850"])
def test_utf_8_that_is_declared_as_another_is_named(tmp_path, declared):
    path = tmp_path / "regions.csv"
    frame(GERMAN).write_csv(path)
    with pytest.raises(DepositError, match=rf"is not {declared}, which is declared; it reads clean as `utf-8`"):
        read_deposit(path, "csv", encoding=declared)


def test_windows_text_that_is_declared_as_latin_1_is_named(tmp_path):
    path = tmp_path / "regions.csv"
    path.write_bytes(frame(FRENCH).write_csv().encode("windows-1252"))
    with pytest.raises(DepositError, match="is not iso-8859-1, which is declared; it reads clean as `windows-1252`"):
        read_deposit(path, "csv", encoding="iso-8859-1")


def lying_sav(path: Path, texts: list[str], encoding: str) -> Path:
    """A file that says UTF-8 and holds texts in another encoding."""
    padded = [text.encode(encoding) for text in texts]
    longest = max(map(len, padded))
    stand_in = ["x" * 3 + f"{number}" + "y" * (longest - 4) for number in range(len(texts))]
    pyreadstat.write_sav(frame(stand_in), path)
    data = path.read_bytes()
    for old, new in zip(stand_in, padded, strict=True):
        assert old.encode() in data
        data = data.replace(old.encode(), new.ljust(longest))
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["windows-1252", "macintosh", "windows-1250"])
def test_an_spss_file_that_says_utf_8_and_is_not(tmp_path, encoding):
    path = lying_sav(tmp_path / "lies.sav", WRITTEN[encoding], encoding)
    with pytest.raises(DepositError, match="cannot be read in the encoding that it states; it reads clean as") as error:
        read_deposit(path, "sav")
    assert f"Declare `encoding: {encoding}`" in str(error.value)
    assert "cut off" not in str(error.value)
    made = read_deposit(path, "sav", encoding=encoding).frame["region"].to_list()
    assert made == WRITTEN[encoding]
    with pytest.raises(DepositError, match="cannot be read as `utf-8`, which is declared; it reads clean as"):
        read_deposit(path, "sav", encoding="utf-8")


def test_an_spss_file_in_utf_8_that_is_declared_as_another(tmp_path):
    path = tmp_path / "right.sav"
    pyreadstat.write_sav(frame(GERMAN), path, column_labels={"region": "Größe der Stadt"})
    assert read_deposit(path, "sav").frame["region"].to_list() == GERMAN
    with pytest.raises(DepositError, match="not windows-1252, which is declared; it reads clean as `utf-8`"):
        read_deposit(path, "sav", encoding="windows-1252")


@pytest.mark.parametrize("format", ["sav", "csv"])
def test_an_encoding_that_does_not_exist(tmp_path, format):
    path = tmp_path / f"right.{format}"
    frame(GERMAN).write_csv(path) if format == "csv" else pyreadstat.write_sav(frame(GERMAN), path)
    with pytest.raises(DepositError, match="there is no encoding `utf-9`"):
        read_deposit(path, format, encoding="utf-9")


def test_a_file_that_is_cut_off_is_still_said_to_be(tmp_path):
    path = tmp_path / "cut.sav"
    pyreadstat.write_sav(frame(GERMAN), path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DepositError, match=r"not complete|cut off"):
        read_deposit(path, "sav")


def test_c02_cp1252_in_utf8():
    path = shared("faults", "waves", "c02_cp1252_in_utf8.sav")
    with pytest.raises(DepositError, match="Declare `encoding: windows-1252` for the file"):
        read_deposit(path, "sav")
    assert "Köln" in read_deposit(path, "sav", encoding="windows-1252").frame["region"].to_list()


@pytest.mark.parametrize("file", ["german.sav", "greetings.sav", "scheiß Encoding.sav"])
def test_files_that_people_sent_read_as_before(file):
    path = shared("badfiles", "savReaderWriter", file)
    assert read_deposit(path, "sav").frame.height
