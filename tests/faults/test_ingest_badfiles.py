"""Odd files of several readers' own test suites: each is read, or refused with one message."""

from __future__ import annotations

from pathlib import Path

import pytest
from shared import shared

from pipeline.errors import DepositError
from pipeline.ingest import Deposit, Limits, Request, read_deposits

BAD = shared("badfiles")
FORMATS = ("sav", "zsav", "dta", "csv")
FILES = [path for path in sorted(BAD.glob("*/*")) if path.suffix[1:] in FORMATS]
REFUSED = {
    "csvs__location_coordinates.csv": "a quote stands inside a field",
    "vignettes__stata_strl.dta": "its text is not utf-8",  # binary long strings
    "zlib_compressed.zsav": "the first bytes look like an SPSS file (.sav)",
}


def test_declared_as_they_are() -> None:
    requests = [Request(str(path), path.suffix[1:], limits=Limits(30, 2**30)) for path in FILES]
    for path, answer in zip(FILES, read_deposits(requests), strict=True):
        if path.name in REFUSED:
            assert isinstance(answer, DepositError), path.name
            assert REFUSED[path.name] in answer.what
        else:
            assert isinstance(answer, Deposit), str(answer)
            assert answer.frame.width == answer.receipt["columns"] > 0


@pytest.mark.parametrize("declared", ["sav", "zsav", "dta", "xlsx", "parquet"])
def test_declared_as_something_else(declared: str) -> None:
    others = [path for path in sorted(BAD.glob("*/*")) if path.suffix[1:] != declared]
    requests = [Request(str(path), declared, limits=Limits(30, 2**30)) for path in others]
    for path, answer in zip(others, read_deposits(requests), strict=True):
        if isinstance(answer, Deposit):
            assert (declared, path.name) == ("sav", "zlib_compressed.zsav")
        else:
            assert "Traceback" not in str(answer)
            assert answer.where == path.name


def test_values_that_their_authors_name() -> None:
    def frame(*parts: str) -> Deposit:
        path = Path(shared("badfiles", *parts))
        (answer,) = read_deposits([Request(str(path), path.suffix[1:])])
        assert isinstance(answer, Deposit), str(answer)
        return answer

    tagged = frame("haven", "tests__testthat__stata__tagged-na-double.dta")
    assert tagged.frame["x"].to_list() == ["1", "2", "3", "4", "5", ".a", ".h", ".z"]
    assert tagged.value_labels["x"] == {".a": "apple", ".z": ".zebra"}
    codes = [f".{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    assert frame("readstata13", "inst__extdata__missings.dta").frame["missings"].to_list() == [None, *codes]
    ranges = frame("pyreadstat", "test_data__basic__sample_missing.sav").missing_ranges
    assert ranges["mynum"] == [(2000.0, 3000.0), (-1.0, -1.0)]
    assert frame("pyreadstat", "test_data__missing_data__missing_char.sav").missing_ranges == {"mychar": [("Z", "Z")]}
    umlauts = frame("haven", "tests__testthat__spss__umlauts.sav")
    assert any("ä" in label or "ü" in label or "ö" in label for label in umlauts.value_labels.popitem()[1].values())
