"""Whatever is killed, filled, damaged or turned back while a study is built: nothing doubled, nothing half-written, and
the next run repairs it.

Rounds are drawn by a seed. In each a correction of the study's file arrives, is built under one fault, and is then
built once more without. What lies there is compared with a clean build, byte by byte.

    COHESION_SEED=7 uv run pytest -n 0 -m slow tests/faults/test_running.py      fifty rounds
"""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from clock_ui import Ui, descendants, running
from confirmed import confirm_all
from engine_runs import build, outputs, plan_of, unbuilt
from published_study import MODELS
from running_ui import COHESION, environment
from small_study import ROWS, deposit, make_root, rows

from assets.dagster.alive import is_alive
from assets.dagster.instance import prepare_instance
from pipeline.paths import Paths

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds processes by /proc")
HERE = Path(__file__).resolve().parent
VERSIONS = 3
SEED = int(os.environ.get("COHESION_SEED", "1"))
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


def answers(version: int) -> pl.DataFrame:
    """One of the deliveries of the study's file: a third of all answers to one question differ."""
    chance = random.Random(version)
    changed = [min(10, max(0, k % 11 + chance.choice((0, 0, 0, 0, -1, 1)))) for k in range(ROWS)]
    return rows().with_columns(pl.Series("lifesat", changed))


@dataclass
class Bench:
    """A root in which faults are made, and what clean builds of each delivery are."""

    root: Path
    clean: list[dict[str, bytes]]
    seconds: float = 8.0
    version: int = 0

    @property
    def paths(self) -> Paths:
        return Paths(self.root)

    def arrives(self) -> None:
        """The next delivery takes the place of the last, and somebody confirms it."""
        self.version = (self.version + 1) % VERSIONS
        file = deposit(self.root, "first", answers(self.version))
        os.utime(file, (time.time() - 60,) * 2)
        confirm_all(self.root)

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COHESION, "build", *words], env={**environment(self.root), **more}, cwd=self.root,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def ends(self, process: subprocess.Popen[str], *codes: int) -> str:
        said, errors = process.communicate(timeout=600)
        assert not codes or process.returncode in codes, said + errors
        assert "Traceback" not in said + errors, said + errors
        return said + errors

    def builds(self, *words: str) -> str:
        return self.ends(self.start(*words), 0)

    def is_whole(self) -> None:
        """What is there is what a clean build makes, each thing once, and no run is left open."""
        found, wanted = outputs(self.root), self.clean[self.version]
        ours = {name: found.get(name) for name in wanted}
        assert [name for name in wanted if ours[name] != wanted[name]] == []
        assert [path.name for path in self.root.rglob(".*.draft*")] == []
        assert not plan_of(self.root).due
        prepare_instance(self.paths.instance)
        with dg.DagsterInstance.get() as instance:
            open_ = [run for run in instance.get_runs() if not run.is_finished and not is_alive(instance, run.run_id)]
        assert open_ == []


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("faults")
    base = make_root(folder / "base")
    (base / "data" / "studies" / "first" / "imputation.yaml").unlink()
    (base / "reports" / "models").mkdir()
    (base / "reports" / "models" / "shares.yaml").write_text(MODELS["shares"])
    build(base)
    clean = []
    for version in range(VERSIONS):
        root = unbuilt(base, folder / f"clean{version}")
        deposit(root, "first", answers(version))
        confirm_all(root)
        assert not [report.message for report in build(root).values() if report.message]
        clean.append({name: content for name, content in outputs(root).items() if not _tells_of_before(name)})
    root = unbuilt(base, folder / "root")
    made = Bench(root, clean)
    made.arrives()
    began = time.monotonic()
    made.builds()
    made.seconds = time.monotonic() - began
    made.is_whole()
    return made


def _tells_of_before(name: str) -> bool:
    """A receipt says when the file came; the report of drift, what an earlier delivery held."""
    return name.startswith(("data/warehouse/receipt/", "reports/build/drift/"))


def killed_whole(bench: Bench, chance: random.Random) -> None:
    """The build and all its workers, at some moment."""
    process = bench.start()
    time.sleep(chance.uniform(0.0, 1.1 * bench.seconds))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def killed_leader(bench: Bench, chance: random.Random) -> None:
    """The build alone: its workers have to notice."""
    process = bench.start()
    time.sleep(chance.uniform(0.0, 1.1 * bench.seconds))
    process.kill()
    process.communicate()


def killed_worker(bench: Bench, chance: random.Random) -> None:
    """One of its workers."""
    process = bench.start()
    time.sleep(chance.uniform(0.3, 0.9) * bench.seconds)
    for pid in chance.sample(found, 1) if (found := descendants(process.pid)) else ():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    bench.ends(process, 0, 1)


def interrupted(bench: Bench, chance: random.Random) -> None:
    process = bench.start()
    time.sleep(chance.uniform(0.5, 1.0) * bench.seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    bench.ends(process, 0, 130, -signal.SIGINT)  # the last: all was done, and Python was closing


def disk_full(bench: Bench, chance: random.Random) -> None:
    """By chance, at any flush of a file, in any of its processes."""
    path = os.pathsep.join([str(HERE / "injected"), environment(bench.root)["PYTHONPATH"]])
    said = bench.ends(bench.start(FULL_DISK=str(chance.random()), PYTHONPATH=path))
    assert "defect" not in said


def clock_jumps(bench: Bench, chance: random.Random) -> None:
    """By up to a year, forwards or backwards."""
    path = os.pathsep.join([str(HERE / "injected"), environment(bench.root)["PYTHONPATH"]])
    bench.ends(bench.start(CLOCK_JUMPS=str(chance.uniform(-3e7, 3e7)), PYTHONPATH=path), 0)


def two_at_once(bench: Bench, chance: random.Random) -> None:
    """The second waits for the first, and finds nothing left to make."""
    one = bench.start()
    time.sleep(chance.uniform(0.0, 0.5) * bench.seconds)
    two = bench.start()
    made = [_built(bench.ends(process, 0)) for process in (one, two)]
    assert min(made) == 0, f"made twice: {made}"


def _built(said: str) -> int:
    """How many assets a build says that it made."""
    return next((int(line.split()[0]) for line in said.splitlines() if " built in " in line), 0)


def damaged_table(bench: Bench, chance: random.Random) -> None:
    """Bytes of a table are others, or missing, while a build runs."""
    process = bench.start()
    time.sleep(chance.uniform(0.0, 0.8) * bench.seconds)
    _damage(sorted(bench.paths.warehouse.rglob("*.parquet")), chance)
    bench.ends(process, 0, 1)
    _damage(sorted(bench.paths.warehouse.rglob("*.parquet")), chance)


def damaged_record(bench: Bench, chance: random.Random) -> None:
    bench.ends(bench.start(), 0)
    _damage(sorted(bench.paths.warehouse.rglob("*.json")), chance)


def damaged_books(bench: Bench, chance: random.Random) -> None:
    """A database of Dagster's is no database any more."""
    _damage(sorted((bench.paths.instance / "history").rglob("*.db")), chance)
    bench.ends(bench.start(), 0)


def _damage(files: list[Path], chance: random.Random) -> None:
    with suppress(FileNotFoundError):
        file = chance.choice(files)
        content = bytearray(file.read_bytes())
        if chance.random() < 0.5 or len(content) < 100:
            file.write_bytes(content[: len(content) // 2])
        else:
            for _ in range(200):
                content[chance.randrange(len(content))] = chance.randrange(256)
            file.write_bytes(content)


FAULTS: list[Callable[[Bench, random.Random], None]] = [
    killed_whole, killed_leader, killed_worker, interrupted, disk_full, clock_jumps, two_at_once, damaged_table,
    damaged_record, damaged_books,
]  # fmt: skip


def play(bench: Bench, fault: Callable[[Bench, random.Random], None], seed: str) -> None:
    """One round."""
    chance = random.Random(seed)
    bench.arrives()
    fault(bench, chance)
    bench.builds()
    bench.is_whole()


@pytest.mark.thorough
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_once(bench, fault):
    play(bench, fault, f"{SEED} {fault.__name__}")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(30))
def test_thirty_rounds_of_builds(bench, number):
    fault = FAULTS[number % len(FAULTS)]
    play(bench, fault, f"{SEED} {number} {fault.__name__}")


@pytest.mark.thorough
def test_a_disk_that_is_really_full(bench, tmp_path):
    """In a file system of its own, filled to the last byte and emptied again."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "none", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system")
    try:
        root = unbuilt(bench.root, place / "root")
        small = Bench(root, bench.clean, version=bench.version)
        filler = place / "filler"
        with suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"\0" * 65536)
                file.flush()
        with filler.open("rb+") as file:
            file.truncate(filler.stat().st_size - 300_000)
        said = small.ends(small.start(), 1)
        assert "full" in said or "space" in said.lower()
        filler.unlink()
        small.builds()
        small.is_whole()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


ORDINARY = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []
"""Even root has then no more rights than the permissions of a file give its owner."""


@pytest.mark.thorough
def test_a_project_that_may_only_be_read_is_refused_in_one_sentence_and_stays_as_it_is(bench):
    if ORDINARY and shutil.which("setpriv") is None:
        pytest.skip("runs as root, and has no setpriv")
    bench.arrives()
    before = outputs(bench.root)
    places = [bench.root, *(path for path in bench.root.rglob("*") if path.is_dir())]
    for place in places:
        place.chmod(0o555)
    try:
        done = subprocess.run(
            [*ORDINARY, *COHESION, "build"], env=environment(bench.root), cwd=bench.root,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        for place in places:
            place.chmod(0o755)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert outputs(bench.root) == before
    bench.builds()
    bench.is_whole()


@pytest.fixture(scope="module")
def ui(bench: Bench):
    with running(bench.root) as ui:
        yield ui


def service_killed(word: str) -> Callable[[Bench, Ui, random.Random], None]:
    def killed(bench: Bench, ui: Ui, chance: random.Random) -> None:
        time.sleep(chance.uniform(0.0, 2.0 * bench.seconds))
        with suppress(ProcessLookupError):
            os.kill(ui.service(word), signal.SIGKILL)

    killed.__name__ = f"killed {word}"
    return killed


def run_killed(bench: Bench, ui: Ui, chance: random.Random) -> None:
    """Whatever process computes the run, or a worker of it."""
    ui.wait(lambda: any(run["status"] not in ENDED for run in ui.runs()), "a run is under way")
    time.sleep(chance.uniform(0.0, 1.5 * bench.seconds))
    code = ui.service("code-server")
    for pid in chance.sample(found, 1) if (found := descendants(code)) else ():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def all_killed(bench: Bench, ui: Ui, chance: random.Random) -> None:
    time.sleep(chance.uniform(0.0, 3.0 * bench.seconds))
    ui.kill_all()
    if chance.random() < 0.5:
        _damage(sorted((bench.paths.instance / "history").rglob("*.db")), chance)
    ui.start()


def sensor_crashed(bench: Bench, ui: Ui, chance: random.Random) -> None:
    """The settings cannot be read: each look fails until they can."""
    settings = bench.root / "cohesion.toml"
    right = settings.read_text()
    settings.write_text("look_seconds = [\n")
    time.sleep(chance.uniform(6.0, 12.0))
    settings.write_text(right)


def built_by_hand(bench: Bench, ui: Ui, chance: random.Random) -> None:
    """From the command line, while the sensor asks for the same."""
    time.sleep(chance.uniform(0.0, 1.5 * bench.seconds))
    bench.ends(bench.start(), 0)


UI_FAULTS: list[Callable[[Bench, Ui, random.Random], None]] = [
    run_killed, service_killed("code-server"), service_killed("web.serve"), service_killed("_daemon"), all_killed,
    sensor_crashed, built_by_hand,
]  # fmt: skip


def play_ui(bench: Bench, ui: Ui, fault: Callable[[Bench, Ui, random.Random], None], seed: str) -> None:
    """One round while UI and daemon run: nobody builds by hand, the sensor does."""
    chance = random.Random(seed)
    ui.wait(ui.is_quiet, "all is quiet")
    bench.arrives()
    fault(bench, ui, chance)
    ui.wait(lambda: not plan_of(bench.root).due and ui.is_quiet(), f"it is built after: {fault.__name__}", 600)
    ui.wait_for_looks(1)
    ui.wait(ui.is_quiet, "nothing is asked for any more")
    bench.is_whole()


@pytest.mark.thorough
@pytest.mark.parametrize("fault", UI_FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_of_the_ui_once(bench, ui, fault):
    play_ui(bench, ui, fault, f"{SEED} {fault.__name__}")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(20))
def test_twenty_rounds_of_the_ui(bench, ui, number):
    fault = UI_FAULTS[number % len(UI_FAULTS)]
    play_ui(bench, ui, fault, f"{SEED} {number} {fault.__name__}")
