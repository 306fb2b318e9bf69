"""A build on a Dask cluster: the bytes of the pool, also when a worker is killed; one message where nothing answers."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from engine_runs import outputs, plan_of, unbuilt, workspace_of
from published_study import make_published
from small_study import build

from assets.building import SCHEDULER, Running
from assets.engine.build import Started
from pipeline.errors import CohesionError

IMPUTATION = """main:
  label: Everybody asked
  measures:
    life_satisfaction: {}
    belonging: {}
  imputations: 4
  iterations: 2
  seed: 1
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Two roots with the same declarations, deposits and key; the first is built on this machine."""
    local = make_published(tmp_path_factory.mktemp("cluster") / "local")
    (local / "data/studies/first/imputation.yaml").write_text(IMPUTATION)
    assert not [report.message for report in build(local).values() if report.message]
    return local


@contextlib.contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        started.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(10)
        started.kill()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The address of a scheduler with two worker processes of one thread each."""
    from distributed import Client

    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    worker = ("worker", "--scheduler-file", str(file), "--nthreads", "1", "--nworkers", "1", "--host", "127.0.0.1")
    aside = ("--no-dashboard", "--local-directory", str(folder))
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            process("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        )
        for _ in range(2):
            stack.enter_context(process(*worker, *aside))
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        with Client(scheduler_file=str(file), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=90)
            yield client


def on_cluster(root, client, monkeypatch, listener=None):
    """Everything due of a root, made by the workers of the cluster; returns the failures."""
    monkeypatch.setenv(SCHEDULER, client.scheduler.address)
    with Running(workspace_of(root), plan_of(root), listener=listener) as running:
        made = [report for report in running.reports() if not report.is_current]
    assert made
    return running.failures


@pytest.mark.thorough
def test_two_workers_make_the_bytes_of_the_pool(base, scheduler, tmp_path, monkeypatch):
    root = unbuilt(base, tmp_path / "cluster")
    assert on_cluster(root, scheduler, monkeypatch) == {}
    made, expected = outputs(root), outputs(base)
    assert sorted(made) == sorted(expected)
    assert [name for name in made if made[name] != expected[name]] == []


@pytest.fixture
def killed(scheduler):
    """Kills a worker that is busy, once; afterwards there is a new one in its place."""
    pids = scheduler.run(os.getpid)
    dead: list[int] = []

    def kill() -> None:
        if not dead:
            busy = [address for address, keys in scheduler.processing().items() if keys and address in pids]
            dead.append(pids[(busy or list(pids))[0]])
            os.kill(dead[0], signal.SIGKILL)

    kill.dead = dead
    yield kill
    scheduler.wait_for_workers(2, timeout=60)  # the nanny of the lost one starts another


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("begun", "seconds"),
    [("answers/", 0.0), ("imputations/", 0.5), ("paper/", 0.2)],
    ids=["early", "while its pieces are shared out", "while pages are written"],
)
def test_a_worker_killed_in_the_middle_is_survived(base, scheduler, killed, begun, seconds, tmp_path, monkeypatch):
    root = unbuilt(base, tmp_path / "cluster")

    def kill_one(event: object) -> None:
        if isinstance(event, Started) and event.node.startswith(begun):
            threading.Timer(seconds, killed).start()

    assert on_cluster(root, scheduler, monkeypatch, kill_one) == {}
    assert killed.dead
    made, expected = outputs(root), outputs(base)
    assert sorted(made) == sorted(expected), "and no draft is left behind"
    assert [name for name in expected if made[name] != expected[name]] == []


def test_where_nothing_answers_there_is_one_message(base, tmp_path, monkeypatch):
    with socket.socket() as taken:  # listens, and never says a word
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv(SCHEDULER, address)
        monkeypatch.setattr("assets.engine.cluster.CONNECTING_SECONDS", 1.0)
        root = unbuilt(base, tmp_path / "cluster")
        with Running(workspace_of(root), plan_of(root)) as running, pytest.raises(CohesionError) as raised:
            list(running.reports())
    said = str(raised.value)
    assert address in said
    assert "no scheduler answers" in said
    assert "take the setting out" in said
    monkeypatch.delenv(SCHEDULER)
    assert build(root), "on this machine it is built"
