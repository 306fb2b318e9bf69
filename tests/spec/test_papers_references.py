"""References within and beyond a paper: figures and tables by name, footnotes, citations, terms."""

import io
import json

import pypdf
import pytest
from test_papers_bindings import FRONT, WITHIN, results
from test_papers_document import FIGURES, FULL, TABLES, html

from pipeline.errors import PaperError
from pipeline.papers import render_paper, written
from pipeline.papers.content import TableBlock, plain
from pipeline.paths import Paths
from pipeline.specs.paper_sources import source_problems

WORKS = [
    {
        "id": "allport1954",
        "type": "book",
        "title": "The nature of prejudice",
        "author": [{"family": "Allport", "given": "Gordon W."}],
        "issued": {"date-parts": [[1954]]},
        "publisher": "Addison-Wesley",
    },
    {
        "id": "a_b2015",
        "type": "article-journal",
        "title": "A <b>critique</b>",
        "author": [{"family": "Adams", "given": "Ann"}, {"family": "Brown", "given": "Bo"}],
        "issued": {"date-parts": [[2015]]},
        "container-title": "A Journal",
        "volume": "20",
        "page": "1-9",
    },
]
BIB = """
@book{allport1954,
  author={Allport, Gordon W.}, title={The nature of prejudice}, year={1954}, publisher={Addison-Wesley}}
@article{a_b2015,
  author={Adams, Ann and Brown, Bo}, title={A critique}, journal={A Journal}, year={2015}, volume={20}, pages={1--9}}
"""
GLOSSARY = {"odds ratio": "How many times as high the odds are."}
TWICE = ":::table response_rates\n\n" * 2
FIGURE = ":::figure contact\n\n"


def paper(body, **more):
    given = {"references": json.dumps(WORKS), "glossary": GLOSSARY, **more}
    about = {"context": FULL, "figures": FIGURES, "tables": TABLES, "results": results()}
    return render_paper(FRONT + body, name="reports/papers/paper.md", **about, **given)


def rows(document, anchor):
    blocks = [*document.blocks, *document.annex.blocks]
    found = next(block for block in blocks if isinstance(block, TableBlock) and block.anchor == f"{anchor}-table")
    return [[plain(cell) for cell in row.cells] for row in found.rows]


def test_figures_and_tables_are_referred_to_by_their_names():
    body = "As [](figure:contact) shows, and [the means](table:response_rates), not [](table:retention).\n\n"
    made = html(paper(f"{body}{FIGURE}:::table response_rates\n\n:::annex\n\n:::table retention\n"))
    assert 'As <a href="#figure-1">Figure 1</a> shows, and <a href="#table-1">the means</a>' in made
    assert '<a href="paper_annex.html#table-a1">Table A1</a>' in made


@pytest.mark.parametrize("library", [json.dumps(WORKS), BIB], ids=["CSL JSON", "BibTeX"])
def test_works_are_cited_and_listed(library):
    made = paper("Contact helps [@allport1954, p. 4; @a_b2015]. So said he [@allport1954].\n", references=library)
    page = html(made)
    assert '<a href="#references">(Allport, 1954, p. 4; Adams and Brown, 2015)</a>' in page
    assert '<a href="#references">(Allport, 1954)</a>' in page
    listed = rows(made, "references")
    assert [row[0] for row in listed] == ["Adams and Brown, 2015", "Allport, 1954"]
    assert listed[1][1].startswith("Allport, G.W. (1954) The nature of prejudice.")
    assert "<b>critique" not in page


def test_footnotes_are_numbered_as_they_come_and_hold_numbers_and_citations():
    body = (
        "One[^b] and two[^a], and the first again[^b].\n\n[^a]: Says [@allport1954].\n"
        f"[^b]: Is {{{{ {WITHIN} | dp(2) }}}}\n  over two lines.\n"
    )
    made = paper(body)
    assert [row[0] for row in rows(made, "notes")] == ["1", "2"]
    assert rows(made, "notes")[0][1].endswith("over two lines.")
    assert rows(made, "notes")[1][1] == "Says (Allport, 1954)."
    page = html(made)
    assert page.count('<a href="#note-1">¹</a>') == 2
    assert 'id="note-1"' in page


def test_notes_of_the_annex_have_numbers_of_their_own():
    made = paper("One[^a].\n\n[^a]: First.\n\n:::annex\n\n## Apart\n\nTwo[^a].\n\n[^a]: Second.\n")
    assert '<a href="#annex-note-1">¹</a>' in html(made.annex)


def test_a_term_leads_to_the_glossary_of_the_annex():
    made = paper("The [odds](term:odds-ratio) rise; the [](term:odds-ratio) too.\n")
    page = html(made)
    assert '<a href="paper_annex.html#term-odds-ratio">odds</a>' in page
    assert '<a href="paper_annex.html#term-odds-ratio">odds ratio</a>' in page
    assert rows(made, "glossary") == [["odds ratio", GLOSSARY["odds ratio"]]]


def test_a_paper_without_references_has_no_such_parts():
    made = paper("Text.\n")
    anchors = {block.anchor for block in (*made.blocks, *made.annex.blocks) if isinstance(block, TableBlock)}
    assert not anchors & {"notes-table", "references-table", "glossary-table"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("See [](figure:contacts).\n", "`figure:contacts` is not a figure that this paper shows"),
        ("See [](table:response_rate).\n", "`table:response_rate` is not a table of this paper"),
        (
            ":::table response_rates\n\n:::table response_rates\n\nSee [](table:response_rates).\n",
            "`table:response_rates` fits 2 tables",
        ),
        ("So said [@alport1954].\n", "`@alport1954` is not among the references; the nearest is `allport1954`"),
        ("So said [@allport1954, p. 4; somebody].\n", "is not a citation"),
        ("The [odds](term:odds).\n", "`term:odds` is not in reports/glossary.yaml"),
        ("One[^a].\n", "the footnote `[^a]` has no text"),
        ("One.\n\n[^a]: Never.\n", "the footnote `[^a]` is referred to nowhere"),
    ],
)
def test_a_reference_to_nothing_is_refused(body, message):
    with pytest.raises(PaperError) as error:
        paper(body)
    assert message in str(error.value)
    assert str(error.value).startswith("reports/papers/paper.md")


@pytest.mark.parametrize("text", ["{", '{"a": 1}', '[{"title": "no id"}]', "[1, 2]"])
def test_a_library_that_cannot_be_read_is_one_message(text):
    with pytest.raises(PaperError):
        paper("So said [@allport1954].\n", references=text)


def test_check_knows_works_and_terms(tmp_path):
    papers = tmp_path / "reports" / "papers"
    papers.mkdir(parents=True)
    (papers.parent / "references.bib").write_text(BIB)
    (papers.parent / "glossary.yaml").write_text("odds ratio: The odds.\n")
    text = "One [@allport1954; @alport].\n[odds](term:odds-ratio), [w](term:weight)\n"
    assert [(line, message.split("`")[1]) for line, message in source_problems(text, papers)] == [
        (1, "@alport"),
        (2, "weight"),
    ]


def test_word_and_pdf_print_references():
    made = paper("It helps[^a] [@allport1954]; [odds](term:odds-ratio).\n\n[^a]: A note.\n")
    template = (Paths().templates / "paper.typ").read_bytes()
    for part in (made, made.annex):
        assert written(part, "docx", None)
    text = pypdf.PdfReader(io.BytesIO(written(made, "pdf", template))).pages[-1].extract_text()
    assert "A note." in text
    assert "The nature of prejudice" in text
