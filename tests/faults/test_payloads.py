"""Texts that mean something to a language or program come out of every writer, figure and page as texts.

The measure is the same everywhere: a document that says payloads has the very structure of one that says plain words,
and each payload is read back as it was declared, signs that nobody sees by their code.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import pytest
from hostile_texts import FORMULA, PAYLOADS, SHOWN, UNSEEN, saying
from markdown_it import MarkdownIt
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from assets.dagster.graph import _specs
from assets.engine.node import Node
from assets.nodes.preview import as_text, markdown_table
from pipeline.papers import written
from pipeline.paths import Paths
from pipeline.tables.words import described
from pipeline.texts import is_visible, visible

PLAIN = [f"Plain words {number}" for number in range(len(PAYLOADS))]
ALL = list(PAYLOADS.values())
SOME = pytest.param(slice(None, None, 5), id="some")
EVERY = pytest.param(slice(None), id="every", marks=pytest.mark.thorough)
"""A Word file of all payloads takes long to write."""
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def squeezed(text: str) -> str:
    """Without spaces, which writers may set otherwise."""
    return re.sub(r"\s+", "", text)


def shown(payload: str) -> str:
    return squeezed(visible(payload))


def page(*payloads: str) -> bytes:
    return written(saying(*payloads), "html", (Paths().templates / "paper.html.j2").read_bytes())


class Skeleton(HTMLParser):
    """Tags with the names of their attributes, the values that could load or run something, and the words."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.styles: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "style")]
        self.words += [value or "" for name, value in attrs if name in ("alt", "content", "aria-label", "title")]

    def handle_data(self, data: str) -> None:
        (self.styles if self.tags and self.tags[-1][0] == "style" and self.lasttag == "style" else self.words).append(
            data
        )


@pytest.fixture(scope="module")
def pages() -> tuple[Skeleton, Skeleton]:
    return Skeleton(page(*ALL)), Skeleton(page(*PLAIN))


def test_there_are_at_least_sixty_four_of_distinct_kinds() -> None:
    assert len(set(PAYLOADS.values())) == len(PAYLOADS) >= 64


def test_a_web_page_has_the_tags_of_plain_words(pages: tuple[Skeleton, Skeleton]) -> None:
    hostile, plain = pages
    assert hostile.tags == plain.tags
    allowed = ("#", "data:image/svg+xml;base64,", "data:image/png;base64,", "paper")
    assert [value for value in hostile.addresses if not value.startswith(allowed)] == [
        value for value in plain.addresses if not value.startswith(allowed)
    ]


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_web_page_says_each(payload: str, pages: tuple[Skeleton, Skeleton]) -> None:
    assert shown(payload) in squeezed("\n".join(pages[0].words))


def test_a_style_sheet_is_left_as_it_is(pages: tuple[Skeleton, Skeleton]) -> None:
    """Texts in it are quoted strings: no sign in them ends a string, a rule or the sheet."""
    sheets = ["".join(each.styles) for each in pages]
    bare = [re.sub(r'"(?:[^"\\\n]|\\[0-9a-f]+ )*"', '""', sheet) for sheet in sheets]
    assert bare[0] == bare[1]


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def tags(xml: bytes, leave: frozenset[str] = frozenset()) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a part with the names of their attributes, save that spaces are kept or not."""
    found = ElementTree.fromstring(xml).iter()
    return [
        (each.tag, tuple(sorted(name for name in each.attrib if not name.endswith("}space"))))
        for each in found
        if each.tag not in leave
    ]


@pytest.mark.parametrize("which", [SOME, EVERY])
def test_a_word_file_has_the_elements_of_plain_words(which: slice) -> None:
    texts = [each[which] for each in (ALL, PLAIN)]
    content = written(saying(*texts[0]), "docx", None)
    hostile, plain = parts(content), parts(written(saying(*texts[1]), "docx", None))
    assert list(hostile) == list(plain)
    lines = frozenset({f"{WORD}br", f"{WORD}tab", f"{WORD}cr", f"{WORD}t"})
    for name in (name for name in hostile if name.endswith((".xml", ".rels"))):
        assert tags(hostile[name], lines) == tags(plain[name], lines), name
    file = docx.Document(io.BytesIO(content))
    said = squeezed("\n".join(each.text for each in file.paragraphs))
    cells = {squeezed(cell.text) for table in file.tables for cell in table.columns[0].cells}
    alternatives = {squeezed(each._inline.docPr.get("descr") or "") for each in file.inline_shapes}
    for payload in texts[0]:
        assert shown(payload) in said
        assert shown(payload) in cells
        assert squeezed(f"alt{shown(payload)}") in alternatives


def test_a_workbook_has_the_elements_of_plain_words_and_no_formula() -> None:
    hostile, plain = (parts(written(saying(*texts), "xlsx", None)) for texts in (ALL, PLAIN))
    assert list(hostile) == list(plain)
    for name, content in hostile.items():
        assert b"<f>" not in content, name
        assert b'TargetMode="External"' not in content, name
        if name.startswith("xl/worksheets/sheet"):
            assert not any(tag.endswith(("}f", "}is")) for tag, _ in tags(content)), name
            assert {tag for tag, _ in tags(content)} == {tag for tag, _ in tags(plain[name])}, name
    texts = ["".join(each.itertext()) for each in ElementTree.fromstring(hostile["xl/sharedStrings.xml"])]
    read = {re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text) for text in texts}
    assert [payload for payload in ALL if visible(payload) not in read] == []


def test_a_package_of_csv_files_says_each_and_none_is_a_formula() -> None:
    files = {name: content.decode() for name, content in parts(written(saying(*ALL), "csv", None)).items()}
    cells = {
        cell
        for name, text in files.items()
        if name.endswith(".csv")
        for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
        for cell in row
    }
    starts = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
    assert not [cell for cell in cells if cell.strip().startswith(starts)]
    assert [text for text in map(visible, ALL) if not {text, f"'{text}"} & cells] == []
    package = json.loads(files["datapackage.json"])
    assert all(re.fullmatch(r"[a-z0-9_]+\.csv", each["path"]) for each in package["resources"])
    assert [entry["title"] for entry in package["about"]] == [visible(payload) for payload in ALL]


def test_the_readme_of_a_package_is_text() -> None:
    readme = parts(written(saying(*ALL), "csv", None))["README.md"].decode()
    tokens = MarkdownIt("commonmark", {"html": True}).parse(readme)
    kinds = {token.type for token in tokens} | {each.type for token in tokens for each in token.children or ()}
    assert not kinds & {
        "html_block",
        "html_inline",
        "image",
        "link_open",
        "fence",
        "code_block",
        "hr",
        "blockquote_open",
    }


def elements(part: Any) -> Iterator[str]:
    found = part.get_object()
    if isinstance(found, ArrayObject):
        for each in found:
            yield from elements(each)
    elif isinstance(found, DictionaryObject):
        if "/S" in found:
            yield str(found["/S"])
        if "/K" in found:
            yield from elements(found["/K"])


def pdf(*payloads: str) -> PdfReader:
    return PdfReader(io.BytesIO(written(saying(*payloads), "pdf", (Paths().templates / "paper.typ").read_bytes())))


def test_a_pdf_has_the_structure_of_plain_words() -> None:
    hostile, plain = pdf(*ALL), pdf(*PLAIN)
    found = [list(elements(each.trailer["/Root"]["/StructTreeRoot"]["/K"])) for each in (hostile, plain)]
    whole = {"/H1", "/H2", "/H3", "/H4", "/Figure", "/Table", "/Caption", "/L", "/LI", "/Link", "/Title"}
    kept = [[each for each in own if each in whole] for own in found]  # others come in two parts where a page ends
    assert kept[0] == kept[1]
    assert len(kept[0]) > 5 * len(ALL)
    names = {str(name) for each in (hostile.trailer["/Root"], *hostile.pages) for name in each}
    assert not names & {"/AA", "/OpenAction", "/AcroForm"}
    said = squeezed("".join(each.extract_text() for each in hostile.pages))
    for payload in (text for text in ALL if text.isascii() and text.isprintable()):
        assert said.count(shown(payload)) >= 5, payload


@pytest.mark.parametrize(
    ("text", "said"), [("\u4e2d\u6587 is Chinese", "[U+4E2D][U+6587] is Chinese"), ("\U0001f600 b", "[U+1F600] b")]
)
def test_a_pdf_shows_a_sign_that_its_fonts_lack_by_its_code(text: str, said: str) -> None:
    """It failed, and with it the whole paper."""
    assert squeezed(said) in squeezed("".join(each.extract_text() for each in pdf(text).pages))


@pytest.mark.thorough
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_each_by_itself_is_written_by_every_writer(payload: str) -> None:
    """Alone it is also a whole title; what fails here fails by name."""
    assert Skeleton(page(payload)).tags == Skeleton(page("Plain words")).tags
    assert pdf(payload).metadata is not None
    for writer in ("docx", "xlsx", "csv"):
        assert written(saying(payload), writer, None) == written(saying(payload), writer, None)


def test_a_figure_draws_each_as_text() -> None:
    import matplotlib.pyplot as plt

    from pipeline.figures.save import png_bytes, svg_bytes
    from pipeline.figures.style import styled, text_width, wrap

    @styled
    def drawn(texts: list[str]) -> tuple[bytes, bytes]:
        figure = plt.figure(figsize=(4, 4))
        for number, text in enumerate(texts):
            figure.text(0.1, number / len(texts), text)
            assert text_width(text) >= 0
            assert wrap(text, 100.0)
        try:
            return svg_bytes(figure), png_bytes(figure, 40)
        finally:
            plt.close(figure)

    svg, png = drawn(ALL)
    root = ElementTree.fromstring(svg)
    allowed = {"svg", "metadata", "RDF", "Work", "format", "type", "creator", "Agent", "title", "defs", "style", "g"}
    found = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert found <= allowed | {"path", "use", "rect", "clipPath"}
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on")]
    links = [value for each in root.iter() for name, value in each.attrib.items() if name.endswith("href")]
    assert all(value.startswith("#") for value in links)
    assert png.startswith(b"\x89PNG")
    assert b"\\frac" in svg  # said as it is, not set as mathematics


def rendered(markdown: str) -> tuple[set[str], str]:
    """The kinds of elements that Markdown with tables and raw HTML makes of a text, and the words."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable("table").parse(markdown)
    inline = [each for token in tokens for each in token.children or ()]
    kinds = {token.type for token in (*tokens, *inline)} - {"inline", "text", "text_special", "softbreak"}
    return kinds, "".join(each.content for each in inline if each.type in ("text", "text_special"))


def nothing(tables: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_dagster_shows_each_as_text(payload: str) -> None:
    node = Node(
        nothing, reads={}, inputs={}, outputs={"n": ("table", "n")}, group="score", study="s", description=payload
    )
    (spec,) = _specs(node, "1", Paths(Path("nowhere")), "")
    kinds, words = rendered(spec.description or "")
    assert kinds <= {"paragraph_open", "paragraph_close"}
    answers = payload if payload.endswith((".", "?")) else f"{payload}."
    assert squeezed(words.replace("\u2060", "")) == shown(answers) + squeezed(described(("table", "n")).grain)
    assert not re.search(r"(https?:|www\.)", spec.description or "")


def test_a_table_in_dagster_has_a_cell_for_each() -> None:
    import polars as pl

    table = markdown_table(pl.DataFrame({text: [text] for text in ALL if is_visible(text)}))
    kinds, _ = rendered(table)
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(table)
    assert sum(token.type == "td_open" for token in tokens) == sum(map(is_visible, ALL))
    assert not kinds & {"html_inline", "link_open", "image", "em_open", "strong_open", "s_open", "code_inline"}


@pytest.mark.parametrize("payload", [*UNSEEN.values()], ids=[*UNSEEN])
def test_what_nobody_sees_is_shown_by_its_code(payload: str) -> None:
    assert not is_visible(payload)
    assert is_visible(visible(payload))
    assert all(sign.isprintable() or sign in "\n\t\u00a0" for sign in visible(payload))


@pytest.mark.parametrize("payload", [*SHOWN.values()], ids=[*SHOWN])
def test_words_of_other_scripts_stay_as_they_are(payload: str) -> None:
    assert visible(payload) == payload


@pytest.mark.parametrize("payload", [*FORMULA.values()], ids=[*FORMULA])
def test_the_data_of_a_figure_is_no_formula(payload: str) -> None:
    import polars as pl

    from pipeline.figures.data import csv_bytes

    content = csv_bytes(pl.DataFrame({payload: [payload, "b"]})).decode()
    cells = [cell for row in csv.reader(io.StringIO(content, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", " ", "\t", "\r", "\uff1d", "\u200b"))]


def test_markdown_is_escaped_once() -> None:
    assert as_text("a [b](c) <d>") == r"a \[b\](c) \<d\>"


def test_a_drift_report_says_each_as_text() -> None:
    import polars as pl

    from pipeline.harmonise.drift import drift_html
    from pipeline.specs import load_project
    from pipeline.tables import Findings

    def report(texts: list[str]) -> Skeleton:
        rows = [
            {"study": "parallel_lives", "wave": "w02", "arm": "main", "item": f"item_{number}", "kind": "range"}
            | {"severity": "warns", "what": text, "where": text, "confidence": 1.0, "todo": text}
            for number, text in enumerate(texts)
        ]
        frame = pl.concat([Findings.create_empty(), pl.DataFrame(rows)], how="diagonal_relaxed")
        study = load_project(Paths()).studies["parallel_lives"]
        return Skeleton(drift_html(study, frame, Paths().templates / "drift.html.j2").encode())

    held = [text for text in ALL if "\ud800" not in text]  # which no column of a frame can hold
    hostile, plain = report(held), report(PLAIN[: len(held)])
    assert hostile.tags == plain.tags
    said = squeezed("\n".join(hostile.words))
    assert [text for text in held if shown(text) not in said] == []
