"""Paradata as declared: speeders, stragglers, partial interviews and test records are all counted."""

from pathlib import Path

import engine_runs
import polars as pl
import pytest
from confirmed import confirm_all
from shared import shared
from small_study import ROWS, declare, deposit, make_root, rows

from assets.engine import store
from assets.engine.report import Report
from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import load_project

ROLES = "columns: {duration: minutes, progress: progress, test: remark}"


def panel(**columns: list[object]) -> pl.DataFrame:
    """The small study's rows with paradata: twenty minutes, complete, no remark, but for what is given."""
    usual = {"minutes": [20.0] * ROWS, "progress": [100] * ROWS, "remark": [None] * ROWS}
    return rows().with_columns(pl.Series(name, values, strict=False) for name, values in {**usual, **columns}.items())


def few(name: str, values: list[object], usual: object) -> dict[str, list[object]]:
    return {name: [*values, *[usual] * (ROWS - len(values))]}


def built(root: Path, frame: pl.DataFrame, rules: str = "", roles: str = ROLES) -> Report:
    deposit(root, "first", frame)
    declare(root, "first", "waves/w01.yaml", "    format: csv", f"    {roles}\n    format: csv")
    if rules:
        declare(root, "first", "waves/w01.yaml", "mode: online", f"mode: online\nparadata: {rules}")
    confirm_all(root)
    reports = engine_runs.build(root)
    assert not [report.message for report in reports.values() if report.message]
    return reports["wave/first/w01"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path / "root")


def remarks(report: Report) -> list[str]:
    return [words for check in report.checks if check.name == "paradata" for words in check.found]


def receipt(root: Path) -> dict[str, object]:
    return store.load(Paths(root), ("receipt", "first", "w01")).row(0, named=True)


def outcomes(root: Path) -> dict[str, int]:
    table = store.load(Paths(root), ("participation", "first"))
    return dict(table.filter("is_present")["outcome"].value_counts().iter_rows())


def test_speeders_and_stragglers_are_counted_by_the_default_rule(root):
    report = built(root, panel(**few("minutes", [2.0, 6.0, 6.7, 1441.0, 21197.0], 20.0)))
    assert remarks(report) == [
        "study_wave_1.csv, minutes: 2 speeders: complete interviews of under 6.7 minutes, which is 33% of the median "
        "of 20.0",
        "study_wave_1.csv, minutes: 2 stragglers: interviews of over 1,440 minutes",
    ]
    assert receipt(root)["loaded"] == ROWS, "who is counted is loaded all the same"


def test_whoever_broke_off_is_partial_and_no_speeder(root):
    report = built(root, panel(**few("minutes", [1.0, 1.0], 20.0), **few("progress", [21, 60], 100)))
    assert remarks(report) == ["study_wave_1.csv, progress: 2 interviews are partial: their progress is under 100"]
    assert outcomes(root) == {"complete": ROWS - 2, "partial": 2}


def test_a_declared_rule_replaces_the_default(root):
    frame = panel(**few("minutes", [500.0, 590.0, 4000.0, 90000.0], 1200.0), **few("progress", [79, 80], 100))
    report = built(
        root, frame, "{duration_in: seconds, speeders: 0.5, stragglers: 60, complete: 80, set_aside: [stragglers]}"
    )
    assert [words.split(": ")[1] for words in remarks(report)] == [
        "1 interviews are partial",
        "1 speeders",
        "2 stragglers",
    ]
    found = receipt(root)
    assert (found["rows"], found["loaded"], found["quarantined"], found["apart"]) == (40, 38, 2, "straggler: 2")
    assert outcomes(root) == {"complete": 37, "partial": 1}


@pytest.mark.parametrize("mark", ["Testdata", "test", "TEST 2", "1", "true", "Dummy record", "Survey Preview"[7:]])
def test_a_test_record_is_set_aside_and_counted(root, mark):
    built(root, panel(**few("remark", [mark], None)))
    found = receipt(root)
    assert (found["rows"], found["loaded"], found["set_aside"], found["apart"]) == (40, 39, 1, "test record: 1")
    assert "remark" not in store.load(Paths(root), ("wave", "first", "w01")).columns, "remarks are no data"
    assert outcomes(root) == {"complete": 39}


def test_test_records_may_share_an_id_or_have_none(root):
    frame = panel(**few("remark", ["Testdata", "Testdata", "Testdata"], None))
    frame = frame.with_columns(id=pl.Series([None, "P005", "P005", *frame["id"][3:]]))
    built(root, frame)
    assert receipt(root)["apart"] == "test record: 3"


def test_only_the_declared_mark_marks_a_test(root):
    built(root, panel(**few("remark", ["probe", "test of my patience"], None)), "{test: [Probe]}")
    assert receipt(root)["apart"] == "test record: 1"


def test_a_remark_that_is_no_mark_is_loaded_and_told(root):
    report = built(root, panel(**few("remark", ["I liked it", "too long"], None)))
    assert receipt(root)["loaded"] == ROWS
    (words,) = remarks(report)
    assert "remark: 2 records say something else than a usual mark" in words
    assert "liked" not in words


def test_a_unit_that_is_not_declared_is_noticed(root):
    report = built(root, panel(minutes=[900.0 + number for number in range(ROWS)]))
    assert any("declare `paradata: {duration_in: seconds}`" in words for words in remarks(report))


def test_what_is_no_number_is_counted(root):
    report = built(root, panel(**few("minutes", ["00:20", "n/a"], "20")))
    assert remarks(report) == ["study_wave_1.csv, minutes: 2 cells are no duration: text where a number is expected"]


@pytest.mark.parametrize(
    ("rules", "columns", "message"),
    [
        ("{speeders: 0.5}", "{progress: progress}", "`speeders` is about a column that this wave does not have"),
        ("{complete: 90}", "{duration: minutes}", "`complete` is about a column that this wave does not have"),
        ("{test: [x]}", "{duration: minutes}", "say `columns: {test: ...}`, or leave it out"),
        ("{speeders: 2}", "{duration: minutes}", "speeders"),
        ("{fast: 0.5}", "{duration: minutes}", "`paradata.fast` is not a valid key"),
    ],
)
def test_a_rule_without_its_column_is_refused(root, rules, columns, message):
    declare(root, "first", "waves/w01.yaml", "    format: csv", f"    columns: {columns}\n    format: csv")
    declare(root, "first", "waves/w01.yaml", "mode: online", f"mode: online\nparadata: {rules}")
    with pytest.raises(DeclarationErrors, match=r"waves/w01.yaml:\d+: ") as found:
        load_project(Paths(root))
    assert message in str(found.value)


def test_08_paradata(root):
    path = shared("faults", "drift", "08_paradata.csv")
    deposit(root, "first", rows())
    declare(root, "first", "study.yaml", "  weight: weight", "")
    (root / "data/raw/first/study_wave_1.csv").write_bytes(path.read_bytes())
    declare(root, "first", "waves/w01.yaml", "    format: csv", f"    {ROLES}\n    format: csv")
    (root / "data/studies/first/items.yaml").write_text(
        "taken: {label: Minutes, wording: How long it took, variable: minutes, kind: number, range: [0, 30000]}\n"
    )
    for name in ("scales.yaml", "weights.yaml", "imputation.yaml"):
        (root / "data/studies/first" / name).unlink()
    confirm_all(root)
    report = engine_runs.build(root)["wave/first/w01"]
    assert remarks(report) == [
        "study_wave_1.csv, progress: 1 interviews are partial: their progress is under 100",
        "study_wave_1.csv, minutes: 1 stragglers: interviews of over 1,440 minutes",
    ]
    assert receipt(root)["apart"] == "test record: 1"
    assert outcomes(root) == {"complete": 2, "partial": 1}
