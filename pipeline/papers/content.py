"""What a paper is, whatever it is written to: every writer (see ``specs/writers.py``) walks this one model.

A document is a tree of frozen blocks. Text is a tuple of runs; a number that comes from a result is a run of its own
that names the record of where it came from. ``kind`` is the word a writer dispatches on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from pipeline.specs.provenance import Provenance
from pipeline.specs.writers import Part, stem

CODEBOOK = r"\.\./codebooks/[a-z0-9_]+\.html#[a-z0-9_]+\Z"
"""The address of a question in the codebook of a study, seen from a paper."""
PROFILE = r"[a-z0-9_]+\.html\Z"
"""The address of the profile of an area, seen from the overview beside it."""


@dataclass(frozen=True)
class Cell:
    """What a printed number is, so that it can be judged whether it may be published (``disclosure/frame.py``).

    ``value`` is as printed, None where it is suppressed; ``where``: whom it is about, by dimension.
    """

    statistic: str
    value: float | None
    n: float | None = None
    where: tuple[tuple[str, str], ...] = ()
    outcome: str = ""
    category: str | None = None
    unit: str = "people"
    sample: str = ""
    rounding: float | None = None
    n_rounding: float = 1.0
    df: float | None = None
    weighted: bool = False
    structural: bool = False


@dataclass(frozen=True)
class Text:
    """``judged``: what the numbers in it are; no writer prints it."""

    kind: ClassVar = "text"
    text: str
    judged: tuple[Cell, ...] = ()


NUMERAL = 28
"""Characters of a number with its interval at most: what is bound and longer is words, and may be broken over lines."""


@dataclass(frozen=True)
class Number:
    """A printed result. ``record``: the id of its ``NumberRecord``; ``mark`` leads to why to read it with care."""

    kind: ClassVar = "number"
    text: str
    record: str
    mark: str = ""


@dataclass(frozen=True)
class Strong:
    kind: ClassVar = "strong"
    runs: Runs


@dataclass(frozen=True)
class Emphasis:
    kind: ClassVar = "emphasis"
    runs: Runs


@dataclass(frozen=True)
class Link:
    """A link to an address, or to an anchor of this document (``#methods``)."""

    kind: ClassVar = "link"
    runs: Runs
    href: str


Run = Text | Number | Strong | Emphasis | Link
Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Heading:
    """``level`` 2 is a section, 3 a part of it; level 1 is the document's title and appears once."""

    kind: ClassVar = "heading"
    level: int
    runs: Runs
    anchor: str

    @property
    def plain(self) -> str:
        return plain(self.runs)


@dataclass(frozen=True)
class Paragraph:
    kind: ClassVar = "paragraph"
    runs: Runs


@dataclass(frozen=True)
class BulletList:
    kind: ClassVar = "list"
    items: tuple[Runs, ...]


Tone = Literal["note", "warning", "findings", "meaning", "recommendations", "limits"]


@dataclass(frozen=True)
class Callout:
    """A box: a ``note``, a ``warning`` that a reader must not miss, key ``findings``, their ``meaning``,
    ``recommendations``, or the ``limits`` of what was found.
    """

    kind: ClassVar = "callout"
    tone: Tone
    title: str
    blocks: tuple[Paragraph | BulletList, ...]

    @property
    def is_part(self) -> bool:
        """Whether the box is a part of the paper with a heading of its own, and not a remark."""
        return self.tone not in ("note", "warning")


@dataclass(frozen=True)
class Column:
    """``align``: ``right`` for numbers. ``unit`` is printed in the header, after the name. ``brackets``: what
    numbers in brackets behind a number are ("standard error"), where they are no interval.
    """

    header: str
    align: Literal["left", "right"] = "left"
    unit: str = ""
    brackets: str = ""


@dataclass(frozen=True)
class FigureData:
    """What a figure shows, as printed: one row of texts per plotted point, rounded as the figure and the text print it.

    A column of estimates with intervals holds ``0.50 (0.30 to 0.70)``, as in a table.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FigureFile:
    """A drawn figure as files, with the words that belong to it. ``narrow``: the same figure for a phone.
    ``data``: what it shows, for the writers of numbers; ``people``: the fewest behind any value of it, where known.

    ``levels``: each model and outcome of which it shows levels by wave. ``prints``: the results that it prints, each
    with whether as a percentage.
    """

    svg: bytes
    alt: str
    title: str
    source: str
    subtitle: str = ""
    note: str = ""
    narrow: bytes | None = None
    png: bytes | None = None
    levels: tuple[tuple[str, str], ...] = ()
    prints: Mapping[tuple[str, ...], bool] = field(default_factory=dict)
    data: FigureData | None = None
    people: float | None = None

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("a figure in a paper needs alternative text")


@dataclass(frozen=True)
class FigureBlock:
    """A figure with its number. Its title, source and note are set as text with the picture.

    ``prefix`` stands before the numbers of an annex (``A1``).
    """

    kind: ClassVar = "figure"
    number: int
    key: str
    file: FigureFile
    synthetic: bool = False
    prefix: str = ""

    @property
    def label(self) -> str:
        """What it is called in the text: ``2``, in an annex ``A2``."""
        return f"{self.prefix}{self.number}"

    @property
    def anchor(self) -> str:
        return f"figure-{self.label.lower()}"


@dataclass(frozen=True)
class Row:
    """One cell of runs per column. A row with one cell only is a heading over the rows below it."""

    cells: tuple[Runs, ...]
    anchor: str = ""


@dataclass(frozen=True)
class TableBlock:
    """A table whose first column heads its rows. ``wordy`` tables may be reflowed on a phone, others are scrolled."""

    kind: ClassVar = "table"
    number: int | None
    anchor: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    source: str = ""
    notes: tuple[str, ...] = ()
    wordy: bool = False
    synthetic: bool = False
    prefix: str = ""
    sources: tuple[str, ...] = ()
    """The tables that it is made from: ``estimates/MODEL``, ``participation``."""
    key: str = ""
    """What a reference in the text calls it: its kind, and what it was asked for by."""

    @property
    def label(self) -> str:
        """What it is called in the text: ``2``, in an annex ``A2``; empty without a number."""
        return "" if self.number is None else f"{self.prefix}{self.number}"


Block = Heading | Paragraph | BulletList | Callout | FigureBlock | TableBlock


@dataclass(frozen=True)
class NumberRecord:
    """Where one printed number comes from. ``value`` is the result at full precision.

    ``rows``: the estimates that it is made of, each by model, outcome, term, component, wave and group; ``column``:
    which number of theirs it is.
    """

    id: str
    printed: str
    value: float
    what: str
    source: str
    people: str = ""
    uncertainty: str = ""
    concepts: tuple[str, ...] = ()
    question: str = ""
    mark: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    column: str = ""
    judged: Cell | None = None

    @property
    def label(self) -> str:
        """What the annex calls it, and `cohesion trace` with it: ``12``."""
        return self.id.removeprefix("number-")


@dataclass(frozen=True)
class Document:
    """A whole paper, or its annex. ``summary`` is its finding in a few sentences; ``numbers`` the record of each bound
    number; ``annex`` what a paper keeps apart: who took part in detail, methods, data, the origin of each number.
    """

    title: str
    subtitle: str
    study: str
    authors: tuple[str, ...]
    summary: str
    citation: str
    synthetic: bool
    blocks: tuple[Block, ...]
    numbers: tuple[NumberRecord, ...] = ()
    facts: tuple[tuple[str, str], ...] = field(default=())
    """Label and value of what stands under the title: population, fieldwork, licence."""
    key: str = ""
    part: Part = "paper"
    annex: Document | None = None
    extracts: tuple[Document, ...] = ()
    """The summary and the slides of a paper (``papers.extracts``)."""
    elsewhere: Mapping[str, Part] = field(default_factory=dict)
    """Anchor → the other document of this paper in which it lies."""
    beside: tuple[Part, ...] = ()
    """The other documents of the same paper."""
    provenance: Provenance | None = None
    """Build, code, models and data files, for the metadata of its files."""

    @property
    def about(self) -> dict[str, str]:
        """What the metadata of its files say of where it comes from, by name."""
        return self.provenance.metadata() if self.provenance is not None else {}

    @property
    def documents(self) -> tuple[Document, ...]:
        """The paper, its annex if there is one, its summary and its slides."""
        return (self, *((self.annex,) if self.annex else ()), *self.extracts)

    @property
    def sections(self) -> tuple[Heading, ...]:
        """The headings of level 2, for a table of contents."""
        return tuple(block for block in self.blocks if isinstance(block, Heading) and block.level == 2)


def anchors_of(document: Document) -> tuple[str, ...]:
    """What links may lead to inside a document: headings, figures, tables, rows, and numbers where they stand."""
    found: list[str] = []
    for block in document.blocks:
        if isinstance(block, Heading | FigureBlock | TableBlock):
            found.append(block.anchor)
        if isinstance(block, TableBlock):
            found += [row.anchor for row in block.rows]
        found += [f"{number.record}-use" for number in numbers_of(block)]
    return tuple(dict.fromkeys(anchor for anchor in found if anchor))


def numbers_of(part: object) -> Iterator[Number]:
    """The printed numbers in a block, or in runs, in their order."""
    if isinstance(part, Number):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from numbers_of(each)
    else:
        for name in ("runs", "items", "blocks", "rows", "cells"):
            yield from numbers_of(getattr(part, name, ()))


def numbered(table: TableBlock, number: int, prefix: str, caption: str, synthetic: bool) -> TableBlock:
    """A table with its place among those of a document, from which its anchor follows."""
    anchor = f"table-{prefix.lower()}{number}"
    return replace(table, number=number, prefix=prefix, anchor=anchor, caption=caption, synthetic=synthetic)


def with_annex(document: Document, blocks: tuple[Block, ...]) -> Document:
    """A paper with its technical annex of these blocks; each knows what lies in the other."""
    annex = replace(
        document, title=f"Technical annex: {document.title}", subtitle="", summary="", blocks=blocks, part="annex"
    )
    paper, apart = anchors_of(document), anchors_of(annex)
    annex = replace(annex, elsewhere={anchor: "paper" for anchor in paper if anchor not in apart})
    return replace(document, annex=annex, elsewhere={anchor: "annex" for anchor in apart if anchor not in paper})


def address(document: Document, href: str, suffix: str) -> str:
    """Where a link leads from a document: into itself, or into the file of the other document of its paper."""
    if href.startswith("#") and href[1:] in document.elsewhere:
        return f"{stem(document.key, document.elsewhere[href[1:]])}.{suffix}{href}"
    return href


def beside(document: Document, suffix: str) -> tuple[tuple[str, str], ...]:
    """The other documents of a paper that are read as text: what each is called, and its file."""
    named: dict[Part, str] = {"paper": "The paper", "summary": "Summary in two pages", "annex": "Technical annex"}
    there = document.beside
    return tuple((words, f"{stem(document.key, part)}.{suffix}") for part, words in named.items() if part in there)


def plain(runs: Runs) -> str:
    """The text of runs without emphasis or links."""
    return "".join(plain(run.runs) if isinstance(run, Strong | Emphasis | Link) else run.text for run in runs)


def words(text: str) -> Runs:
    """Plain text as runs."""
    return (Text(text),) if text else ()
