"""What lies in a deposit folder is a wave to load, a wave that waits, or a file for a person to look at."""

import os
import time
from pathlib import Path

import pytest
from confirmed import confirm_all, sha256_of
from small_study import deposit, make_root, rows

from pipeline.ingest.arrival.at_rest import SETTLED_SECONDS, AtRest
from pipeline.ingest.arrival.sightings import Sighting, sightings
from pipeline.paths import Paths
from pipeline.specs import load_project

NOW = 1_700_000_000.0
FILE = "study_wave_1.csv"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_root(tmp_path)
    confirm_all(root)
    return root


def folder(root: Path) -> Path:
    return root / "data" / "raw" / "first"


def seen(root: Path, loaded: dict[str, str] | None = None, age: float = SETTLED_SECONDS) -> Sighting:
    for file in folder(root).iterdir():
        os.utime(file, (NOW - age, NOW - age))
    studies = load_project(Paths(root)).studies.values()
    return sightings(studies, {"first": folder(root)}, lambda _: loaded or {}, NOW)


def test_a_confirmed_file_at_rest_is_an_arrival(root: Path) -> None:
    (arrival,) = seen(root).arrivals
    assert arrival.run_key == f"first/w01/{sha256_of(folder(root) / FILE)[:12]}"
    assert seen(root) == Sighting(arrivals=(arrival,))


def test_a_file_that_changed_just_now_is_unsettled(root: Path) -> None:
    assert seen(root, age=SETTLED_SECONDS - 1) == Sighting(unsettled=("first/w01",))


def test_a_time_that_has_yet_to_come_is_not_believed(tmp_path: Path) -> None:
    now, clock, file = time.time(), [0.0], tmp_path / "wave.csv"
    file.write_bytes(b"id")
    os.utime(file, (now + 1e6, now + 1e6))
    at_rest = AtRest(lambda: clock[0])
    if os.name == "posix":
        assert not at_rest.is_at_rest(file, now + 1), "the system changed it a second ago"
        assert at_rest.is_at_rest(file, now + 1 + SETTLED_SECONDS)
    past = now - 1e6  # by a clock that went back, both of its times lie in the future
    assert not at_rest.is_at_rest(file, past)
    clock[0] += SETTLED_SECONDS - 1
    assert not at_rest.is_at_rest(file, past)
    clock[0] += 1
    assert at_rest.is_at_rest(file, past), "it has looked the same for long enough"
    file.write_bytes(b"id,answer")
    os.utime(file, (now + 1e6, now + 1e6))
    assert not at_rest.is_at_rest(file, past), "somebody goes on writing"


def test_other_bytes_than_the_confirmed_await_confirmation(root: Path) -> None:
    deposit(root, "first", rows().head(30))
    assert seen(root) == Sighting(awaiting=("first/w01: `cohesion wave accept first w01` confirms its receipt",))


def test_a_second_name_for_the_same_bytes_changes_nothing(root: Path) -> None:
    path = root / "data" / "studies" / "first" / "waves" / "w01.yaml"
    path.write_text(path.read_text().replace(f"file: {FILE}", "file: study_wave_1*.csv"))
    (folder(root) / "study_wave_1 (copy).csv").write_bytes((folder(root) / FILE).read_bytes())
    assert [arrival.wave for arrival in seen(root).arrivals] == ["w01"]
    (folder(root) / "study_wave_1 (copy).csv").write_bytes(b"id\nP001\n")
    assert seen(root) == Sighting()


def test_files_that_no_wave_declares_are_named(root: Path) -> None:
    for name in ("wave2.csv", ".hidden.csv", "~$open.xlsx", "a;b.csv", "again.csv"):
        (folder(root) / name).write_text(f"id\n{name}\n")
    found = seen(root, {sha256_of(folder(root) / "again.csv"): "w01, since Monday"})
    assert dict(found.undeclared) == {"first": ("wave2.csv",)}
    assert found.repeated == ("first: again.csv is already loaded as w01, since Monday",)
    assert len(found.misnamed) == 1
    assert found.misnamed[0].startswith("first: a?b.csv: the file name holds characters")


def test_studies_without_a_folder_are_passed_over(root: Path, tmp_path: Path) -> None:
    studies = load_project(Paths(root)).studies.values()
    assert sightings(studies, {}, lambda _: {}, NOW) == Sighting()
    assert sightings(studies, {"first": tmp_path / "none"}, lambda _: {}, NOW) == Sighting()
