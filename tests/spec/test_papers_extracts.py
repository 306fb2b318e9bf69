"""What is taken from a paper: a summary of two pages, and a slide for each figure."""

import io
import zipfile
from dataclasses import replace

import pypdf
import pytest
from test_papers_bindings import FRONT, WITHIN, render
from test_papers_document import FIGURES, FULL, TABLES, html

from pipeline.errors import PaperError
from pipeline.papers import written
from pipeline.papers.content import Callout, FigureBlock
from pipeline.papers.writers import slides as slide_writer
from pipeline.paths import REPOSITORY
from pipeline.specs.writers import WRITERS

KEY = next(iter(FIGURES))
SURE = f"- Liking rises by {{{{ {WITHIN} | dp(2) }}}} ({{{{ {WITHIN} | interval(2) }}}}).\n"
BODY = (
    f":::findings What we found\n\n{SURE * 3}:::\n\n:::meaning What it means\n\n- For councils.\n:::\n\n"
    f"## First\n\n:::figure {KEY}\n\nA paragraph of the paper alone.\n\n"
    ":::limits What it does not show\n\n- A cause.\n:::\n\n:::annex\n\n## Apart\n\nDetails.\n"
)


def parts(body=BODY, **more):
    made = render(body, context=FULL, figures=FIGURES, tables=TABLES, **more)
    return {one.part: one for one in made.documents}


def pdf(one):
    writer = "slides" if one.part == "slides" else "pdf"
    template = (REPOSITORY / "reports" / "templates" / str(WRITERS[writer].template)).read_bytes()
    return pypdf.PdfReader(io.BytesIO(written(one, writer, template)))


def test_a_summary_holds_the_boxes_and_figures_of_its_paper_in_two_pages():
    made = parts()
    assert list(made) == ["paper", "annex", "summary", "slides"]
    summary = made["summary"]
    tones = [block.tone if isinstance(block, Callout) else block.kind for block in summary.blocks]
    assert tones == ["findings", "meaning", "figure", "limits"]
    page = html(summary)
    assert "A paragraph of the paper alone" not in page
    assert 'href="paper_annex.html#number-1"' in page
    assert len(pdf(summary).pages) <= 2


def test_texts_of_a_paper_lead_to_each_other_and_slides_to_none():
    made = parts()
    assert made["paper"].beside == ("annex", "summary")
    assert made["annex"].beside == ("paper", "summary")
    assert made["summary"].beside == ("paper", "annex")
    assert '<a href="paper_summary.html">Summary in two pages</a>' in html(made["paper"])
    assert [writer for writer, record in WRITERS.items() if "slides" in record.parts] == ["slides"]


def test_each_figure_has_a_slide_with_its_title_and_alternative_text():
    made = pdf(parts()["slides"])
    assert len(made.pages) == 3  # title, one figure, about
    width, height = made.pages[0].mediabox[2:]
    assert float(width) / float(height) == pytest.approx(16 / 9, rel=1e-3)
    assert FIGURES[KEY].title in " ".join(made.pages[1].extract_text().split())
    assert made.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert made.trailer["/Root"]["/Lang"] == "en-GB"


def test_a_paper_without_findings_has_no_summary_and_without_figures_no_slides():
    assert list(parts("## First\n\nText.\n")) == ["paper", "annex"]


def test_a_summary_shows_the_figures_that_it_names():
    named = FRONT.replace("study:", f"in_summary: [{KEY}]\nstudy:", 1)
    shown = [block.key for block in parts(front=named)["summary"].blocks if isinstance(block, FigureBlock)]
    assert shown == [KEY]
    wrong = FRONT.replace("study:", "in_summary: [nothing]\nstudy:", 1)
    with pytest.raises(PaperError, match=r"paper\.md: `in_summary` names `nothing`, which the text does not show"):
        parts(front=wrong)


def test_a_summary_of_more_than_two_pages_is_refused():
    long = "- " + "A sentence that goes on and on. " * 400 + "\n"
    with pytest.raises(PaperError, match="the summary has more than two pages"):
        pdf(parts(BODY.replace("- A cause.\n", long))["summary"])


def test_slides_need_their_template():
    with pytest.raises(PaperError, match=r"slides\.typ"):
        slide_writer.write(parts()["slides"], None)


def test_numbers_lead_to_the_annex_in_word_and_pdf_too():
    made = parts()
    assert addresses(made["paper"]).count("paper_annex.pdf") > 3
    without = tuple(block for block in made["summary"].blocks if not isinstance(block, FigureBlock))
    drawn_nothing = replace(made["summary"], blocks=without)
    with zipfile.ZipFile(io.BytesIO(written(drawn_nothing, "docx", None))) as file:
        related = file.read("word/_rels/document.xml.rels").decode()
    assert "paper_annex.docx#" in related


def links(page):
    return [one.get_object() for one in page.get("/Annots", [])]


def addresses(one):
    return " ".join(str(link.get("/A", {}).get("/URI", "")) for page in pdf(one).pages for link in links(page))
