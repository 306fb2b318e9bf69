"""A member of staff opens the asset graph, starts a materialisation, and sees it succeed."""

import json
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
from pathlib import Path

import pytest
from shared import ROOT
from small_study import deposit, rows

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
pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package `chromium`)"),
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A copy of what a clone tracks of declarations, in a folder of its own."""
    root = tmp_path_factory.mktemp("clone")
    for name in ("studies", "areas"):
        shutil.copytree(ROOT / "data" / name, root / "data" / name)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data" / "concepts.yaml")
    shutil.copytree(ROOT / "reports", root / "reports", ignore=shutil.ignore_patterns("build"))
    shutil.copy(ROOT / "workspace.yaml", root)
    return root


@pytest.fixture(scope="module")
def address(root) -> str:
    """The address of a running `cohesion ui`."""
    port = free_port()
    environment = {**os.environ, "COHESION_ROOT": str(root), "HOME": str(root), "PYTHONPATH": str(ROOT)}
    with (root / "ui.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "from assets.commands.main import main; main()", "ui", "--port", str(port)],
            env=environment,
            cwd=root,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/server_info", process, root / "ui.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(600):  # beside a whole build on the same two cores, the UI takes its time
        if process.poll() is not None:
            pytest.fail(f"the UI ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail("the UI did not answer within five minutes")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def test_a_wave_is_materialised_from_the_ui(address, root, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{address}/assets/wave/parallel_lives/w01", wait_until="domcontentloaded")
    button = page.get_by_role("button", name="Materialize").first
    button.wait_for(timeout=60_000)
    button.click()
    page.get_by_role("button", name="Confirm").click(timeout=30_000)  # its upstream, the sample, is not there yet
    table = root / "data" / "warehouse" / "wave" / "parallel_lives" / "w01.parquet"
    for _ in range(400):
        if table.with_suffix(".json").exists():
            break
        time.sleep(0.5)
    assert table.exists(), (root / "ui.log").read_text()[-2000:]
    page.goto(f"{address}/runs", wait_until="domcontentloaded")
    page.get_by_text("Success").first.wait_for(timeout=60_000)


def test_the_graph_shows_groups_checks_and_owners(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{address}/assets/answers/parallel_lives?view=checks", wait_until="domcontentloaded")
    for check in ("grain", "ranges", "accounting"):
        page.get_by_text(check, exact=True).first.wait_for(timeout=60_000)


def asset_keys(address: str) -> list[list[str]]:
    """Every asset that the running UI knows."""
    query = json.dumps({"query": "{ assetNodes { assetKey { path } } }"}).encode()
    request = urllib.request.Request(f"{address}/graphql", data=query, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return [node["assetKey"]["path"] for node in json.load(answer)["data"]["assetNodes"]]


def test_an_accepted_wave_appears_without_a_restart(address, root):
    new = ["wave", "first", "w01"]
    assert new not in asset_keys(address)
    shutil.copytree(ROOT / "data" / "studies" / "_template", root / "data" / "studies" / "first")
    about = root / "data" / "studies" / "first" / "study.yaml"
    words = re.compile(r"^(title|short_title|population|citation|licence): .*$", re.MULTILINE)
    about.write_text(words.sub(r"\1: A study for tests", about.read_text()))
    (about.parent / "caveats.md").write_text("Made up for tests.\n")
    deposit(root, "first", rows())
    accepted = subprocess.run(
        [sys.executable, "-c", "from assets.commands.main import main; main()", "wave", "accept", "first", "w01"],
        env={**os.environ, "COHESION_ROOT": str(root), "HOME": str(root), "PYTHONPATH": str(ROOT)},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "The running asset graph shows it." in accepted.stdout, accepted.stdout + accepted.stderr
    assert new in asset_keys(address)


def test_the_graph_says_how_fresh_a_study_is(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{address}/assets/answers/parallel_lives?view=checks", wait_until="domcontentloaded")
    page.get_by_text("fresh", exact=True).first.wait_for(timeout=60_000)


def test_nothing_is_reported_to_anyone(root):
    assert "enabled: false" in (root / "data" / "instance" / "dagster.yaml").read_text()
