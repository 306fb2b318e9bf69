"""Papers in a browser: nothing that axe finds, no sideways scrolling, few stops of the tab key; in print too."""

import io
import shutil

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.papers import written
from pipeline.papers.content import (
    BulletList,
    Callout,
    Column,
    Document,
    FigureBlock,
    FigureFile,
    Heading,
    Number,
    NumberRecord,
    Paragraph,
    Row,
    TableBlock,
    with_annex,
    words,
)
from pipeline.papers.extracts import with_extracts
from pipeline.paths import REPOSITORY

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package `chromium`)"),
]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 240" width="480pt"><path d="M0 0L480 300"/></svg>'
SCREENS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (320, "light")]


def sentence(record: str) -> Paragraph:
    return Paragraph((*words("A sentence that says how large and how sure, with its number "), Number("0.25", record)))


def phrase(record: str) -> Paragraph:
    """A sentence that follows from results, as `ratio` and `headline` make it."""
    said = "about four times as likely to like them quite a lot or a great deal, by all that the results can show, as"
    return Paragraph((*words("Those who always met them were "), Number(said, record), *words(" those who never did.")))


def table(number: int, columns: int, rows: int) -> TableBlock:
    heads = (Column("What it is"), *(Column(f"Wave {n} of the panel", "right") for n in range(1, columns)))
    body = tuple(Row(tuple(words(f"{n}.{m}") for m in range(columns))) for n in range(rows))
    return TableBlock(number, f"table-{number}", f"A table of {columns} columns", heads, body, "A study", ("A note.",))


def paper() -> Document:
    records = tuple(NumberRecord(f"number-{n}", "0.25", 0.25, "liking", "a_model") for n in range(1, 61))
    figure = FigureFile(SVG, "A line that rises from zero to ten.", "It rises", "A study")
    found = BulletList(tuple(sentence(f"number-{n}").runs for n in (1, 2, 3)))
    said = BulletList((words("For councils."), phrase("number-1").runs))
    blocks = [
        Callout("warning", "A warning", (Paragraph(words("These data are synthetic.")),)),
        Callout("findings", "What we found", (found,)),
        Callout("meaning", "What it means", (said,)),
        Heading(2, words("How things changed"), "how"),
        *(sentence(f"number-{n}") for n in range(4, 61)),
        *(FigureBlock(n, f"figure_{n}", figure, True) for n in (1, 2, 3, 4)),
        table(1, 4, 5),
        table(2, 14, 5),
        Callout("note", "", (Paragraph(words("A remark.")),)),
        Callout("limits", "What it does not show", (said,)),
    ]
    facts = (("Funder", "A fund"), ("Version", "1.0, 1 March 2026"), ("Population", "Adults"))
    made = Document("A paper", "Of a study", "A study", ("A. Name",), "In short.", "A Study (2021).", True,
                    tuple(blocks), records, facts, "paper")  # fmt: skip
    rows = tuple(Row((words(record.printed), words(record.what)), record.id) for record in records)
    origin = TableBlock(None, "numbers-table", "Numbers", (Column("Number"), Column("What")), rows, wordy=True)
    return with_extracts(with_annex(made, (Heading(2, words("Numbers"), "numbers"), origin, table(3, 6, 60))))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    template = (REPOSITORY / "reports" / "templates" / "paper.html.j2").read_bytes()
    made = {}
    for part in paper().documents:
        if part.part != "slides":
            made[part.part] = folder / f"{part.part}.html"
            made[part.part].write_bytes(written(part, "html", template))
    return made


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


def opened(browser: Browser, pages, part, width=1280, scheme="light") -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(pages[part].as_uri())
    return page


@pytest.mark.parametrize("part", ["paper", "annex", "summary"])
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_axe_finds_nothing_and_the_page_does_not_scroll_sideways(browser, pages, part, width, scheme):
    page = opened(browser, pages, part, width, scheme)
    found = Axe().run(page)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.close()


def test_numbers_are_no_stops_of_the_tab_key(browser, pages):
    page = opened(browser, pages, "paper")
    stops = page.evaluate('document.querySelectorAll(\'a[href]:not([tabindex="-1"]), [tabindex="0"]\').length')
    numbers = page.evaluate("document.querySelectorAll('a.number').length")
    page.close()
    assert numbers >= 60
    assert stops <= 12


def test_a_dark_page_is_dark_and_its_figures_keep_their_ground(browser, pages):
    page = opened(browser, pages, "paper", scheme="dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    figure = page.evaluate("getComputedStyle(document.querySelector('.drawn picture')).backgroundColor")
    page.close()
    assert ground == "rgb(22, 25, 29)"
    assert figure == "rgb(255, 255, 255)"


def test_print_puts_two_figures_on_a_page(browser, pages):
    page = opened(browser, pages, "paper", scheme="dark")
    page.emulate_media(media="print")
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    page.close()
    counts = [one.extract_text().count("It rises") for one in printed.pages]
    assert sum(counts) == 4
    assert max(counts) >= 2


def test_a_wide_table_says_that_it_scrolls_on_a_phone(browser, pages):
    page = opened(browser, pages, "paper", 390)
    shown = page.evaluate("[...document.querySelectorAll('.hint')].map(one => getComputedStyle(one).display)")
    page.close()
    assert shown == ["block"]  # the table of fourteen columns, not that of four
