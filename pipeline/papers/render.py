"""From a paper's file and its results to a typed document; whatever is wrong is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers import appendix, appendix_data
from pipeline.papers.prose.bind import Binder, Records, Say
from pipeline.papers.cautions import Cautions, explained
from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    Document,
    FigureBlock,
    FigureFile,
    Heading,
    Paragraph,
    TableBlock,
)
from pipeline.papers.study_context import StudyContext
from pipeline.papers.prose.markdown import blocks_of
from pipeline.papers.results import Fact, Results, nearest
from pipeline.papers.sections.participation import section_of
from pipeline.papers.prose.source import Directive, PaperSource, Prose, read_body, read_paper
from pipeline.papers.tables.study import ITEMS_CAPTION
from pipeline.papers.tables.tabulate import table_block
from pipeline.papers.paper_context import PaperContext

BLOCKS = ("figure", "table", "section", "note", "warning")


class UnsoundPaperError(PaperError):
    """Everything that is wrong with one paper; ``problems`` holds one message each, with file and line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))

    def __str__(self) -> str:
        return "\n".join(self.problems)


def render_paper(
    source: Path | str,
    *,
    results: pl.DataFrame,
    context: StudyContext,
    tables: Mapping[str, pl.DataFrame] | None = None,
    figures: Mapping[str, FigureFile] | None = None,
    facts: Mapping[str, Fact] | None = None,
    name: str = "",
    problems: Iterable[str] = (),
    cautions: Cautions | None = None,
) -> Document:
    """A paper as a typed document, every number bound to a result.

    ``source``: path or text of the markdown (``papers.source`` says what it may hold). ``results``: the ``Estimates``
    rows of its models. ``tables``: ``participation``, ``reliability`` for generated tables. ``figures``: key → drawn
    figure. ``facts``: name → number of the study. ``name``: what messages call the file. ``problems``: found before.
    ``cautions``: scales whose levels may not be compared; their numbers are marked wherever they are printed.

    Raises ``UnsoundPaperError`` with every mistake: typed numerals, unknown names, claims that results do not support.
    """
    paper = read_paper(source, name)
    paper.problems += problems
    bound = Results(results, facts or {}, context.labels, cautions or Cautions())
    binder = Binder(paper, bound, _words(context), Records(context.asked))
    binder.fill()
    builder = _Builder(paper, binder, PaperContext(bound, tables or {}, context), figures or {})
    blocks = builder.blocks()
    front = paper.front
    if paper.problems or front is None:
        raise UnsoundPaperError(list(dict.fromkeys(paper.problems)))
    records = tuple(binder.records.numbers.values())
    asked = any(isinstance(block, TableBlock) and block.caption == ITEMS_CAPTION for block in blocks)
    ends = [
        *explained(bound.cautions.marked(results), context),
        *appendix.methods(context, results),
        *appendix_data.data(builder.paper),
        *appendix.assumptions(context),
        *appendix.caveats(context),
        *(() if asked else appendix.questions(builder.paper)),
        *appendix.provenance(records, context),
    ]
    if context.synthetic:
        ends = [replace(block, synthetic=True) if isinstance(block, TableBlock) else block for block in ends]
    return Document(
        front.title,
        front.subtitle,
        context.study,
        front.authors,
        front.summary,
        context.citation,
        context.synthetic,
        _with_own_anchors([*blocks, *ends]),
        records,
        context.facts,
    )


def _words(context: StudyContext) -> dict[str, Say]:
    """The bindings that give plain words: the name of a wave, when it was in the field, what was asked."""
    asked = {question.item: question.wording for own in context.questions.values() for question in own}

    def wave(key: str) -> str:
        return _named(key, {wave: context.label(wave) for _, wave in context.fieldwork}, "a wave of this study")

    def fieldwork(key: str, arm: str | None = None) -> str:
        periods = {other: when.period for (of, other), when in context.fieldwork.items() if arm in (None, of)}
        return _named(key, periods, "a wave of this study")

    def wording(item: str) -> str:
        return _named(item, asked, "a question behind this paper's results")

    return {"wave": wave, "fieldwork": fieldwork, "wording": wording}


def _named(key: str, names: Mapping[str, str], what: str) -> str:
    if key not in names:
        raise PaperError(f"`{key}` is not {what}{nearest(key, names)}")
    return names[key]


class _Builder:
    """Turns the pieces of a paper into blocks, numbering figures and tables as they come."""

    def __init__(
        self, paper: PaperSource, binder: Binder, paper: PaperContext, figures: Mapping[str, FigureFile]
    ) -> None:
        self.paper, self.binder, self.paper, self.figures = paper, binder, paper, figures
        self.figure_count = self.table_count = 0
        self.level = 1
        self.heading = paper.front.title if paper.front else ""

    def blocks(self) -> list[Block]:
        found: list[Block] = []
        for piece in self.paper.pieces:
            found += self.prose(piece) if isinstance(piece, Prose) else self.directive(piece)
        return found

    def prose(self, piece: Prose) -> list[Block]:
        def report(line: int, message: str) -> None:
            self.paper.report(piece.lines[min(line, len(piece.lines) - 1)], message)

        found = blocks_of(piece.text, lambda place: self.binder.filled[place], report)
        return [self._placed(block, piece) for block in found]

    def _placed(self, block: Block, piece: Prose) -> Block:
        """Headings are checked for their order; a table typed in the prose is numbered and takes the heading's name."""
        if isinstance(block, Heading):
            self._check_order(block, piece)
            self.heading = block.plain
        if isinstance(block, TableBlock):
            self.table_count += 1
            anchor, synthetic = f"table-{self.table_count}", self.paper.study.synthetic
            return replace(block, number=self.table_count, anchor=anchor, caption=self.heading, synthetic=synthetic)
        return block

    def _check_order(self, heading: Heading, piece: Prose) -> None:
        """A level may not be skipped: readers who move by headings would miss a step."""
        if heading.level > self.level + 1 and heading.level > 2:
            marks = "#" * heading.level
            line = next(
                (n for n, text in zip(piece.lines, piece.text.split("\n"), strict=True) if text.startswith(marks)), 1
            )
            self.paper.report(line, f"a heading of level {heading.level} follows one of level {self.level}.")
        self.level = heading.level

    def directive(self, piece: Directive) -> list[Block]:
        try:
            if piece.name in ("figure", "table"):
                return [self.figure(piece) if piece.name == "figure" else self.table(piece)]
            if piece.name in ("note", "warning"):
                return [self.callout(piece)]
            if piece.name == "section":
                return self.section(piece)
            raise PaperError(f"`:::{piece.name}` is not a block of a paper{nearest(piece.name, BLOCKS)}")
        except PaperError as error:
            self.paper.report(piece.line, str(error))
            return []

    def figure(self, piece: Directive) -> FigureBlock:
        key = piece.arguments[0] if piece.arguments else ""
        if key not in self.figures:
            raise PaperError(f"`{key}` is not a figure of this paper{nearest(key, self.figures)}")
        self.figure_count += 1
        return FigureBlock(self.figure_count, key, self.figures[key], self.paper.study.synthetic)

    def table(self, piece: Directive) -> TableBlock:
        self.table_count += 1
        return table_block(piece, self.paper, self.table_count)

    def section(self, piece: Directive) -> list[Block]:
        """A section that writes itself: its own text, bound and laid out as if it stood here."""
        name = piece.arguments[0] if piece.arguments else ""
        written = section_of(name, self.paper, piece.options)
        outer, bound = self.paper, self.binder
        inner = read_body(written.text, outer.name, outer.front.allow if outer.front else ())
        facts = {**bound.results.facts, **written.facts}
        self.paper, self.binder = inner, Binder(inner, replace(bound.results, facts=facts), bound.words, bound.records)
        self.binder.fill()
        made = self.blocks()
        self.paper, self.binder = outer, bound
        for problem in inner.problems:
            outer.report(piece.line, f"in the section `{name}`: {problem.split(': ', 1)[-1]}")
        return made

    def callout(self, piece: Directive) -> Callout:
        inside = [block for block in self.prose(piece.body) if isinstance(block, Paragraph | BulletList)]
        return Callout("note" if piece.name == "note" else "warning", " ".join(piece.arguments), tuple(inside))


def _with_own_anchors(blocks: list[Block]) -> tuple[Block, ...]:
    """The blocks, each heading with an anchor that no other has."""
    seen: dict[str, int] = {}
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading):
            seen[block.anchor] = seen.get(block.anchor, 0) + 1
            if seen[block.anchor] > 1:
                block = replace(block, anchor=f"{block.anchor}-{seen[block.anchor]}")
        found.append(block)
    return tuple(found)
