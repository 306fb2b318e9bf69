"""A running ``cohesion ui`` for tests, and what they ask it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from shared import ROOT

RUN = "from assets.commands.main import main; main()"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(root: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "COHESION_ROOT": str(root), "HOME": str(root), "PYTHONPATH": str(ROOT), **more}


def cohesion(root: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env=environment(root, **more), cwd=root, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@contextlib.contextmanager
def running_ui(root: Path, *options: str, **more: str) -> Iterator[int]:
    """The port of a running UI of a root; what it prints is in ``ui.log`` there."""
    port = free_port()
    with (root / "ui.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, "ui", "--port", str(port), *options],
            env=environment(root, **more), cwd=root, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/health", process, root / "ui.log")
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(600):  # beside a whole build on the same cores it takes its time
        if process.poll() is not None:
            pytest.fail(f"the UI ended: {log.read_text()[-2000:]}")
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.5)
    pytest.fail("the UI did not answer within five minutes")


def graphql(port: int, query: str, **variables: object) -> dict:
    """The answer to a query asked as a program on this machine asks it."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["data"]
