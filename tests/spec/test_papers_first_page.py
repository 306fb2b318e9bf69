"""The first page: key findings with their numbers and intervals, and a masthead that says who, when, on what terms."""

import re

import pytest
from test_papers_bindings import FRONT, WITHIN, mistakes, render
from test_papers_document import FIGURES, TABLES, document, html

from pipeline.papers.content import Callout
from pipeline.specs.papers import MASTHEAD, Author, Paper

SURE = f"- Liking rises by {{{{ {WITHIN} | dp(2) }}}} ({{{{ {WITHIN} | interval(2) }}}}).\n"
COUNTED = '- {{ fact("persons") | count }} people answered.\n'


def box(*items: str) -> str:
    return f":::findings What we found\n\n{''.join(items)}:::\n"


def test_a_box_of_findings_has_a_heading_and_its_numbers() -> None:
    paper = document(body=box(SURE, SURE, COUNTED))
    (found,) = (block for block in paper.blocks if isinstance(block, Callout))
    assert (found.tone, found.title) == ("findings", "What we found")
    assert '<h2 class="callout-title">What we found</h2>' in html(paper)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (box(SURE, SURE), r"3 to 5 key findings and nothing else; it has 2"),
        (box(*[SURE] * 6), r"3 to 5 key findings and nothing else; it has 6"),
        (box("Some text.\n\n", SURE, SURE, SURE), r"3 to 5 key findings and nothing else; it has 3"),
        (box(SURE, SURE, "- They like them.\n"), r"the key finding “They like them\. …” prints no number"),
        (box(SURE, SURE, f"- It is {{{{ {WITHIN} | dp(2) }}}}.\n"), r"the key finding “It is .*” prints no interval"),
    ],
    ids=["too few", "too many", "other text", "no number", "no interval"],
)
def test_each_finding_says_how_large_and_how_sure(body: str, told: str) -> None:
    (found,) = mistakes(body, figures=FIGURES, tables=TABLES)
    assert re.search(rf"^paper\.md:\d+: .*{told}", found)


def test_a_masthead_says_what_it_lacks() -> None:
    paper = Paper(title="A paper", study="one")
    assert paper.gaps == MASTHEAD
    said = {"authors": ("A. Name",), "date": "2026-11-28"} | {
        key: "said" for key in MASTHEAD if key not in ("authors", "date")
    }
    assert Paper.model_validate({"title": "A paper", "study": "one", **said}).gaps == ()
    assert str(Author(name="A. Name", affiliation="A University")) == "A. Name (A University)"


def test_what_a_paper_says_of_itself_stands_under_its_title() -> None:
    author = "authors: [{name: A. Name, affiliation: A University}]"
    said = f"{author}\nversion: '2.0'\ndate: 2026-03-01\nfunder: A fund\nstudy:"
    paper = render("Text.\n", front=FRONT.replace("study:", said, 1))
    assert paper.authors == ("A. Name (A University)",)
    assert {("Funder", "A fund"), ("Version", "2.0, 1 March 2026")} <= set(paper.facts)
