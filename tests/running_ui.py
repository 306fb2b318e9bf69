"""A running `cohesion ui` for tests, and a browser that looks at it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from shared import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NEEDS_BROWSER = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package `chromium`)")
COHESION = [sys.executable, "-c", "from assets.commands.main import main; main()"]
PATIENCE = 600.0
"""Seconds: beside a whole build on the same two cores, the UI takes its time."""


def environment(root: Path) -> dict[str, str]:
    return {**os.environ, "COHESION_ROOT": str(root), "HOME": str(root), "PYTHONPATH": str(ROOT)}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def command(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, whatever that is."""
    return subprocess.run(
        [*COHESION, *arguments],
        env={**environment(root), **variables}, cwd=root, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip


def cohesion(root: Path, *arguments: str) -> str:
    """What a command says; it has to succeed."""
    done = command(root, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def start_ui(root: Path, port: int, *options: str, **variables: str) -> subprocess.Popen[bytes]:
    """A UI of a root in a session of its own; what it prints is added to ``ui.log`` there."""
    with (root / "ui.log").open("a") as log:
        return subprocess.Popen(
            [*COHESION, "ui", "--port", str(port), *options],
            env={**environment(root), **variables}, cwd=root, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip


@contextmanager
def running(root: Path, *options: str, asked: str = "server_info", **variables: str) -> Iterator[str]:
    """The address of a UI of a root, which ends with the block. ``asked``: the page that answers once it runs."""
    port = free_port()
    process = start_ui(root, port, *options, **variables)
    try:
        wait_for_answer(f"http://127.0.0.1:{port}/{asked}", process, root / "ui.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    def answers() -> bool:
        if process.poll() is not None:
            pytest.fail(f"the UI ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    wait_until(answers, "the UI answers")


def wait_until(holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What ``holds`` gives once it gives something; the test fails if it never does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := holds():
            return found
        time.sleep(0.5)
    pytest.fail(f"waited for ever until {what}")


@contextmanager
def browsing() -> Iterator[Any]:
    """Headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def fill_in(about: Path) -> None:
    """Fill in what a copied template leaves to its user."""
    lines = re.compile(r"^(title|short_title|population|citation|licence): .*$", re.MULTILINE)
    about.write_text(lines.sub(r"\1: A study for tests", about.read_text()))
    (about.parent / "caveats.md").write_text("Made up for tests.\n")
