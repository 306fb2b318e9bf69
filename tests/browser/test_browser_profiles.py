"""Profiles of areas in a browser: two pages of print, whatever is said, and no sideways scrolling on a phone."""

from __future__ import annotations

import io
import shutil

import polars as pl
import pypdf
import pytest
from playwright.sync_api import sync_playwright
from profile_frames import made_up

from pipeline.papers.profiles import About, Programme, profile, profile_html
from pipeline.paths import Paths
from pipeline.specs.profile import Profiles

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package `chromium`)"),
]
PAGE = (Paths().templates / "profile.html.j2").read_bytes()
LINK = "https://example.org/what-could-be-done-about-it-in-a-place-such-as-this-one-and-in-others"


@pytest.fixture(scope="module")
def page():
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium.new_page(viewport={"width": 390, "height": 800})
        chromium.close()


def made(has_programme: bool, domains: int) -> str:
    frames = made_up(small=(), domains={f"d{n}": f"Domain number {n}" for n in range(domains)})
    evidence = {key: [{"title": "What works in places such as this", "url": f"{LINK}/{key}", "source": "Someone 2020"}]
                for key in (*frames["labels"], "any")}  # fmt: skip
    outcomes = {f"o{n}": f"Outcome number {n}" for n in range(5)}
    row = {"programme": "p", "area": "5", "wave": "w03", "row": "area", "estimate": 0.2, "std_error": 0.1,
           "conf_low": 0.0, "conf_high": 0.4, "n_persons": 200}  # fmt: skip
    effects = pl.DataFrame([row | {"outcome": outcome} for outcome in outcomes])
    content = profile(
        frames["areas"], frames["changes"], area="5", labels=frames["labels"],
        settings=Profiles.model_validate({"evidence": evidence}),
        about=About(study="Made up", synthetic=True, population="Everyone who lives in one of nine places"),
        effects=effects if has_programme else None,
        programmes={"p": Programme("A programme", "In six places", {"5": "5"}, outcomes)} if has_programme else None,
    )  # fmt: skip
    return profile_html(content, PAGE).decode()


@pytest.mark.parametrize("has_programme", [True, False], ids=["programme", "no-programme"])
@pytest.mark.parametrize("domains", [3, 6])
def test_a_printed_profile_has_two_pages(page, has_programme, domains):
    page.set_content(made(has_programme, domains))
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == 2
    assert "What next?" in printed.pages[0].extract_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_profile_does_not_scroll_sideways_on_a_phone(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_content(made(True, 6))
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
