"""A member of staff opens the asset graph, starts a materialisation, and sees it succeed."""

import json
import shutil
import time
import urllib.request
from pathlib import Path

import pytest
from running_ui import NEEDS_BROWSER, browsing, cohesion, fill_in, running
from shared import ROOT
from small_study import deposit, rows

pytestmark = [pytest.mark.thorough, NEEDS_BROWSER]


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
def address(root):
    with running(root) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


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
    fill_in(root / "data" / "studies" / "first" / "study.yaml")
    deposit(root, "first", rows())
    assert "The running asset graph shows it." in cohesion(root, "wave", "accept", "first", "w01")
    assert new in asset_keys(address)


def test_the_graph_says_how_fresh_a_study_is(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{address}/assets/answers/parallel_lives?view=checks", wait_until="domcontentloaded")
    page.get_by_text("fresh", exact=True).first.wait_for(timeout=60_000)


def test_nothing_is_reported_to_anyone(root):
    assert "enabled: false" in (root / "data" / "instance" / "dagster.yaml").read_text()
