"""A running `cohesion ui` with options and secrets, for tests, and what programs on this machine ask it."""

import contextlib
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from running_ui import COHESION, PATIENCE, environment, free_port, wait_for_answer


def command(root: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, whatever that is."""
    return subprocess.run(
        [*COHESION, *arguments],
        env={**environment(root), **more}, cwd=root, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip


@contextlib.contextmanager
def guarded_ui(root: Path, *options: str, **more: str) -> Iterator[int]:
    """The port of a running UI of a root; what it prints is in ``ui.log`` there."""
    port = free_port()
    with (root / "ui.log").open("w") as log:
        process = subprocess.Popen(
            [*COHESION, "ui", "--port", str(port), *options],
            env={**environment(root), **more}, cwd=root, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for_answer(f"http://127.0.0.1:{port}/health", process, root / "ui.log")
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def graphql(port: int, query: str, **variables: object) -> dict:
    """The answer to a query asked as a program on this machine asks it."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["data"]
