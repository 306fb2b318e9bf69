"""A wave arrives while UI and daemon run: told, confirmed, built once, and taken up again whatever is killed."""

import os
import random
import re
import shutil
import signal
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from clock_ui import Ui, cohesion, descendants, running
from confirmed import confirm_all, sha256_of
from published_study import make_published
from shared import ROOT
from small_study import ROWS, rows

from assets.dagster.declared import declared
from assets.dagster.freshness import result
from assets.engine import store
from assets.nodes import all_nodes
from pipeline.paths import Paths

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds processes by /proc"),
]
FIVE = ["w01", "w02", "w03", "w04", "w05"]


def answers(number: int) -> pl.DataFrame:
    """The deposit of a wave: as the first, but that a third are a little more or less satisfied."""
    chance = random.Random(number)
    return rows().with_columns(
        pl.Series("lifesat", [min(10, max(0, k % 11 + chance.choice((0, 0, 0, 0, -1, 1)))) for k in range(ROWS)])
    )


def raw(root: Path, study: str = "first") -> Path:
    return root / "data" / "raw" / study


def declare_wave(root: Path, study: str, wave: str, file: str, sha256: str = "") -> None:
    """A further wave, declared as the first is."""
    folder = root / "data" / "studies" / study
    text = (ROOT / "data" / "studies" / "_template" / "waves" / "w01.yaml").read_text()
    text = text.replace("study_wave_1.csv", file).replace("2024", str(2023 + int(wave[1:])))
    if sha256:
        text = text.replace("    format: csv", f"    sha256: {sha256}\n    format: csv", 1)
    (folder / "waves" / f"{wave}.yaml").write_text(text)
    about = (folder / "study.yaml").read_text()
    waves = sorted({*re.search(r"waves: \[(.*?)\]", about)[1].split(", "), wave})
    (folder / "study.yaml").write_text(re.sub(r"waves: \[.*?\]", f"waves: [{', '.join(waves)}]", about, count=1))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with a paper; one of five waves whose files are still to come; and one that has no folder at all."""
    root = make_published(tmp_path_factory.mktemp("clock") / "root")
    for study in ("five", "bare"):
        shutil.copytree(ROOT / "data" / "studies" / "_template", root / "data" / "studies" / study)
        (root / "data" / "studies" / study / "imputation.yaml").unlink()
    raw(root, "five").mkdir()
    for number, wave in enumerate(FIVE, start=1):
        file = root / f"{wave}.csv"
        answers(number).write_csv(file)
        declare_wave(root, "five", wave, file.name, sha256_of(file))
    confirm_all(root)
    return root


@pytest.fixture(scope="module")
def ui(root: Path):
    with running(root) as ui:
        yield ui


def builds(ui: Ui, study: str = "first") -> list[dict]:
    return [run for run in ui.runs() if run["tags"].get("study") == study and run["jobName"] == "rebuild_a_study"]


def is_fresh(root: Path, study: str = "first") -> bool:
    workspace = declared(Paths(root)).workspace
    return result(workspace, workspace.project.studies[study], all_nodes(workspace)).passed


def one_more_build(ui: Ui, before: list[dict], study: str = "first") -> dict:
    """Exactly one run more than before, which succeeded; two further looks start none."""
    ui.wait(lambda: len(builds(ui, study)) > len(before) and ui.is_quiet(), "a build was asked for and has ended")
    ui.wait_for_looks(2)
    known = {run["id"] for run in before}
    new = [run for run in builds(ui, study) if run["id"] not in known]
    assert [run["status"] for run in new] == ["SUCCESS"], new
    (run,) = new
    assert is_fresh(ui.root, study)
    return run


def said_of_freshness(ui: Ui, study: str = "first") -> str:
    """What the check `fresh` says in the UI."""
    query = """query Check($path: [String!]!) { assetCheckExecutions(assetKey: {path: $path}, checkName: "fresh",
     limit: 1) { evaluation { success description } } }"""
    found = ui.ask(query, path=["answers", study])["assetCheckExecutions"]
    return found[0]["evaluation"]["description"].replace("\\", "") if found else ""


def page(ui: Ui) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{ui.port}/", timeout=60) as answer:
        return answer.read().decode()


def deposit(root: Path, name: str, number: int) -> Path:
    file = raw(root) / name
    answers(number).write_csv(file)
    return file


def accept(root: Path, wave: str) -> None:
    cohesion(root, "wave", "accept", "first", wave, "--yes")


def test_a_confirmed_wave_is_built_once(ui, root):
    run = one_more_build(ui, [])
    assert run["tags"]["why"] == "w01 arrived"
    assert Paths(root).paper_file("small").is_file()
    assert Paths(root).database.is_file()
    assert not builds(ui, "bare"), "a study without deposits asks for nothing"
    assert not builds(ui, "five")


def test_a_file_that_no_wave_declares_is_drafted_and_told(ui, root):
    before = builds(ui)
    deposit(root, "second.csv", 2)
    ui.wait(lambda: "a declaration of second.csv is proposed in reports/build/drafts/first" in ui.said(), "is drafted")
    ui.wait(lambda: "files that no wave declares: second.csv (1)" in said_of_freshness(ui), "fresh says so")
    ui.wait(lambda: "second.csv is declared by no wave" in page(ui), "the start page says so")
    assert builds(ui) == before


def test_an_accepted_wave_starts_exactly_one_run_of_what_is_due(ui, root):
    before = builds(ui)
    database = Paths(root).database.stat()
    declare_wave(root, "first", "w02", "second.csv")
    ui.wait(lambda: "awaiting confirmation: first/w02" in ui.said(), "the wave awaits confirmation")
    assert builds(ui) == before
    accept(root, "w02")
    run = one_more_build(ui, before)
    assert run["tags"]["waves"] == "w02"
    assert Paths(root).database.stat().st_mtime_ns > database.st_mtime_ns
    assert store.load(Paths(root), ("answers", "first"))["wave"].unique().sort().to_list() == ["w01", "w02"]
    ui.wait(lambda: "papers built" in said_of_freshness(ui) and "stale" not in said_of_freshness(ui), "fresh is green")


def test_the_same_bytes_again_start_no_run(ui, root):
    before = builds(ui)
    copy = raw(root) / "second (copy).csv"
    shutil.copy(raw(root) / "second.csv", copy)
    ui.wait(lambda: "second (copy).csv is already loaded as w02" in ui.said(), "it is said")
    assert builds(ui) == before
    copy.unlink()


def test_a_corrected_file_waits_until_it_is_accepted(ui, root):
    before, first = builds(ui), Paths(root).table("wave", "first", "w01").stat()
    os.utime(deposit(root, "second.csv", 3), (time.time() + 4e7,) * 2)  # with a time that has yet to come
    ui.wait(lambda: "awaiting confirmation: w02" in said_of_freshness(ui), "the correction is told")
    ui.wait_for_looks(2)
    assert builds(ui) == before
    accept(root, "w02")
    one_more_build(ui, before)
    assert Paths(root).table("wave", "first", "w01").stat().st_mtime_ns == first.st_mtime_ns, "only what is due"


def test_a_mistake_in_one_study_is_said_and_stops_no_other(ui, root):
    before = builds(ui)
    file = root / "data" / "studies" / "bare" / "scales.yaml"
    right = file.read_text()
    file.write_text(right.replace("score: mean", "score: average"))
    ui.wait(lambda: re.search("bare is left out: 1 mistake .*scales.yaml", ui.said()), "the mistake is said")
    deposit(root, "second.csv", 4)
    accept(root, "w02")
    one_more_build(ui, before)
    file.write_text(right)
    ui.wait(lambda: "left out" not in str((ui.ticks() or [{}])[0].get("skipReason")), "it is mended")


def test_five_waves_at_once_are_one_run(ui, root):
    for wave in FIVE:
        shutil.move(root / f"{wave}.csv", raw(root, "five"))
    run = one_more_build(ui, [], "five")
    assert run["tags"]["waves"] == ", ".join(FIVE)


def worker_of(ui: Ui, run_id: str) -> int:
    """The process that computes a run: it holds the run's lock."""
    assert ui.process is not None
    for pid in descendants(ui.process.pid):
        with suppress(OSError):
            if any(str(fd.readlink()).endswith(f"{run_id}.lock") for fd in Path(f"/proc/{pid}/fd").iterdir()):
                return pid
    return 0


def begun(ui: Ui, before: list[dict]) -> str:
    """The id of a further run, once a process computes it."""
    known = {run["id"] for run in before}

    def found() -> str:
        new = [run["id"] for run in builds(ui) if run["id"] not in known]
        return next((run for run in new if worker_of(ui, run)), "")

    return ui.wait(found, "a run is computed")


def messages(ui: Ui, run_id: str) -> str:
    query = """query Log($id: ID!) { logsForRun(runId: $id, limit: 1000) { ... on EventConnection { events {
     ... on MessageEvent { message } } } } }"""
    return "\n".join(event.get("message", "") for event in ui.ask(query, id=run_id)["logsForRun"]["events"])


def assert_asked_for_again_once(ui: Ui, before: list[dict], lost: str) -> None:
    """The run that was killed has failed, with words; one other was asked for in its place and succeeded."""
    ui.wait(lambda: len(builds(ui)) >= len(before) + 2 and ui.is_quiet(), "the run is asked for again")
    ui.wait_for_looks(2)
    new = {run["id"]: run for run in builds(ui) if run["id"] not in {each["id"] for each in before}}
    assert new.pop(lost)["status"] == "FAILURE"
    (again,) = new.values()
    assert (again["status"], again["tags"]["attempt"]) == ("SUCCESS", "2")
    assert again["tags"]["why"] == "again: its process was gone"
    assert is_fresh(ui.root)
    assert "The process that computed this run is gone" in messages(ui, lost)


def test_a_run_whose_process_is_killed_is_asked_for_again(ui, root):
    before = builds(ui)
    deposit(root, "second.csv", 5)
    accept(root, "w02")
    run = begun(ui, before)
    os.kill(worker_of(ui, run), signal.SIGKILL)
    assert_asked_for_again_once(ui, before, run)


def test_a_killed_daemon_is_started_again_and_doubles_nothing(ui, root):
    before = builds(ui)
    os.kill(ui.service("_daemon"), signal.SIGKILL)
    deposit(root, "second.csv", 6)
    accept(root, "w02")
    os.kill(ui.service("_daemon"), signal.SIGKILL)
    one_more_build(ui, before)


def test_everything_killed_in_the_middle_is_taken_up_again(ui, root):
    before = builds(ui)
    deposit(root, "second.csv", 7)
    accept(root, "w02")
    run = begun(ui, before)
    ui.kill_all()
    ui.start()
    assert_asked_for_again_once(ui, before, run)


def test_nothing_that_a_participant_said_or_is_called_was_printed(ui, root):
    printed = ui.log.read_text() + ui.said() + page(ui)
    assert not re.search(r"\bP0\d\d\b", printed)
