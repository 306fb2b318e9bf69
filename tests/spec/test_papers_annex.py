"""A paper and its technical annex: what lies where, how they lead to each other, how their parts are numbered."""

import re
from html.parser import HTMLParser

from test_papers_bindings import WITHIN, mistakes
from test_papers_document import BODY, FIGURES, TABLES, document, html

from pipeline.papers import Document
from pipeline.papers.content import FigureBlock, Heading, TableBlock, address, anchors_of
from pipeline.specs.writers import TEXTS, stem

APART = BODY.replace("### Who took part", ":::annex\n\n## Who took part, in detail\n\n:::figure contact")


def annex(document: Document) -> Document:
    assert document.annex is not None
    return document.annex


def headings(document: Document) -> list[str]:
    return [block.plain for block in document.blocks if isinstance(block, Heading) and block.level == 2]


def test_what_follows_the_line_is_the_annex_with_what_every_annex_has() -> None:
    paper = document(body=APART)
    assert headings(paper) == ["What we found"]
    assert headings(annex(paper))[:2] == ["Who took part, in detail", "How the estimates were made"]
    assert (paper.part, annex(paper).part, annex(paper).title) == (
        "paper", "annex", f"Technical annex: {paper.title}"
    )  # fmt: skip


def test_an_annex_is_numbered_by_itself() -> None:
    paper = document(body=APART)
    labels = [
        [
            (block.kind, block.label, block.anchor)
            for block in part.blocks
            if isinstance(block, FigureBlock | TableBlock)
        ]
        for part in paper.documents
    ]
    assert labels[0] == [("figure", "1", "figure-1"), ("table", "1", "table-1")]
    assert labels[1][:3] == [
        ("figure", "A1", "figure-a1"), ("table", "A1", "table-a1"), ("table", "A2", "table-a2")
    ]  # fmt: skip


def test_each_anchor_is_found_in_the_document_that_has_it() -> None:
    paper = document(body=APART)
    assert address(paper, "#what-we-found", "html") == "#what-we-found"
    assert address(paper, "#methods", "html") == "paper_annex.html#methods"
    assert address(annex(paper), "#what-we-found", "pdf") == "paper.pdf#what-we-found"
    assert address(annex(paper), "https://example.org", "html") == "https://example.org"


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.hrefs: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids |= {found["id"] or ""} if "id" in found else set()
        self.hrefs += [found["href"] or ""] if "href" in found else []


def test_every_link_of_both_pages_leads_somewhere() -> None:
    sure = f"- By {{{{ {WITHIN} | dp(2) }}}} ({{{{ {WITHIN} | interval(2) }}}}).\n"
    found = f":::findings Found\n\n{sure * 3}:::\n\n"
    body = f"{found}{APART}\nAs [said above](#what-we-found), by {{{{ {WITHIN} | dp(2) }}}}.\n"
    parts = document(body=body.replace(":::figure contact\n", "See [the methods](#methods).\n\n:::figure contact\n", 1))
    texts = [part for part in parts.documents if part.part in TEXTS]
    pages = {f"{stem('paper', part.part)}.html": Links(html(part)) for part in texts}
    assert len(pages) == 3
    assert "paper_annex.html" in pages["paper.html"].hrefs
    assert "paper.html" in pages["paper_annex.html"].hrefs
    for name, page in pages.items():
        for href in page.hrefs:
            file, _, anchor = href.partition("#")
            target = pages[file or name]
            assert not anchor or anchor in target.ids, f"{name}: {href}"


def test_the_line_stands_once() -> None:
    found = mistakes(f"{APART}\n\n:::annex\n", figures=FIGURES, tables=TABLES)
    assert re.fullmatch(r"paper\.md:\d+: `:::annex` stands once: what follows the first is the annex\.", *found)


def test_the_line_takes_nothing_and_a_box_holds_something() -> None:
    assert mistakes(":::annex now\n\nText.\n") == ["paper.md:6: `:::annex` takes nothing: headings and text follow it."]
    assert mistakes(":::meaning For whom\n:::\n") == ["paper.md:6: `:::meaning` is an empty box."]


def test_anchors_are_those_of_headings_figures_tables_rows_and_numbers() -> None:
    assert {"what-we-found", "figure-1", "table-1", "number-1-use"} <= set(anchors_of(document()))
    assert "number-1" in anchors_of(annex(document()))
