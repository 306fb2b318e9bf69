"""From the pieces of a paper to typed blocks: prose with its numbers, figures and tables numbered as they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import get_args

from pipeline.errors import PaperError
from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    FigureBlock,
    FigureFile,
    Heading,
    Paragraph,
    TableBlock,
    Tone,
    numbered,
    numbers_of,
    plain,
    words,
)
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.prose.bind import Binder
from pipeline.papers.prose.markdown import blocks_of
from pipeline.papers.prose.source import Directive, PaperSource, Prose, read_body
from pipeline.papers.results import nearest
from pipeline.papers.sections.section import section_of
from pipeline.papers.tables.tabulate import table_block

BOXES: tuple[Tone, ...] = get_args(Tone)
BLOCKS = ("figure", "table", "section", *BOXES, "annex")
FEWEST, MOST = 3, 5
"""Key findings: fewer are no summary, more are not read."""
BRACKETS = "Figures in brackets are intervals: the range of values that are compatible with the data."
"""Stands below the key findings, for readers who do not know what an interval is."""
ANNEX = "A"
"""Before the numbers of an annex's figures and tables."""


class Builder:
    """Builds the blocks of one paper; mistakes are reported to its source."""

    def __init__(
        self, source: PaperSource, binder: Binder, paper: PaperContext, figures: Mapping[str, FigureFile]
    ) -> None:
        self.source, self.binder, self.paper, self.figures = source, binder, paper, figures
        self.figure_count = self.table_count = 0
        self.prefix = ""
        self.level = 1
        self.heading = source.front.title if source.front else ""

    def parts(self) -> tuple[list[Block], list[Block]]:
        """The blocks before the line ``:::annex``, and those after it, numbered anew (``A1``)."""
        pieces = self.source.pieces
        at = next((n for n, piece in enumerate(pieces) if isinstance(piece, Directive) and piece.name == "annex"), None)
        text = self._blocks(pieces[:at])
        if at is None:
            return text, []
        line = pieces[at]
        if isinstance(line, Directive) and (line.arguments or line.options or line.body.text.strip()):
            self.source.report(line.line, "`:::annex` takes nothing: headings and text follow it.")
        self.figure_count = self.table_count = 0
        self.prefix, self.level = ANNEX, 1
        return text, self._blocks(pieces[at + 1 :])

    def _blocks(self, pieces: Iterable[Prose | Directive]) -> list[Block]:
        found: list[Block] = []
        for piece in pieces:
            found += self.prose(piece) if isinstance(piece, Prose) else self.directive(piece)
        return found

    def prose(self, piece: Prose) -> list[Block]:
        def report(line: int, message: str) -> None:
            self.source.report(piece.lines[min(line, len(piece.lines) - 1)], message)

        found = blocks_of(piece.text, lambda place: self.binder.filled[place], report)
        return [self._placed(block, piece) for block in found]

    def _placed(self, block: Block, piece: Prose) -> Block:
        """Headings are checked for their order; a table typed in the prose is numbered and takes the heading's name."""
        if isinstance(block, Heading):
            self._check_order(block, piece)
            self.heading = block.plain
        if isinstance(block, TableBlock):
            self.table_count += 1
            return numbered(block, self.table_count, self.prefix, self.heading, self.paper.study.synthetic)
        return block

    def _check_order(self, heading: Heading, piece: Prose) -> None:
        """A level may not be skipped: readers who move by headings would miss a step."""
        if heading.level > self.level + 1 and heading.level > 2:
            marks = "#" * heading.level
            line = next(
                (n for n, text in zip(piece.lines, piece.text.split("\n"), strict=True) if text.startswith(marks)), 1
            )
            self.source.report(line, f"a heading of level {heading.level} follows one of level {self.level}.")
        self.level = heading.level

    def directive(self, piece: Directive) -> list[Block]:
        try:
            if piece.name == "figure":
                return [self.figure(piece)]
            if piece.name == "table":
                return [self.table(piece)]
            if piece.name in BOXES:
                return [self.callout(piece, piece.name)]
            if piece.name == "section":
                return self.section(piece)
            if piece.name == "annex":
                raise PaperError("`:::annex` stands once: what follows the first is the annex")
            raise PaperError(f"`:::{piece.name}` is not a block of a paper{nearest(piece.name, BLOCKS)}")
        except PaperError as error:
            self.source.report(piece.line, str(error))
            return []

    def figure(self, piece: Directive) -> FigureBlock:
        key = piece.arguments[0] if piece.arguments else ""
        if key not in self.figures:
            raise PaperError(f"`{key}` is not a figure of this paper{nearest(key, self.figures)}")
        self.figure_count += 1
        return FigureBlock(self.figure_count, key, self.figures[key], self.paper.study.synthetic, self.prefix)

    def table(self, piece: Directive) -> TableBlock:
        self.table_count += 1
        return table_block(piece, self.paper, self.table_count, self.prefix)

    def section(self, piece: Directive) -> list[Block]:
        """A section that is written by itself: its own text, bound and laid out as if it stood here."""
        name = piece.arguments[0] if piece.arguments else ""
        written = section_of(name, self.paper, piece.options)
        outer, bound = self.source, self.binder
        inner = read_body(written.text, outer.name, outer.front.allow if outer.front else ())
        results = bound.results.with_facts(written.facts)
        self.source, self.binder = inner, Binder(inner, results, bound.words, bound.records)
        self.binder.fill()
        made = self._blocks(inner.pieces)
        self.source, self.binder = outer, bound
        for problem in inner.problems:
            outer.report(piece.line, f"in the section `{name}`: {problem.split(': ', 1)[-1]}")
        return made

    def callout(self, piece: Directive, tone: Tone) -> Callout:
        inside = tuple(block for block in self.prose(piece.body) if isinstance(block, Paragraph | BulletList))
        if tone == "findings":
            self._check_findings(inside)
            inside += (Paragraph(words(BRACKETS)),) if self._has_intervals(inside) else ()
        elif not inside:
            raise PaperError(f"`:::{tone}` is an empty box")
        return Callout(tone, " ".join(piece.arguments), inside)

    def _has_intervals(self, blocks: tuple[Paragraph | BulletList, ...]) -> bool:
        uncertain = {record.id for record in self.binder.records.numbers.values() if record.uncertainty}
        return any(number.record in uncertain and " to " in number.text for number in numbers_of(blocks))

    def _check_findings(self, blocks: tuple[Paragraph | BulletList, ...]) -> None:
        """Raises ``PaperError`` unless the box is a list of key findings, each with its number and interval."""
        items = [item for block in blocks if isinstance(block, BulletList) for item in block.items]
        if not FEWEST <= len(items) <= MOST or len(blocks) != 1:
            raise PaperError(
                f"`:::findings` holds one list of {FEWEST} to {MOST} key findings and nothing else; it has {len(items)}"
            )
        uncertain = {record.id for record in self.binder.records.numbers.values() if record.uncertainty}
        for item in items:
            numbers = list(numbers_of(item))
            of_results = [number for number in numbers if number.record in uncertain]
            if not numbers or (of_results and not any(" to " in each.text for each in of_results)):
                raise PaperError(
                    f"the key finding “{plain(item)[:60].strip()} …” prints no {'interval' if numbers else 'number'}; "
                    "each says how large and how sure: {{ est(…) | dp(2) }} ({{ est(…) | interval(2) }})"
                )


def with_unique_anchors(blocks: list[Block]) -> tuple[Block, ...]:
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
