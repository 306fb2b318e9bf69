"""Stages on waves and tables on disk make the rows, and where a table is stored the bytes, that they make in memory."""

import sys
from pathlib import Path

import polars as pl
import pytest

from assets.engine.store import table_bytes
from pipeline import on_disk
from pipeline.errors import CohesionError, DepositError
from pipeline.harmonise import account, harmonise
from pipeline.participation import absences, accounting, participation, patterns, response_rates, retention
from pipeline.paths import Paths
from pipeline.scales import panel
from pipeline.specs import load_project
from pipeline.weights import people
from pipeline.weights.delivered import delivered_weights, weight_summary

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import large_panel

CARRIED = "wording: Sex, kind: nominal, carry: true,"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A small root of the benchmark's study, in which sex is asked in the first wave alone."""
    made = tmp_path_factory.mktemp("large")
    large_panel.declare(made)
    items = made / "data" / "studies" / large_panel.STUDY / "items.yaml"
    items.write_text(items.read_text().replace("wording: Sex, kind: nominal,", CARRIED))
    large_panel.write(made, 2000)
    return made


@pytest.fixture(scope="module")
def study(root):
    return load_project(Paths(root)).studies[large_panel.STUDY]


@pytest.fixture(scope="module")
def files(root) -> dict[str, Path]:
    found = Paths(root).table("wave", large_panel.STUDY, "w01").parent
    for path in sorted(found.glob("*.parquet"))[1:]:
        frame = pl.read_parquet(path)
        frame.with_columns(woman=pl.lit(None, pl.String)).write_parquet(path)
    return {path.stem: path for path in sorted(found.glob("*.parquet"))}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Many batches and many blocks of persons, as a large panel has."""
    monkeypatch.setattr(on_disk, "BATCH", 130)
    monkeypatch.setattr("pipeline.harmonise.carry.BATCH", 130)
    monkeypatch.setattr(on_disk, "PERSONS", 37)


@pytest.fixture(scope="module")
def in_memory(study, files):
    return harmonise(study, {wave: pl.read_parquet(path) for wave, path in files.items()})


@pytest.fixture(scope="module")
def answers(in_memory, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("answers") / "answers.parquet"
    path.write_bytes(table_bytes(in_memory.answers))
    return path


def test_harmonise(study, files, in_memory):
    made = harmonise(study, files)
    assert made.answers.path.read_bytes() == table_bytes(in_memory.answers)
    assert made.answers.scan().filter(pl.col("woman").is_null()).collect().height < made.answers.height / 8, "carried"
    assert made.ledger.equals(in_memory.ledger)
    assert made.crosswalk.equals(in_memory.crosswalk)
    assert made.sql == in_memory.sql
    waves = {wave: on_disk.on_disk(path) for wave, path in files.items()}
    assert account(made.ledger, waves, made.answers) == []
    assert (
        account(made.ledger.head(-1), waves, made.answers)
        == account(made.ledger.head(-1), waves, in_memory.answers)
        != []
    )


def test_harmonise_refuses_what_it_refuses_in_memory(study, files, tmp_path):
    def message(waves) -> str:
        with pytest.raises(DepositError) as raised:
            harmonise(study, waves)
        return str(raised.value)

    first = pl.read_parquet(files["w01"])
    for name, broken in {
        "codes": first.with_columns(belief=pl.lit("77")),
        "weights": first.with_columns(wt=pl.lit("-1")),
        "twice": pl.concat([first, first.head(2)]),
        "absent": first.drop("trust"),
        "arm": first.with_columns(arm=pl.lit("other")),
    }.items():
        broken.write_parquet(tmp_path / f"{name}.parquet")
        assert message({"w01": tmp_path / f"{name}.parquet"}) == message({"w01": broken})


def reports(answers: pl.DataFrame) -> pl.DataFrame:
    """A field report: refusals of people with answers, and people who were issued and never interviewed."""
    last = answers.filter(wave="w09").join(answers.filter(wave="w10"), on="person_id", how="anti")
    never = pl.DataFrame({"person_id": ["x1", "x2"], "arm": "main", "wave": "w01", "outcome": "no_contact"})
    gone = last.select("person_id", "arm", wave=pl.lit("w10"), outcome=pl.lit("refused"))
    return pl.concat([gone, never])


@pytest.mark.parametrize("told", [False, True], ids=["answers alone", "with a field report"])
def test_participation_and_its_counts(study, in_memory, answers, told):
    outcomes = reports(in_memory.answers) if told else None
    expected = participation(in_memory.answers, study.calendar, study="large", outcomes=outcomes)
    made = participation(answers, study.calendar, study="large", outcomes=outcomes)
    assert made.path.read_bytes() == table_bytes(expected)
    for count in (response_rates, retention, accounting, absences):
        assert count(made).equals(count(expected))
    further = {"by_arm": True, "by_cohort": True, "style": "xtdescribe"}
    assert patterns(made).equals(patterns(expected))
    assert patterns(made, **further).equals(patterns(expected, **further))


def test_participation_refuses_what_it_refuses_in_memory(study, in_memory, tmp_path):
    def message(table, calendar=study.calendar) -> str:
        with pytest.raises(CohesionError) as raised:
            participation(table, calendar, study="large")
        return str(raised.value)

    frame = in_memory.answers
    moved = pl.when(pl.col("wave") == "w03").then(pl.lit("other")).otherwise("arm")
    for place, (broken, calendar) in enumerate(
        [
            (frame, {"main": ["w01", "w02"]}),
            (pl.concat([frame, frame.head(5)]), study.calendar),
            (frame.with_columns(arm=moved), {**study.calendar, "other": ["w03"]}),
        ]
    ):
        broken.write_parquet(tmp_path / f"{place}.parquet")
        assert message(tmp_path / f"{place}.parquet", calendar) == message(broken, calendar)


@pytest.mark.parametrize("origin", [None, "w03", "latest"])
def test_people_of_a_weight_set(study, in_memory, answers, origin):
    table = participation(in_memory.answers, study.calendar, study="large")
    waves, read = ["w04", "w05", "w06"], {"columns": ["design_weight", "woman"], "origin": origin, "rule": "any"}
    expected = people(in_memory.answers, table, waves, **read)
    made = people(answers, participation(answers, study.calendar, study="large"), waves, **read)
    assert made.equals(expected)
    with pytest.raises(CohesionError, match="no arm's calendar"):
        people(answers, table, ["w77"])


def test_weights_as_delivered(in_memory, answers):
    expected, made = delivered_weights(in_memory.answers), delivered_weights(answers)
    read = made.scan().collect()
    assert read.drop("scaled_weight").equals(expected.drop("scaled_weight"))
    assert (read["scaled_weight"] - expected["scaled_weight"]).abs().max() < 1e-12
    assert weight_summary(made) == weight_summary(expected)


def test_the_panel_of_scores(study, in_memory, answers):
    assert panel(study, answers).path.read_bytes() == table_bytes(panel(study, in_memory.answers))


@pytest.mark.parametrize("rows", [1, 131_072, 300_001, 1_000_003])
def test_a_file_written_in_pieces_is_laid_out_as_one_frame(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(on_disk, "BATCH", 90_000)
    frame = pl.select(a=pl.int_range(rows) % 1000, b=(pl.int_range(rows) % 7).cast(pl.String))
    frame.write_parquet(tmp_path / "a.parquet")
    made = on_disk.mapped(on_disk.OnDisk(tmp_path / "a.parquet"), lambda batch: batch, ["a", "b"])
    assert made.path.read_bytes() == table_bytes(frame)


def test_how_much_memory_there_is_and_what_is_large(answers, monkeypatch):
    monkeypatch.setenv("COHESION_MEMORY", "6 GB")
    assert on_disk.memory() == 6 * 10**9
    assert not on_disk.are_large([answers])
    monkeypatch.setattr(on_disk, "LARGE", 1e-6)
    assert on_disk.are_large([answers])
    for wrong in ("lots", "5", "-3GB"):
        monkeypatch.setenv("COHESION_MEMORY", wrong)
        with pytest.raises(CohesionError, match="no amount of memory"):
            on_disk.memory()
    monkeypatch.delenv("COHESION_MEMORY")
    assert on_disk.memory() > 10**8


def test_processes_side_by_side_share_the_memory(monkeypatch):
    def allowed() -> str:
        with on_disk.database() as connection:
            return connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]

    monkeypatch.setenv("COHESION_MEMORY", "8GiB")
    alone = allowed()
    monkeypatch.setenv("COHESION_WORKERS", "2")
    assert allowed() == alone
    monkeypatch.setenv("COHESION_WORKERS", "16")
    assert float(allowed().split()[0]) * 7 < float(alone.split()[0]) * 1024


def test_a_temporary_table_is_removed_when_nothing_refers_to_it():
    made = on_disk.on_disk(pl.LazyFrame({"a": [1, 2]}))
    path = made.path
    assert path.exists()
    assert path.parent.stat().st_mode & 0o077 == 0
    del made
    assert not path.exists()
