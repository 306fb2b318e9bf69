"""What a paper is, whatever it is written to: every writer (see ``specs/writers.py``) walks this one model.

A document is a tree of frozen blocks. Text is a tuple of runs; a number that comes from a result is a run of its own
that names the record of where it came from. ``kind`` is the word a writer dispatches on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal


@dataclass(frozen=True)
class Text:
    kind: ClassVar = "text"
    text: str


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


@dataclass(frozen=True)
class Callout:
    """A boxed remark: a ``note``, or a ``warning`` that a reader must not miss."""

    kind: ClassVar = "callout"
    tone: Literal["note", "warning"]
    title: str
    blocks: tuple[Paragraph | BulletList, ...]


@dataclass(frozen=True)
class FigureFile:
    """A drawn figure as files, with the words that belong to it. ``narrow``: the same figure for a phone.

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

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("a figure in a paper needs alternative text")


@dataclass(frozen=True)
class FigureBlock:
    """A figure with its number. Its title, source and note are set as text with the picture."""

    kind: ClassVar = "figure"
    number: int
    key: str
    file: FigureFile
    synthetic: bool = False

    @property
    def anchor(self) -> str:
        return f"figure-{self.number}"


@dataclass(frozen=True)
class Column:
    """``align``: ``right`` for numbers. ``unit`` is printed in the header, after the name."""

    header: str
    align: Literal["left", "right"] = "left"
    unit: str = ""


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


Block = Heading | Paragraph | BulletList | Callout | FigureBlock | TableBlock


@dataclass(frozen=True)
class NumberRecord:
    """Where one printed number comes from. ``value`` is the result at full precision."""

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


@dataclass(frozen=True)
class Document:
    """A whole paper. ``summary`` is its finding in a few sentences; ``numbers`` the record of each bound number."""

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

    @property
    def sections(self) -> tuple[Heading, ...]:
        """The headings of level 2, for a table of contents."""
        return tuple(block for block in self.blocks if isinstance(block, Heading) and block.level == 2)


def plain(runs: Runs) -> str:
    """The text of runs without emphasis or links."""
    return "".join(plain(run.runs) if isinstance(run, Strong | Emphasis | Link) else run.text for run in runs)


def words(text: str) -> Runs:
    """Plain text as runs."""
    return (Text(text),) if text else ()
