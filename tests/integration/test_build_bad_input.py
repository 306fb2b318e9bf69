"""Bad input stops the build at that asset with one clear message; other studies build; nothing is lost."""

import polars as pl
import pytest
from small_study import build, declare, deposit, make_root, rows, write_sav

from assets.engine import store
from pipeline.paths import Paths


def missing(root):
    (root / "data/raw/first/study_wave_1.csv").unlink()


def another_format(root):
    write_sav(root / "data/raw/first/study_wave_1.csv", rows())


def truncated(root):
    declare(root, "first", "waves/w01.yaml", "study_wave_1.csv", "study_wave_1.sav")
    declare(root, "first", "waves/w01.yaml", "format: csv", "format: sav")
    declare(root, "first", "waves/w01.yaml", '    delimiter: ","\n', "")
    file = write_sav(root / "data/raw/first/study_wave_1.sav", rows())
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])


def id_twice(root):
    deposit(root, "first", pl.concat([rows(), rows().head(1)]))


def blank_id(root):
    deposit(root, "first", rows().with_columns(pl.when(pl.col("id") == "P003").then(None).otherwise("id").alias("id")))


def undeclared_code(root):
    deposit(root, "first", rows().with_columns(belong1=pl.when(pl.col("belong1") == 4).then(7).otherwise("belong1")))


def out_of_range(root):
    deposit(root, "first", rows().with_columns(lifesat=pl.when(pl.col("lifesat") == 10).then(77).otherwise("lifesat")))


def variable_absent(root):
    deposit(root, "first", rows().rename({"belong1": "belonging1"}))


def no_weight(root):
    deposit(root, "first", rows().drop("weight"))


def more_rows_than_declared(root):
    declare(root, "first", "waves/w01.yaml", "    format: csv", "    rows: 39\n    format: csv")


CASES = {
    missing: ("wave/first/w01", ["study_wave_1.csv"]),
    another_format: ("wave/first/w01", ["study_wave_1.csv", "csv"]),
    truncated: ("wave/first/w01", ["study_wave_1.sav"]),
    id_twice: ("wave/first/w01", ["share an id", "(2)"]),
    blank_id: ("wave/first/w01", ["without an id", "(1)"]),
    undeclared_code: ("findings/first", ["study_wave_1.csv", "`belong1`", "not declared: 7 (10)", "Declare"]),
    out_of_range: ("findings/first", ["`lifesat`", "values outside the declared range 0 to 10"]),
    variable_absent: ("findings/first", ["study_wave_1.csv", "`belong1`", "closest name in the file is `belonging1`"]),
    no_weight: ("wave/first/w01", ["study_wave_1.csv", "`weight`"]),
    more_rows_than_declared: ("wave/first/w01", ["study_wave_1.csv", "40 rows where 39 were declared"]),
}


@pytest.fixture
def root(tmp_path):
    root = make_root(tmp_path / "clone", ("first", "second"))
    assert not [report for report in build(root).values() if report.message]
    return root


@pytest.mark.parametrize("spoil", CASES, ids=lambda case: case.__name__)
def test_one_clear_message(root, spoil):
    paths, panel = Paths(root), ("panel", "first")
    before = store.load(paths, panel)
    spoil(root)

    reports = build(root, force=True)

    node, words = CASES[spoil]
    failed = {name: report.message for name, report in reports.items() if report.message}
    assert list(failed) == [node]
    message = failed[node]
    assert all(word in message for word in words), message
    assert not any(word in message for word in ("Traceback", "P00", "defect")), message
    assert reports["panel/second"].message == "", "the other study still builds"
    assert store.load(paths, panel).equals(before), "what was in the warehouse is still there"


def test_ids_never_reach_the_warehouse(root):
    for file in (root / "data" / "warehouse").rglob("*.parquet"):
        assert b"P003" not in file.read_bytes(), file.name


def test_the_pseudonym_key_is_private_and_outside_the_warehouse(root):
    key = Paths(root).pseudonym_key
    assert key.stat().st_mode & 0o077 == 0
    assert not key.is_relative_to(Paths(root).warehouse)
