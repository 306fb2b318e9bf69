"""An erasure takes out exactly the person, whatever files are like and whenever it is killed; the proof says so."""

import datetime as dt
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from confirmed import confirm_all
from engine_runs import build
from erased_studies import STUDY, Study, bytes_below, check, make
from killed_runs import KilledRuns

from assets.commands.withdrawal import carry_out, roll_back
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.ingest import load_key, pseudonymise
from pipeline.ingest.withdrawal.erase import Person, prepare
from pipeline.ingest.withdrawal.needles import is_distinctive
from pipeline.ingest.withdrawal.sources import rows_of
from pipeline.ingest.withdrawal.transaction import Transaction
from pipeline.paths import Paths
from pipeline.specs import load_project

SHORT, LONG = range(8), range(8, 200)


def build_waves(root: Path) -> dict[str, str]:
    """The waves alone: tables with pseudonyms, kept versions, quarantine."""
    reports = build(root, lambda node: node.name.startswith("wave/"))
    return {name: report.message for name, report in reports.items() if report.message}


def erase(root: Path, person: str) -> list[str]:
    workspace = Workspace(Paths(root), load_project(Paths(root)))
    study = workspace.project.studies[STUDY]
    return list(carry_out(workspace, study, person, "erase", dt.date(2020, 6, 1), lambda *_: build_waves(root)))


PARSED: list[bytes] = []
"""The pipeline's code as the first build took it apart, which takes most of a build's time."""


def made(root: Path, seed: int) -> Study:
    study, cache = make(root, seed), Paths(root).code_cache
    confirm_all(root)
    if PARSED:
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_bytes(PARSED[0])
    assert build_waves(root) == {}
    if not PARSED:
        PARSED.append(cache.read_bytes())
    return study


@pytest.fixture(scope="module")
def killed() -> Iterator[KilledRuns]:
    runs = KilledRuns()
    yield runs
    runs.end()


def erase_with_deaths(study: Study, chance: random.Random, killed: KilledRuns) -> None:
    """Up to three runs of the command are killed at some step."""
    for _ in range(chance.randint(1, 3)):
        assert killed.run(study.root, study.person, chance.randrange(1, 70)) in (0, -signal.SIGKILL)


def run(root: Path, seed: int, killed: KilledRuns) -> None:
    chance = random.Random(-seed)
    study = made(root, seed)
    key = load_key(Paths(root).pseudonym_key)
    if seed % 2:
        erase_with_deaths(study, chance, killed)
    said = erase(root, study.person)
    check(study)
    assert said[-1].startswith("Proved: "), said
    assert is_distinctive(study.person) or "no column of ids" in said[-1]
    if not is_distinctive(study.person) and study.person in ("1", "2", "3", "4", "5"):
        assert "codebook.csv" in said[-1], "what could not be decided is named"
    if is_distinctive(study.person):
        assert not any(study.person in line for line in said)
    assert not Paths(root).erasing(STUDY).parent.exists()
    waves = [pl.read_parquet(Paths(root).table("wave", STUDY, wave)) for wave in ("w01", "w02")]
    gone = pseudonymise(pl.Series([study.person.upper() if "letters" in study.kind else study.person]), key, STUDY)[0]
    for wave, file in zip(waves, study.files, strict=False):
        assert wave.height == file.frame.height - 1
        assert gone not in wave["person_id"]
    before = bytes_below(root / "data")
    again = erase(root, study.person)
    assert again[0].startswith("Nothing to erase")
    assert bytes_below(root / "data") == before, "a second run changes nothing"


@pytest.mark.parametrize("seed", [*SHORT[:3], *(pytest.param(seed, marks=pytest.mark.thorough) for seed in SHORT[3:])])
def test_exactly_the_person_is_gone(tmp_path: Path, seed: int, killed: KilledRuns) -> None:
    run(tmp_path / "root", seed, killed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", LONG)
def test_exactly_the_person_is_gone_in_each_of_many_studies(tmp_path: Path, seed: int, killed: KilledRuns) -> None:
    run(tmp_path / "root", seed, killed)


def test_a_build_waits_for_an_erasure_that_was_interrupted_and_it_can_be_taken_back(tmp_path: Path) -> None:
    study = made(tmp_path / "root", 3)
    root, before = study.root, bytes_below(study.root / "data" / "raw")
    pending = sealed(root, study)
    half_swapped(pending)
    assert bytes_below(root / "data" / "raw") != before
    with pytest.raises(CohesionError, match="an erasure was interrupted"):
        build_waves(root)
    workspace = Workspace(Paths(root), load_project(Paths(root)))
    assert "as it was before" in roll_back(workspace, workspace.project.studies[STUDY])
    assert bytes_below(root / "data" / "raw") == before
    assert not Paths(root).erasing(STUDY).exists()
    assert build_waves(root) == {}


@pytest.mark.thorough
def test_nothing_changes_where_one_file_cannot_be_written_again(tmp_path: Path) -> None:
    """A declared file that reads no more, and a link that leads nowhere: told before anything is changed."""
    for number, spoil in enumerate((undecodable, dangling)):
        study = made(tmp_path / str(number), 0)
        spoil(study)
        before = bytes_below(study.root / "data")
        with pytest.raises(CohesionError):
            erase(study.root, study.person)
        assert bytes_below(study.root / "data") == before


def undecodable(study: Study) -> None:
    path = study.files[-1].path
    path.write_bytes(path.read_bytes()[:-40])


def dangling(study: Study) -> None:
    path = study.files[-1].path
    path.unlink()
    path.symlink_to(study.root / "nowhere")


def sealed(root: Path, study: Study) -> Transaction:
    declared = load_project(Paths(root)).studies[STUDY]
    person = Person(lambda cells: rows_of(declared, cells, study.person), "p0", dt.date(2020, 6, 1))
    pending = prepare(declared, Paths(root), [study.raw], person)
    assert pending is not None
    return pending


def half_swapped(pending: Transaction) -> None:
    pending._put(pending.changes[0], pending.changes[0].after, "new", pending.changes[0].mode)
