"""What staff do in a browser on the day a wave arrives, from the start page to the paper, by clicks."""

import os
import re
import shutil
import time
from pathlib import Path

import pytest
from published_study import make_published
from running_ui import NEEDS_BROWSER, browsing, cohesion, fill_in, running, wait_until
from shared import ROOT
from small_study import rows

from assets.web.links import job_link
from pipeline.files import sha256_of

pytestmark = [pytest.mark.thorough, NEEDS_BROWSER]
LOADED = "domcontentloaded"
LONG = 600_000


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A study with a wave and a paper, built on the command line."""
    root = make_published(tmp_path_factory.mktemp("clone"))
    shutil.copy(ROOT / "workspace.yaml", root)
    fill_in(root / "data" / "studies" / "first" / "study.yaml")
    cohesion(root, "wave", "accept", "first", "w01")
    cohesion(root, "build")
    return root


@pytest.fixture(scope="module")
def address(root):
    with running(root) as address:
        yield address


@pytest.fixture(scope="module")
def page(address):
    with browsing() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(LONG)
        yield page


def launch(page, address: str, job: str, **config: object) -> tuple[str, str]:
    """Start a job from its launchpad as staff do; its status in the end, and what its page says."""
    page.goto(f"{address}{job_link(job, config)}", wait_until=LOADED)
    button = page.get_by_role("button", name=re.compile("Launch Run", re.IGNORECASE)).first
    wait_until(button.is_enabled, f"{job} can be launched")
    button.click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}"))
    status = page.get_by_text(re.compile("^(Success|Failure|Canceled)$")).first
    status.wait_for(timeout=LONG)
    return status.inner_text(), page.locator("body").inner_text()


def on_start(page, address: str, text: str) -> str:
    """The start page once it says ``text``: what lies there is looked at every few seconds."""

    def told() -> str:
        page.goto(address, wait_until=LOADED)
        found: str = page.locator("body").inner_text()
        return found if text in found else ""

    found: str = wait_until(told, f"the start page says {text!r}")
    return found


def put(root: Path, name: str, **changed: list[int]) -> str:
    """A file in the deposit folder that has been there for a while; its SHA-256."""
    import polars as pl

    file = root / "data" / "raw" / "first" / name
    rows().with_columns(*(pl.Series(column, values) for column, values in changed.items())).write_csv(file)
    os.utime(file, (time.time() - 60,) * 2)
    return sha256_of(file)


def test_the_latest_paper_is_one_click_from_the_start_page(page, address):
    page.goto(address, wait_until=LOADED)
    assert "Everything is up to date" in page.locator("body").inner_text()
    page.get_by_role("link", name="A small paper").click()
    assert page.url == f"{address}/reports/papers/small.html"
    assert page.locator("h1").inner_text() == "A small paper"


def test_a_build_from_the_command_line_is_a_run(page, address):
    page.goto(f"{address}/runs", wait_until=LOADED)
    page.get_by_text("why: command line").first.wait_for()
    page.get_by_text("Success").first.wait_for()


def test_a_figure_is_seen_where_it_is_described(page, address):
    page.goto(f"{address}/assets/figure/belonging", wait_until=LOADED)
    picture = page.locator("img[src^='/reports/figures/belonging']").first
    picture.wait_for()
    wait_until(lambda: picture.evaluate("image => image.naturalWidth"), "the picture is there")
    page.get_by_text("7_draw").first.wait_for()


def test_results_are_seen_where_they_are_described(page, address):
    page.goto(f"{address}/assets/estimates/satisfied", wait_until=LOADED)
    page.get_by_role("cell", name="belonging").first.wait_for()


@pytest.mark.parametrize(
    ("job", "config"),
    [
        ("rebuild_a_study", {"study": "first"}),
        ("rebuild_everything", {}),
        ("papers_only", {"paper": "small"}),
        ("papers_only", {"paper": "all"}),
        ("one_model", {"model": "satisfied"}),
    ],
)
def test_builds_are_started_from_the_launchpad(page, address, job, config):
    status, said = launch(page, address, job, **config)
    assert status == "Success"
    assert "Nothing has changed." in said


@pytest.mark.parametrize(
    ("job", "config", "told"),
    [
        ("withdraw_a_person", {}, "cohesion withdraw STUDY ID --scope erase"),
        ("accept_a_wave", {"study": "first", "wave": "w01", "sha256": "abc"}, "study_wave_1.csv begins"),
        ("new_wave", {"study": "first", "file": "nowhere.csv", "arm": "", "items": False}, "nowhere.csv"),
        ("check_a_release", {"paper": "small"}, "version"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(page, address, job, config, told):
    status, said = launch(page, address, job, **config)
    assert status == "Failure"
    assert told in said
    assert "Traceback" not in said
    assert "Stack Trace" not in said


def test_a_choice_that_there_is_not_cannot_be_launched(page, address):
    page.goto(f"{address}{job_link('rebuild_a_study', {'study': 'nowhere'})}", wait_until=LOADED)
    page.get_by_text("not in enum type Study").first.wait_for()


def test_a_wave_arrives_is_bad_is_mended_and_is_in_the_paper(page, address, root):
    put(root, "study_wave_2.csv", belong1=[77] * 40)
    on_start(page, address, "study_wave_2.csv is declared by no wave")
    page.get_by_role("link", name="Draft a wave from it").click()
    page.get_by_text("study_wave_2.csv").first.wait_for()
    status, said = launch(page, address, "new_wave", study="first", file="study_wave_2.csv", arm="", items=False)
    assert status == "Success", said
    on_start(page, address, "(w02) awaits confirmation")
    sha256 = sha256_of(root / "data" / "raw" / "first" / "study_wave_2.csv")
    status, said = launch(page, address, "accept_a_wave", study="first", wave="w02", sha256=sha256[:8])
    assert status == "Success", said

    on_start(page, address, "to be decided")  # the sensor has started a build, and it stopped
    page.goto(f"{address}/runs", wait_until=LOADED)
    tag = page.get_by_text("why: w02 arrived").first
    tag.wait_for()
    row = tag.locator("xpath=ancestor::*[.//a[contains(@href, '/runs/')]][1]")
    row.locator("a[href*='/runs/']").first.click()
    page.get_by_text(re.compile("^Failure$")).first.wait_for()
    told = "study_wave_2.csv, `belong1`: codes that are not declared: 77 (40). Declare each"
    wait_until(lambda: told in page.locator("body").inner_text(), "the run says what is wrong and what to do")

    sha256 = put(root, "study_wave_2.csv", lifesat=[min(10, person % 11 + person % 2) for person in range(40)])
    on_start(page, address, "(w02) awaits confirmation")
    status, said = launch(page, address, "accept_a_wave", study="first", wave="w02", sha256=sha256[:8])
    assert status == "Success", said
    built = root / "data" / "warehouse" / "paper" / "small.json"
    before = built.read_bytes() if built.exists() else b""
    wait_until(lambda: built.exists() and built.read_bytes() != before, "the paper is built again")
    on_start(page, address, "Everything is up to date")
    page.get_by_role("link", name="Technical annex").click()
    assert "study_wave_2.csv" in page.locator("body").inner_text()
