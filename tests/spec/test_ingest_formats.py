"""A format is one record and one module: nothing else names it, and a new one needs nothing else."""

import importlib
import pkgutil
from pathlib import Path

import polars as pl
import pytest
from confirmed import confirm_all
from erasing import take_out
from small_study import declare, make_root, rows
from toy_format import RECORD

from pipeline.errors import DeclarationErrors
from pipeline.ingest import formats, traces
from pipeline.ingest.arrival.draft import draft_wave
from pipeline.ingest.formats.known import known_formats
from pipeline.ingest.formats.modules import FormatModule
from pipeline.ingest.formats.signatures import looks_like
from pipeline.ingest.wave import wave_table
from pipeline.paths import Paths
from pipeline.specs import WaveFile, load_project
from pipeline.specs.formats import FORMATS, format_keys

FUNCTIONS = [name for name in vars(FormatModule) if not name.startswith("_")]
WAVE = "waves/w01.yaml"
CSV = """    file: study_wave_1.csv         # below data/raw/<study>, or below --deposits
    format: csv                    # sav, zsav, dta, csv, xlsx, parquet: declared, never guessed
    encoding: utf-8
    delimiter: ","
"""


@pytest.mark.parametrize("record", FORMATS.values(), ids=list(FORMATS))
def test_each_record_has_its_module(record) -> None:
    module = importlib.import_module(record.module)
    assert all(callable(getattr(module, name, None)) for name in FUNCTIONS)


def test_each_module_that_reads_a_format_has_its_record() -> None:
    assert {"read", "write_without", "ways"} == set(FUNCTIONS)
    names = [f"{formats.__name__}.{module.name}" for module in pkgutil.iter_modules(formats.__path__)]
    readers = {name for name in names if all(hasattr(importlib.import_module(name), one) for one in FUNCTIONS)}
    assert readers == {record.module for record in FORMATS.values()}


def test_every_key_of_a_format_is_a_key_of_a_file() -> None:
    assert format_keys() <= set(WaveFile.model_fields)


def test_no_first_bytes_are_those_of_two_formats() -> None:
    heads = {"sav": b"$FL2", "zsav": b"$FL3", "dta": b"<stata_dta>", "xlsx": b"PK\x03\x04", "parquet": b"PAR1"}
    assert {name: looks_like(head, known_formats()) for name, head in heads.items()} == {name: name for name in heads}
    assert set(heads) == {name for name, record in FORMATS.items() if not record.is_text}
    assert looks_like(b"\x72\x01\x01\x00\x05\x00", known_formats()) == "dta"


@pytest.mark.parametrize(
    ("form", "key"), [(name, key) for name, record in FORMATS.items() for key in sorted(format_keys() - record.takes)]
)
def test_a_key_that_a_format_does_not_take_is_refused_with_its_line(form: str, key: str, tmp_path: Path) -> None:
    root = make_root(tmp_path)
    values = {"header_row": "2", "footer_rows": "2", "layout": "qualtrics", "delimiter": '";"'}
    value = {**values, "decimal": '","', "thousands": '","'}.get(key, "x")
    declare(root, "first", WAVE, CSV, f"    file: study_wave_1.csv\n    format: {form}\n    {key}: {value}\n")
    lines = (root / "data" / "studies" / "first" / WAVE).read_text().splitlines()
    number = next(place for place, line in enumerate(lines, start=1) if line.startswith(f"    {key}:"))
    with pytest.raises(DeclarationErrors) as refused:
        load_project(Paths(root))
    assert f"w01.yaml:{number}: a file of the format `{form}` does not take `{key}`" in str(refused.value)


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A root whose one deposit is of the toy format; nothing but its module and its record knows of it."""
    root = make_root(tmp_path)
    (root / "data" / "raw" / "first" / "study_wave_1.csv").unlink()
    rows().write_ndjson(root / "data" / "raw" / "first" / "study.jsonl")
    declare(root, "first", WAVE, CSV, "    file: study.jsonl\n    format: jsonl\n")
    return root


def test_without_a_record_a_format_is_no_format(toy: Path) -> None:
    with pytest.raises(DeclarationErrors, match="`jsonl`; expected 'sav'"):
        load_project(Paths(toy))


def test_a_new_format_is_checked_read_drafted_searched_and_rewritten(toy: Path) -> None:
    deposit = toy / "data" / "raw" / "first" / "study.jsonl"
    with FORMATS.registered(RECORD):
        confirm_all(toy)
        study = load_project(Paths(toy)).studies["first"]
        table = wave_table(study, "w01", deposit.parent, bytes(32))
        assert table.frame.height == rows().height
        assert table.receipts["format"].to_list() == ["jsonl"]
        assert "format: jsonl" in draft_wave(study, "w02", "main", deposit)
        assert take_out(deposit, lambda ids: ids == "P003", "id") == 1
        assert traces(deposit.parent, ["P003"]).found == {}
    assert pl.read_ndjson(deposit)["id"].to_list() == [one for one in rows()["id"] if one != "P003"]


def test_a_new_format_refuses_keys_that_it_does_not_take(toy: Path) -> None:
    declare(toy, "first", WAVE, "    format: jsonl\n", "    format: jsonl\n    encoding: utf-8\n    sheet: One\n")
    with (
        FORMATS.registered(RECORD),
        pytest.raises(DeclarationErrors, match="`jsonl` does not take `sheet`; it is for xlsx"),
    ):
        load_project(Paths(toy))
