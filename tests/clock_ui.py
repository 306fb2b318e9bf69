"""``cohesion ui`` running on a root of its own: what tests ask of it, and how they wait."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from running_ui import PATIENCE, free_port, start_ui
from running_ui import command as run_command

T = TypeVar("T")
LOOK_SECONDS = 5
RUNS = "{ runsOrError(limit: 100) { ... on Runs { results { id jobName status tags { key value } } } } }"
TICKS = """query Ticks($name: String!) { instigationStateOrError(instigationSelector: {name: $name,
 repositoryLocationName: "cohesion", repositoryName: "__repository__"}) { ... on InstigationState {
 ticks(limit: 25) { status skipReason error { message } } } } }"""


def cohesion(root: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = run_command(root, *words)
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done


class Ui:
    """The processes of one ``cohesion ui``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.root / "ui.log"

    def start(self) -> None:
        self.process = start_ui(self.root, self.port)
        self.wait(self.answers, "the UI answers")

    def answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            pytest.fail(f"the UI ended: {self.log.read_text()[-3000:]}")
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/server_info", timeout=2).close()
            return True
        return False

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill_all()

    def kill_all(self) -> None:
        """Kill it and everything that it started, at once."""
        assert self.process is not None
        for pid in [*descendants(self.process.pid), self.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def service(self, word: str) -> int:
        """The process id of the code server (``code-server``), web server (``web.serve``) or daemon (``_daemon``)."""
        assert self.process is not None
        found = self.wait(lambda: [pid for pid in children(self.process.pid) if word in command(pid)], f"{word} runs")
        return found[0]

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert "errors" not in found, found
        return found["data"]

    def runs(self) -> list[dict[str, Any]]:
        """Every run, the newest first, its tags as a mapping; waits for a web server that is being started again."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                found = self.ask(RUNS)["runsOrError"]["results"]
                return [{**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in found]
            except (OSError, AssertionError, KeyError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def ticks(self, name: str = "deposits") -> list[dict[str, Any]]:
        with suppress(OSError):
            return self.ask(TICKS, name=name)["instigationStateOrError"].get("ticks", [])
        return []

    def said(self) -> str:
        """What the last looks into the deposit folders said."""
        return "\n".join(str(tick["skipReason"] or tick["error"] or "") for tick in self.ticks())

    def wait(self, what: Callable[[], T], words: str, seconds: float = PATIENCE) -> T:
        """Until it is so; fails with the words, and with what the processes printed."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = what()
            if found:
                return found
            time.sleep(0.5)
        pytest.fail(
            f"not within {seconds:.0f} s: {words}\n{self.said()}\n{self.runs()}\n{self.log.read_text()[-3000:]}"
        )

    def wait_for_looks(self, count: int = 2) -> None:
        """Until so many more looks into the deposit folders have ended."""
        before = self._look()
        for _ in range(count):
            self.wait(lambda before=before: self._look() > before, "another look into the deposit folders")
            before = self._look()

    def _look(self) -> float:
        query = """query { sensorOrError(sensorSelector: {repositoryLocationName: "cohesion",
         repositoryName: "__repository__", sensorName: "deposits"}) { ... on Sensor { sensorState {
         ticks(limit: 3) { timestamp status } } } } }"""
        with suppress(OSError, AssertionError):
            sensor = self.ask(query)["sensorOrError"]
            ticks = sensor.get("sensorState", {}).get("ticks", [])  # none while the declarations are loaded again
            return max((tick["timestamp"] for tick in ticks if tick["status"] != "STARTED"), default=0.0)
        return 0.0

    def is_quiet(self) -> bool:
        """Whether no run is queued or under way."""
        return all(run["status"] in ("SUCCESS", "FAILURE", "CANCELED") for run in self.runs())


@contextmanager
def running(root: Path) -> Iterator[Ui]:
    """A UI that looks into the deposit folders every few seconds."""
    (root / "cohesion.toml").write_text(f"look_seconds = {LOOK_SECONDS}\n")
    ui = Ui(root)
    ui.start()
    try:
        yield ui
    finally:
        ui.end()


def children(pid: int) -> list[int]:
    with suppress(OSError):
        return [
            int(each)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for each in (task / "children").read_text().split()
        ]
    return []


def descendants(pid: int) -> list[int]:
    return [each for child in children(pid) for each in (*descendants(child), child)]


def command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""
