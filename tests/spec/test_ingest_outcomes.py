"""Field reports: what a code becomes, who is in no row, and what a report that is not as declared stops with."""

import datetime as dt
from pathlib import Path
from typing import get_args

import polars as pl
import pytest
from small_study import build, make_root

from pipeline.errors import DepositError
from pipeline.ingest.people.outcomes import field_outcomes
from pipeline.ingest.people.pseudonyms import pseudonymise
from pipeline.ingest.people.sorting import Register, fingerprints
from pipeline.participation import OUTCOMES
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.base import Outcome

KEY = b"a key for tests, of 32 bytes.. ."
DECLARED = """outcomes:
  - file: report.csv
    waves: {w01: result}
    codes: {1: complete, 2: refused, 3: dead, 4: no_contact}
partial_below: 0.8
"""
REPORT = "id,result\nP000,1\nP001,1\nX900,2\nX901,3\nX902,\nX903,4\n"


def study_with(root: Path, report: str = REPORT, more: str = ""):
    make_root(root)
    about = root / "data" / "studies" / "first" / "study.yaml"
    about.write_text(about.read_text() + DECLARED + more)
    (root / "data" / "raw" / "first" / "report.csv").write_text(report)
    return load_project(Paths(root)).studies["first"]


def read(root: Path, study, withdrawn: pl.DataFrame | None = None) -> dict[str, str]:
    table = field_outcomes(study, Register(root / "data" / "raw" / "first", KEY, withdrawn))
    names = pl.Series("id", [f"X90{n}" for n in range(4)] + ["P000", "P001"])
    of = dict(zip(pseudonymise(names, KEY, "first"), names, strict=True))
    assert set(table["arm"]) == {"main"}
    return {of[person]: outcome for person, outcome in table.select("person_id", "outcome").rows()}


def test_codes_become_outcomes_and_an_empty_cell_says_nothing(tmp_path):
    found = read(tmp_path, study_with(tmp_path))
    assert found == {"P000": "complete", "P001": "complete", "X900": "refused", "X901": "dead", "X903": "no_contact"}


def test_who_withdrew_is_so_from_that_day_on_and_who_is_erased_is_in_no_row(tmp_path):
    study = study_with(tmp_path)
    marks = fingerprints(pl.Series(["X900", "X903"]), KEY, "first")
    gone = pl.DataFrame({"id": marks, "scope": ["future", "erase"], "date": [dt.date(2000, 1, 1)] * 2})
    found = read(tmp_path, study, gone)
    assert found["X900"] == "withdrawn"
    assert "X903" not in found


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (REPORT + "X904,7\n", "not declared: `7`"),
        (REPORT + "X904,husband says she is ill\n", r"outcome codes that are not declared \(1\)"),
        (REPORT + "X900,1\n", "rows that share an id"),
        (REPORT + ",1\n", "rows without an id"),
        (REPORT.replace("result", "resutl"), "has no column `result`; it has `resutl`"),
    ],
    ids=["unknown-code", "a-remark-is-not-repeated", "twice", "no-id", "no-column"],
)
def test_a_report_that_is_not_as_declared_stops(tmp_path, report, says):
    study = study_with(tmp_path, report)
    with pytest.raises(DepositError, match=says) as caught:
        read(tmp_path, study)
    assert not {"X904", "husband"} & set(str(caught.value).split())


def test_the_build_counts_those_who_never_answered(tmp_path):
    study_with(tmp_path)
    reports = build(tmp_path)
    assert not reports["participation/first"].message
    rates = pl.read_parquet(tmp_path / "data" / "warehouse" / "response_rates" / "first.parquet")
    everyone = rates.filter(cohort="all").row(0, named=True)
    assert (everyone["listed"], everyone["eligible"], everyone["achieved"]) == (43, 42, 40)
    assert (everyone["refused"], everyone["no_contact"], everyone["dead"]) == (1, 1, 1)
    assert everyone["partial"] == 4, "one of four questions refused is below the declared share"


def test_declarations_and_participation_know_the_same_outcomes():
    assert get_args(Outcome) == tuple(OUTCOMES)
