"""A document as a Word file: real headings, lists, captions and table headers, in named styles that can be changed."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from pipeline.errors import PaperError
from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    Document,
    Emphasis,
    FigureBlock,
    Heading,
    Link,
    Number,
    Paragraph,
    Row,
    Run,
    Runs,
    Strong,
    TableBlock,
    address,
    anchors_of,
    beside,
    words,
)

if TYPE_CHECKING:
    from docx.document import Document as File
    from docx.table import Table
    from docx.text.paragraph import Paragraph as Words

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every part of the file: the same paper gives the same bytes."""
WIDTH = 16.2
"""Of text and pictures, in centimetres."""
TABLE = "Light Shading"
NOTE = "Table Note"
"""Of notes, sources and the masthead; every other style is one that Word brings."""
FIRST = 2.2
"""How much wider the first column of a table of numbers is than the others."""
LONGEST = 255
"""Characters that a property of a Word file may have."""


def write(document: Document, template: bytes | None) -> bytes:
    """The document as a Word file of its own; needs no ``template``. Same input, same bytes.

    Raises ``PaperError`` for a figure that was drawn without a PNG, which Word shows everywhere.
    """
    del template
    import docx

    made = docx.Document()
    _Writer(document, made).write()
    content = io.BytesIO()
    made.save(content)
    return _dateless(content.getvalue())


class _Writer:
    """Walks one document; bookmarks are numbered as they come."""

    def __init__(self, document: Document, made: File) -> None:
        self.document, self.made = document, made
        self.anchors = set(anchors_of(document))
        self.others = {file for _, file in beside(document, "docx")}
        self.marked: set[str] = set()

    def write(self) -> None:
        _set_up(self.made, self.document)
        self.front()
        for block in self.document.blocks:
            self.block(block)
        if self.document.citation:
            self.line("The data, to be cited", "Caption")
            self.line(self.document.citation)

    def front(self) -> None:
        """Title, authors, summary and masthead; where the other document of the paper lies."""
        document = self.document
        self.line(document.study, "Caption")
        self.line(document.title, "Title")
        for text, style in ((document.subtitle, "Subtitle"), (", ".join(document.authors), None)):
            if text:
                self.line(text, style)
        if document.synthetic:
            self.line("Synthetic data: invented to test the method, not findings", "Intense Quote")
        if document.summary:
            self.line(document.summary, "Quote")
        place = self.made.add_paragraph(style=NOTE)
        for number, (label, value) in enumerate(document.facts):
            place.add_run(f"{' · ' if number else ''}{label}: ").bold = True
            place.add_run(value)
        for named, other in beside(document, "docx"):
            self.runs(self.made.add_paragraph(), (Link(words(named), other),))

    def block(self, block: Block) -> None:
        match block:
            case Heading():
                self.bookmark(self.heading(block.runs, block.level), block.anchor)
            case Paragraph():
                self.runs(self.made.add_paragraph(), block.runs)
            case BulletList():
                for item in block.items:
                    self.runs(self.made.add_paragraph(style="List Bullet"), item)
            case Callout():
                self.box(block)
            case FigureBlock():
                self.figure(block)
            case TableBlock():
                self.table(block)

    def heading(self, runs: Runs, level: int) -> Words:
        place = self.made.add_paragraph(style=f"Heading {level - 1}")
        self.runs(place, runs)
        return place

    def box(self, block: Callout) -> None:
        """A box is a part with its heading; a remark is set apart by its style."""
        if block.is_part and block.title:
            self.heading(words(block.title), 2)
        elif block.title:
            self.line(block.title, "Intense Quote")
        for inner in block.blocks:
            self.block(inner)

    def figure(self, block: FigureBlock) -> None:
        """Number and title above, the picture with its alternative text, note and source below."""
        from docx.shared import Cm

        if block.file.png is None:
            raise PaperError(f"the figure `{block.key}` has no PNG for Word", todo="Draw it again with one.")
        above = self.line(f"Figure {block.label}. {block.file.title}", "Caption")
        self.bookmark(above, block.anchor)
        above.paragraph_format.keep_with_next = True
        if block.file.subtitle:
            self.line(block.file.subtitle).paragraph_format.keep_with_next = True
        place = self.made.add_paragraph()
        drawn = place.add_run().add_picture(io.BytesIO(_body(block.file.png, block.file.svg)), width=Cm(WIDTH))
        about = drawn._inline.docPr  # the only way to alternative text that python-docx has
        about.set("descr", block.file.alt)
        about.set("title", block.file.title)
        self.below((block.file.note,) if block.file.note else (), block.file.source)

    def table(self, block: TableBlock) -> None:
        number = f"Table {block.label}. " if block.label else ""
        above = self.line(f"{number}{block.caption}", "Caption")
        self.bookmark(above, block.anchor)
        above.paragraph_format.keep_with_next = True
        made: Table = self.made.add_table(rows=1 + len(block.rows), cols=len(block.columns), style=TABLE)
        rows = list(made.rows)
        for cell, column in zip(rows[0].cells, block.columns, strict=True):
            cell.text = f"{column.header} ({column.unit})" if column.unit else column.header
        _repeats(rows[0])
        _without_bands(made)
        _widen_first(made, 1.0 if block.wordy else FIRST)
        for line, row in zip(rows[1:], block.rows, strict=True):
            self.row(block, line, row)
        self.below(block.notes, block.source)

    def row(self, block: TableBlock, line: Any, row: Row) -> None:
        """One row; numbers to the right. A row of one cell spans the table: it heads the rows below it."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        cells = line.cells
        if len(row.cells) == 1 < len(cells):
            place = cells[0].merge(cells[-1]).paragraphs[0]
            self.runs(place, (Strong(row.cells[0]),))
            self.bookmark(place, row.anchor)
            return
        for column, cell, runs in zip(block.columns, cells, row.cells, strict=True):
            self.runs(cell.paragraphs[0], runs)
            if column.align == "right":
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self.bookmark(cells[0].paragraphs[0], row.anchor)

    def below(self, notes: tuple[str, ...], source: str) -> None:
        for text in (*notes, *((f"Source: {source}",) if source else ())):
            self.line(text, NOTE)

    def line(self, text: str, style: str | None = None) -> Words:
        return self.made.add_paragraph(text, style=style)

    def runs(self, place: Words, runs: Runs, bold: bool = False, italic: bool = False) -> None:
        for run in runs:
            self.run(place, run, bold, italic)

    def run(self, place: Words, run: Run, bold: bool, italic: bool) -> None:
        if isinstance(run, Strong | Emphasis):
            self.runs(place, run.runs, bold or isinstance(run, Strong), italic or isinstance(run, Emphasis))
        elif isinstance(run, Link):
            self.link(place, run)
        else:
            before = len(place.runs)
            mark = run.mark if isinstance(run, Number) else ""
            made = place.add_run(run.text + mark)
            made.bold, made.italic = bold or None, italic or None
            if isinstance(run, Number) and run.record:
                self.leading(place, before, f"#{run.record}")
                self.bookmark(place, f"{run.record}-use")

    def link(self, place: Words, run: Link) -> None:
        """The runs of a link, which lead to its address."""
        before = len(place.runs)
        self.runs(place, run.runs)
        self.leading(place, before, run.href)

    def leading(self, place: Words, before: int, href: str) -> None:
        """Let the runs of a paragraph from ``before`` on lead to an address.

        That is an anchor of this file, or an address of the web or of another document of the paper; any other is text:
        a Word file is sent around alone, without the codebook that lies near it where it is built.
        """
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        href = address(self.document, href, "docx")
        made = OxmlElement("w:hyperlink")
        if href.startswith("#") and href[1:] in self.anchors:
            made.set(qn("w:anchor"), _bookmark(href[1:]))
        elif re.match(r"https?://|mailto:", href) or href.partition("#")[0] in self.others:
            kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
            file, _, anchor = href.partition("#")
            if file in self.others and anchor:
                href = f"{file}#{_bookmark(anchor)}"
            made.set(qn("r:id"), place.part.relate_to(href, kind, is_external=True))
        else:
            return
        inside = [each._r for each in place.runs[before:]]
        inside[0].addprevious(made)
        for each in inside:
            made.append(each)

    def bookmark(self, place: Words, anchor: str) -> None:
        """A place that links lead to; each is set once."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        if not anchor or anchor not in self.anchors or anchor in self.marked:
            return
        self.marked.add(anchor)
        for end in ("Start", "End"):
            made = OxmlElement(f"w:bookmark{end}")
            made.set(qn("w:id"), str(len(self.marked)))
            if end == "Start":
                made.set(qn("w:name"), _bookmark(anchor))
            place._p.append(made)


def _set_up(made: File, document: Document) -> None:
    """Page, language, properties, and the one style that Word does not bring."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    section = made.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21.0 - WIDTH) / 2)
    language = made.styles.element.find(f".//{qn('w:lang')}")
    language.set(qn("w:val"), "en-GB")
    note = made.styles.add_style(NOTE, WD_STYLE_TYPE.PARAGRAPH)
    note.base_style = made.styles["Normal"]
    note.font.size = made.styles[TABLE].font.size = Pt(8.5)
    about = made.core_properties
    about.language = "en-GB"
    about.title, about.author = document.title[:LONGEST], ", ".join(document.authors)[:LONGEST]
    about.subject, about.comments = document.study[:LONGEST], document.summary[:LONGEST]
    about.keywords = "; ".join(f"{name}: {text}" for name, text in document.about.items())[:LONGEST]
    about.identifier = document.about.get("build", "")
    about.created = about.modified = dt.datetime(*LONG_AGO)


def _repeats(row: Any) -> None:
    """The header of a table: said before each cell by a screen reader, and printed on every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement("w:tblHeader")
    made.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(made)


def _without_bands(table: Table) -> None:
    """No shade on every second row: it is printed badly, and hides which rows belong together."""
    from docx.oxml.ns import qn

    look = table._tbl.tblPr.find(qn("w:tblLook"))
    look.set(qn("w:val"), "06A0")
    look.set(qn("w:noHBand"), "1")


def _widen_first(table: Table, share: float) -> None:
    """The first column is ``share`` times as wide as each of the others: it names what the numbers are of."""
    from docx.shared import Cm

    unit = WIDTH / (share + len(table.columns) - 1)
    for place, column in enumerate(table.columns):
        column.width = Cm(unit if place else unit * share)
    for row in table.rows:
        for place, cell in enumerate(row.cells):
            cell.width = Cm(unit if place else unit * share)


def _body(png: bytes, svg: bytes) -> bytes:
    """A picture without its heading and footer, which are set as text; whole if it does not say where they are."""
    from PIL import Image

    body = re.search(rb'data-body="([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+)"', svg)
    whole = re.search(rb'<svg\b[^>]*\bwidth="([\d.]+)pt"', svg)
    if body is None or whole is None:
        return png
    with Image.open(io.BytesIO(png)) as picture:
        scale = picture.width / float(whole[1])
        left, top, width, height = (float(part) * scale for part in body.groups())
        out = io.BytesIO()
        picture.crop((round(left), round(top), round(left + width), round(top + height))).save(out, "PNG")
    return out.getvalue()


def _bookmark(anchor: str) -> str:
    """Word takes letters, digits and underscores, forty at most, and a letter first."""
    import hashlib

    name = re.sub(r"\W", "_", f"a_{anchor}")
    return name if len(name) <= 40 else f"{name[:31]}_{hashlib.sha256(anchor.encode()).hexdigest()[:8]}"


def _dateless(content: bytes) -> bytes:
    """The same file with one date for all of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            part = zipfile.ZipInfo(name, LONG_AGO)
            part.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(part, source.read(name))
    return out.getvalue()
