"""The PDF of a paper: tagged, in its language, with alternative texts and headers; texts are texts, never markup."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject
from test_papers_document import document

from pipeline.errors import PaperError
from pipeline.papers import Document, written
from pipeline.papers.content import (
    Block,
    Column,
    FigureBlock,
    Number,
    NumberRecord,
    Paragraph,
    Row,
    TableBlock,
    words,
)
from pipeline.papers.writers.pdf import document_data
from pipeline.paths import Paths

TEMPLATE = (Paths().templates / "paper.typ").read_bytes()


def pdf(document: Document) -> PdfReader:
    return PdfReader(io.BytesIO(written(document, "pdf", TEMPLATE)))


def elements(part: Any) -> Iterator[DictionaryObject]:
    """Every element of the structure tree, in reading order."""
    found = part.get_object()
    if isinstance(found, ArrayObject):
        for each in found:
            yield from elements(each)
    elif isinstance(found, DictionaryObject):
        if "/S" in found:
            yield found
        if "/K" in found:
            yield from elements(found["/K"])


@pytest.fixture(scope="module", params=["paper", "annex"])
def part(request: pytest.FixtureRequest) -> Document:
    paper = document()
    return paper if request.param == "paper" else paper.documents[1]


@pytest.fixture(scope="module")
def structure(part: Document) -> list[DictionaryObject]:
    return list(elements(pdf(part).trailer["/Root"]["/StructTreeRoot"]["/K"]))


def test_it_says_its_title_and_language_and_what_it_keeps_to(part: Document) -> None:
    found = pdf(part)
    root = found.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en-GB", True)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert found.metadata is not None
    assert found.metadata.title == part.title
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()


def test_headings_skip_no_level(structure: list[DictionaryObject]) -> None:
    levels = [int(found[1]) for each in structure if (found := re.fullmatch(r"/H(\d)", each["/S"]))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_pictures_have_their_alternative_text(part: Document, structure: list[DictionaryObject]) -> None:
    drawn = [str(each["/Alt"]) for each in structure if each["/S"] == "/Figure"]
    assert sorted(drawn) == sorted(block.file.alt for block in part.blocks if isinstance(block, FigureBlock))


def test_tables_have_headers_and_as_many_rows_as_in_the_paper(
    part: Document, structure: list[DictionaryObject]
) -> None:
    kinds = Counter(str(each["/S"]) for each in structure)
    tables = [block for block in part.blocks if isinstance(block, TableBlock)]
    assert kinds["/Table"] == len(tables)
    assert kinds["/TR"] == sum(len(block.rows) + 1 for block in tables)
    assert kinds["/TH"] >= sum(len(block.columns) for block in tables)


def pages_of(document: Document) -> list[str]:
    return [page.extract_text() for page in pdf(document).pages]


def alone(*blocks: Block) -> Document:
    """The paper's front with these blocks only."""
    return replace(document(), blocks=blocks, annex=None, extracts=(), beside=(), elsewhere={}, numbers=())


def filled(lines: int) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(words(f"Line {number}.")) for number in range(lines))


HEADS = (Column("Item"), Column("What it is"))


@pytest.mark.parametrize("lines", range(20, 34, 2))
def test_a_short_table_is_kept_whole(lines: int) -> None:
    """Broken, it would leave a single row on the next page."""
    rows = tuple(Row((words(f"row{number}"), words("text"))) for number in range(8))
    table = TableBlock(1, "short", "A short table", HEADS, rows)
    holding = [page for page in pages_of(alone(*filled(lines), table)) if "row" in page]
    assert [page.count("row") for page in holding] == [8]


@pytest.mark.parametrize("before", range(30, 48, 3))
def test_a_heading_of_rows_is_never_the_last_line_of_a_page(before: int) -> None:
    plain_rows = tuple(Row((words(f"first{number}"), words("text"))) for number in range(before))
    group = Row((words("A group"),))
    after = tuple(Row((words(f"second{number}"), words("text"))) for number in range(30))
    table = TableBlock(1, "long", "A long table", HEADS, (*plain_rows, group, *after))
    page = next(page for page in pages_of(alone(table)) if "A group" in page)
    assert "second0" in page


def test_a_column_of_long_texts_is_wider_than_one_of_short_ones() -> None:
    rows = (Row((words("A name of some words"), words("word " * 80))),)
    table = TableBlock(1, "wordy", "A table of words", HEADS, rows, wordy=True)
    shares = document_data(alone(table))["blocks"][0]["shares"]
    assert shares[1] > 3 * shares[0]


def test_a_sentence_that_is_bound_is_set_as_text_and_not_as_one_box() -> None:
    """As a box of its own it began a line, and what follows stood beside its first one."""
    sentence = "about four times as likely to have friends of their own group only, in the words of the results, as "
    record = NumberRecord("number-1", sentence, 4.0, "a ratio", "a_model")
    made = alone(Paragraph((*words("People of the majority were "), Number(sentence, "number-1"), *words("others."))))
    lines = "".join(pages_of(replace(made, numbers=(record,)))).splitlines()
    assert any("People of the majority were about four times" in line for line in lines)


def test_the_same_document_gives_the_same_bytes(part: Document) -> None:
    assert written(part, "pdf", TEMPLATE) == written(part, "pdf", TEMPLATE)


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_without_a_template_it_says_what_to_do() -> None:
    with pytest.raises(PaperError, match=r"Put paper\.typ into reports/templates"):
        written(document(), "pdf", None)
