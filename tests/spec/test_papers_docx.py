"""The Word file of a paper: headings, captions, headers, alternative texts; texts are texts, links lead somewhere."""

import io
import re
import zipfile
from dataclasses import replace
from itertools import pairwise

import docx
import pytest
from docx.oxml.ns import qn
from PIL import Image
from test_papers_document import document

from pipeline.errors import PaperError
from pipeline.papers import Document, written
from pipeline.papers.content import FigureBlock, TableBlock


def png() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(content, "PNG")
    return content.getvalue()


def drawn(part: str = "paper") -> Document:
    """The paper of the tests, or its annex, with figures that Word can show."""
    paper = document()
    whole = paper if part == "paper" else paper.documents[1]
    blocks = (
        replace(block, file=replace(block.file, png=png())) if isinstance(block, FigureBlock) else block
        for block in whole.blocks
    )
    return replace(whole, blocks=tuple(blocks))


def opened(document: Document) -> "docx.document.Document":
    return docx.Document(io.BytesIO(written(document, "docx", None)))


@pytest.fixture(params=["paper", "annex"])
def part(request: pytest.FixtureRequest) -> Document:
    return drawn(request.param)


def test_it_says_its_title_and_language(part: Document) -> None:
    found = opened(part)
    assert found.core_properties.title == part.title
    assert found.styles.element.find(f".//{qn('w:lang')}").get(qn("w:val")) == "en-GB"
    assert [each.text for each in found.paragraphs if each.style.name == "Title"] == [part.title]


def test_headings_are_those_of_the_paper_and_skip_no_level(part: Document) -> None:
    found = [each for each in opened(part).paragraphs if each.style.name.startswith("Heading")]
    assert [each.text for each in found] == [block.plain for block in part.blocks if block.kind == "heading"]
    levels = [1, *(int(each.style.name.split()[1]) for each in found)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_repeat_their_header_and_hold_every_row(part: Document) -> None:
    tables = [block for block in part.blocks if isinstance(block, TableBlock)]
    found = opened(part).tables
    assert [len(table.rows) for table in found] == [len(block.rows) + 1 for block in tables]
    for table, block in zip(found, tables, strict=True):
        assert table.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None
        assert table.rows[0].cells[0].text.startswith(block.columns[0].header)


def test_pictures_have_their_alternative_text(part: Document) -> None:
    found = [each._inline.docPr.get("descr") for each in opened(part).inline_shapes]
    assert found == [block.file.alt for block in part.blocks if isinstance(block, FigureBlock)]


def test_pictures_are_without_what_is_set_as_text() -> None:
    """The body of the picture of the tests is 98 by 60 of 100 by 100."""
    content = written(drawn(), "docx", None)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        (name,) = (each for each in parts.namelist() if each.startswith("word/media/"))
        assert Image.open(io.BytesIO(parts.read(name))).size == (196, 120)


def test_links_lead_to_places_of_the_file_or_to_the_other_document() -> None:
    for part in ("paper", "annex"):
        content = written(drawn(part), "docx", None)
        xml = zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml").decode()
        places = set(re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', xml))
        assert set(re.findall(r'<w:hyperlink w:anchor="([^"]+)"', xml)) <= places
        assert all(len(name) <= 40 for name in places)
        related = zipfile.ZipFile(io.BytesIO(content)).read("word/_rels/document.xml.rels").decode()
        other = "paper_annex.docx" if part == "paper" else "paper.docx"
        assert f'Target="{other}' in related


def test_the_same_document_gives_the_same_bytes_without_a_date(part: Document) -> None:
    content = written(part, "docx", None)
    assert content == written(part, "docx", None)
    assert {each.date_time for each in zipfile.ZipFile(io.BytesIO(content)).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_figure_without_a_png_is_named() -> None:
    with pytest.raises(PaperError, match="the figure `contact` has no PNG for Word"):
        written(document(), "docx", None)
