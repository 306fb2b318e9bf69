"""The same answers deposited as .sav, .zsav, .dta, .csv, .xlsx and .parquet become the same rows and ledger."""

from pathlib import Path

import polars as pl
import pytest
from confirmed import sha256_of

from pipeline.harmonise import Harmonised, account, harmonise
from pipeline.ingest.wave import wave_table
from pipeline.specs import Item, Study, StudyFile, Wave

KEY = bytes(range(32))
FORMATS = ("sav", "zsav", "dta", "csv", "xlsx", "parquet")
ANSWERS = pl.DataFrame(
    {
        "id": ["p1", "p2", "p3", "p4", "p5", "p6"],
        "trust": [1.0, 2.0, 3.0, -9.0, None, 1.0],
        "share": [0.5, 100.0, -9.0, 33.25, 0.0, None],
        "wt": [0.75, 1.0, 1.25, 2.0, 0.1, 1.0],
    }
)


def study(format: str) -> Study:
    about = StudyFile.model_validate(
        {"title": "S", "short_title": "S", "population": "p", "citation": "c", "licence": "l"}
        | {"arms": {"main": {"title": "m", "waves": ["w01"]}}, "missing": {"-9": "refused"}}
        | {"columns": {"person_id": "id", "weight": "wt"}}
    )
    codes = {"1": "A lot", "2": "Some", "3": "None"}
    items = {
        "trust": Item(label="Trust", wording="Trust?", codes=codes, reverse=True),
        "share": Item(label="Share", wording="Share?", kind="number", range=(0, 100)),
    }
    reading = {"csv": {"encoding": "utf-8"}, "xlsx": {"sheet": "data"}}.get(format, {})
    files = [{"arm": "main", "file": f"wave.{format}", "format": format, **reading}]
    fieldwork = {"start": "2020-01-01", "end": "2020-02-01"}
    return Study(
        "s", about, items, {}, {"w01": Wave.model_validate({"title": "w", "fieldwork": fieldwork, "files": files})}
    )


def deposit(format: str, folder: Path) -> None:
    import pyreadstat

    path = folder / f"wave.{format}"
    write = {
        "sav": lambda: pyreadstat.write_sav(ANSWERS, str(path)),
        "zsav": lambda: pyreadstat.write_sav(ANSWERS, str(path), compress=True),
        "dta": lambda: pyreadstat.write_dta(ANSWERS, str(path)),
        "csv": lambda: ANSWERS.write_csv(path),
        "xlsx": lambda: ANSWERS.write_excel(path, worksheet="data"),
        "parquet": lambda: ANSWERS.write_parquet(path),
    }
    write[format]()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Harmonised]:
    folder = tmp_path_factory.mktemp("deposits")
    found = {}
    for format in FORMATS:
        deposit(format, folder)
        confirmed = {file.name: sha256_of(file) for file in folder.iterdir()}
        wave = wave_table(study(format), "w01", folder, KEY, confirmed=confirmed).frame
        found[format] = harmonise(study(format), {"w01": wave})
        assert account(found[format].ledger, {"w01": wave}, found[format].answers) == []
    return found


def test_what_the_answers_become(made: dict[str, Harmonised]) -> None:
    assert made["sav"].answers.select("trust", "trust_reason", "share", "share_reason", "design_weight").rows() == [
        (3.0, None, 0.5, None, 0.75),
        (2.0, None, 100.0, None, 1.0),
        (1.0, None, None, "refused", 1.25),
        (None, "refused", 33.25, None, 2.0),
        (None, "blank", 0.0, None, 0.1),
        (3.0, None, None, "blank", 1.0),
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_gives_the_same(format: str, made: dict[str, Harmonised]) -> None:
    assert made[format].answers.equals(made["sav"].answers)
    assert made[format].ledger.equals(made["sav"].ledger)
    assert made[format].sql == made["sav"].sql
