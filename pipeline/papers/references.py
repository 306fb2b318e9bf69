"""References within and beyond a paper: to figures and tables by name, footnotes, works cited, and terms explained.

In the prose ``[](figure:key)`` and ``[](table:kind)`` print "Figure 3" and "Table A2", ``[words](figure:key)`` print
the words; ``[odds](term:odds-ratio)`` leads to the glossary, ``[^name]`` to a footnote, and ``[@key, p. 4]`` cites.
While a paper is laid out they are links with these addresses. Here each becomes a link to an anchor, and the parts that
they lead to (notes, references, glossary) are added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.errors import PaperError
from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    Column,
    Emphasis,
    FigureBlock,
    Heading,
    Link,
    Paragraph,
    Row,
    Run,
    Runs,
    Strong,
    TableBlock,
    Text,
    words,
)
from pipeline.papers.prose.citations import Cited, Library, cited
from pipeline.papers.results import nearest

Report = Callable[[str], None]
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def resolved(
    paper: Sequence[Block],
    annex: Sequence[Block],
    *,
    library: Library,
    glossary: Mapping[str, str],
    report: Report,
) -> tuple[list[Block], list[Block]]:
    """The blocks of a paper and its annex with their references resolved, and the parts that these lead to.

    ``glossary``: term → what it means. ``report`` takes what is wrong: names that do not exist, unreadable citations.
    """
    places = _Places.of([*paper, *annex], glossary)
    citations: list[list[Cited]] = []
    walks = [_Walk(places, citations, report), _Walk(places, citations, report, prefix="annex-")]
    made = [walk.blocks(blocks) for walk, blocks in zip(walks, (paper, annex), strict=True)]
    try:
        texts, entries = library.printed(citations)
    except PaperError as error:
        report(str(error))
        return made[0], made[1]
    text = [*made[0], *_notes(walks[0]), *_references(entries)]
    apart = [*made[1], *_notes(walks[1]), *_terms({**walks[0].terms, **walks[1].terms})]
    put = _Cites(texts)
    return put.blocks(text), put.blocks(apart)


@dataclass(frozen=True)
class _Places:
    """What references may name: figures and tables with their labels and anchors, and terms."""

    figures: Mapping[str, tuple[str, str]]
    tables: Mapping[str, list[tuple[str, str]]]
    glossary: Mapping[str, str]

    @classmethod
    def of(cls, blocks: Sequence[Block], glossary: Mapping[str, str]) -> _Places:
        figures = {one.key: (f"Figure {one.label}", one.anchor) for one in blocks if isinstance(one, FigureBlock)}
        tables: dict[str, list[tuple[str, str]]] = {}
        for one in blocks:
            if isinstance(one, TableBlock) and one.key:
                for name in dict.fromkeys((one.key, one.key.partition("-")[0])):
                    tables.setdefault(name, []).append((f"Table {one.label}", one.anchor))
        return cls(figures, tables, glossary)

    def figure(self, key: str) -> tuple[str, str]:
        if key not in self.figures:
            raise PaperError(f"`figure:{key}` is not a figure that this paper shows{nearest(key, self.figures)}")
        return self.figures[key]

    def table(self, key: str) -> tuple[str, str]:
        found = self.tables.get(key, [])
        if len(found) != 1:
            problem = f"fits {len(found)} tables" if found else "is not a table of this paper"
            raise PaperError(f"`table:{key}` {problem}{nearest(key, self.tables) if not found else ''}")
        return found[0]

    def term(self, key: str) -> tuple[str, str]:
        terms = {slug(term): term for term in self.glossary}
        if key not in terms:
            raise PaperError(f"`term:{key}` is not in reports/glossary.yaml{nearest(key, terms)}")
        return terms[key], self.glossary[terms[key]]


def slug(term: str) -> str:
    """How a term is named in an address: ``odds-ratio``."""
    return "-".join(term.lower().split())


class _Runs:
    """Walks blocks and rebuilds their runs."""

    def blocks(self, blocks: Sequence[Block]) -> list[Block]:
        return [self.block(block) for block in blocks]

    def block(self, block: Block) -> Block:
        match block:
            case Heading() | Paragraph():
                return replace(block, runs=self.runs(block.runs))
            case BulletList():
                return replace(block, items=tuple(map(self.runs, block.items)))
            case Callout():
                inside = (self.block(each) for each in block.blocks)
                return replace(block, blocks=tuple(one for one in inside if isinstance(one, Paragraph | BulletList)))
            case TableBlock():
                rows = (replace(row, cells=tuple(map(self.runs, row.cells))) for row in block.rows)
                return replace(block, rows=tuple(rows))
        return block

    def runs(self, runs: Runs) -> Runs:
        return tuple(map(self.run, runs))

    def run(self, run: Run) -> Run:
        if isinstance(run, Link):
            return self.link(run)
        return replace(run, runs=self.runs(run.runs)) if isinstance(run, Strong | Emphasis) else run

    def link(self, link: Link) -> Run:
        raise NotImplementedError


@dataclass
class _Walk(_Runs):
    """Resolves references of one document; gathers its notes and terms, and citations of the whole paper."""

    places: _Places
    citations: list[list[Cited]]
    report: Report
    prefix: str = ""
    notes: dict[str, Runs] = field(default_factory=dict)
    terms: dict[str, tuple[str, str]] = field(default_factory=dict)

    def link(self, link: Link) -> Run:
        scheme, _, name = link.href.partition(":")
        resolve = {"figure": self.figure, "table": self.table, "term": self.term, "note": self.note, "cite": self.cite}
        if scheme not in resolve:
            return replace(link, runs=self.runs(link.runs))
        try:
            return resolve[scheme](link, name)
        except PaperError as error:
            self.report(str(error))
            return Text("…")

    def figure(self, link: Link, name: str) -> Run:
        label, anchor = self.places.figure(name)
        return Link(link.runs or words(label), f"#{anchor}")

    def table(self, link: Link, name: str) -> Run:
        label, anchor = self.places.table(name)
        return Link(link.runs or words(label), f"#{anchor}")

    def term(self, link: Link, name: str) -> Run:
        self.terms[name] = self.places.term(name)
        return Link(link.runs or words(self.terms[name][0]), f"#term-{name}")

    def note(self, link: Link, name: str) -> Run:
        """Notes are numbered as they are first referred to; ``link`` holds the runs of the note itself."""
        if name not in self.notes:
            self.notes[name] = ()
            self.notes[name] = self.runs(link.runs)
        number = list(self.notes).index(name) + 1
        return Link((Text(str(number).translate(SUPERSCRIPT)),), f"#{self.prefix}note-{number}")

    def cite(self, _link: Link, name: str) -> Run:
        self.citations.append(cited(name))
        return Link((), f"cite:{len(self.citations) - 1}")


@dataclass
class _Cites(_Runs):
    """Puts the printed citations where they are made; each leads to the first of its works."""

    texts: Sequence[str]

    def link(self, link: Link) -> Run:
        scheme, _, number = link.href.partition(":")
        if scheme != "cite":
            return replace(link, runs=self.runs(link.runs))
        return Link(words(self.texts[int(number)]), "#references")


def _notes(walk: _Walk) -> list[Block]:
    rows = [(f"{walk.prefix}note-{number}", str(number), runs) for number, runs in enumerate(walk.notes.values(), 1)]
    return _part("Notes", f"{walk.prefix}notes", ("Note", "Text"), rows, "What the notes say")


def _references(entries: Sequence[tuple[str, str, str]]) -> list[Block]:
    rows = [(f"ref-{key}", short, words(full)) for key, short, full in entries]
    return _part("References", "references", ("Cited as", "Work"), rows, "Works cited")


def _terms(terms: Mapping[str, tuple[str, str]]) -> list[Block]:
    rows = [(f"term-{key}", term, words(meaning)) for key, (term, meaning) in sorted(terms.items())]
    return _part("Glossary", "glossary", ("Term", "Meaning"), rows, "What terms mean")


def _part(
    title: str, anchor: str, heads: tuple[str, str], rows: Sequence[tuple[str, str, Runs]], caption: str
) -> list[Block]:
    """A part with a table of two columns, each row with its anchor; nothing without rows.

    ``caption`` differs from ``title``, which stands right above it.
    """
    if not rows:
        return []
    body = tuple(Row((words(name), runs), anchor) for anchor, name, runs in rows)
    columns = tuple(Column(head) for head in heads)
    return [Heading(2, words(title), anchor), TableBlock(None, f"{anchor}-table", caption, columns, body, wordy=True)]
