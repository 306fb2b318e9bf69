"""Markdown to typed blocks; a place in the text becomes the number or words bound to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    Column,
    Emphasis,
    Heading,
    Link,
    Paragraph,
    Row,
    Run,
    Runs,
    Strong,
    TableBlock,
    Text,
    plain,
)
from pipeline.papers.prose.source import PLACE

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Fill = Callable[[int], Run | None]
Report = Callable[[int, str], None]
Notes = dict[str, tuple[int, str]]

NOTE = re.compile(r"^\[\^([\w-]+)\]:[ \t]*(\S.*(?:\n(?!\[\^|[ \t]*\n).+)*)", re.MULTILINE)
"""A footnote: its name and its text, up to the next blank line or footnote."""
MARKED = re.compile(r"\[\^(?P<note>[\w-]+)\]|\[(?P<cite>@[^\]\n]+)\]")
"""Where a footnote is referred to, or works are cited."""


def blocks_of(text: str, fill: Fill, report: Report) -> list[Block]:
    """The blocks of some markdown. ``fill`` gives the run of a place; ``report`` takes a line of ``text`` and a fault.

    Headings, paragraphs, bullet lists, tables, quotations, emphasis and links are known; other markdown is reported.
    """
    text, notes = _without_notes(text)
    walk = _Walk(_parser().parse(text), fill, report, notes)
    found = walk.blocks()
    for name in notes.keys() - walk.noted:
        report(notes[name][0], f"the footnote `[^{name}]` is referred to nowhere in this part of the text.")
    return found


def _without_notes(text: str) -> tuple[str, dict[str, tuple[int, str]]]:
    """The text with blank lines in place of its footnotes, and name → line and text of each."""
    found: dict[str, tuple[int, str]] = {}

    def taken(match: re.Match[str]) -> str:
        found[match[1]] = (text.count("\n", 0, match.start()), " ".join(match[2].split()))
        return "\n" * match.group().count("\n")

    return NOTE.sub(taken, text), found


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "typographer": True, "quotes": "“”‘’"})
    return parser.enable(["table", "smartquotes"])


class _Walk:
    def __init__(self, tokens: Sequence[Token], fill: Fill, report: Report, notes: Notes) -> None:
        self.tokens, self.fill, self.report, self.at = tokens, fill, report, 0
        self.notes = notes
        self.noted: set[str] = set()

    def blocks(self, until: str = "") -> list[Block]:
        found: list[Block] = []
        while self.at < len(self.tokens) and self.tokens[self.at].type != until:
            block = self.block()
            if block is not None:
                found.append(block)
        self.at += 1
        return found

    def block(self) -> Block | None:
        token = self.take()
        match token.type:
            case "heading_open":
                return self.heading(token)
            case "paragraph_open":
                runs = self.inline("paragraph_close")
                return Paragraph(runs) if runs else None
            case "bullet_list_open":
                return BulletList(tuple(self.items("bullet_list_close")))
            case "blockquote_open":
                inside = [block for block in self.blocks("blockquote_close") if isinstance(block, Paragraph)]
                return Callout("note", "", tuple(inside))
            case "table_open":
                return self.table()
        self.report(_line(token), f"{UNKNOWN.get(token.type, 'this markdown')} is not part of a paper.")
        self.skip(token)
        return None

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def skip(self, opening: Token) -> None:
        depth: int = opening.nesting
        while depth > 0:
            depth += self.take().nesting

    def heading(self, token: Token) -> Heading:
        runs = self.inline("heading_close")
        level = int(token.tag[1])
        if level == 1:
            self.report(_line(token), "the title is the only heading of the first level; write `##`.")
        return Heading(level, runs, slug(plain(runs)))

    def items(self, until: str) -> list[Runs]:
        found: list[Runs] = []
        while self.tokens[self.at].type != until:
            token = self.take()
            if token.type in ("bullet_list_open", "ordered_list_open"):
                self.report(_line(token), "a list within a list is not part of a paper.")
                self.skip(token)
            elif token.type == "inline":
                found.append(self.runs(token.children or []))
        self.at += 1
        return found

    def inline(self, until: str) -> Runs:
        runs = self.runs(self.take().children or [])
        while self.take().type != until:
            pass
        return runs

    def table(self) -> TableBlock:
        head: list[Runs] = []
        rows: list[list[Runs]] = []
        current = head
        while (token := self.take()).type != "table_close":
            if token.type == "tr_open":
                current = head if not head else []
                if current is not head:
                    rows.append(current)
            elif token.type == "inline":
                current.append(self.runs(token.children or []))
        columns = tuple(Column(plain(cell).capitalize()) for cell in head)
        return TableBlock(None, "", "", columns, tuple(Row(tuple(row)) for row in rows), wordy=True)

    def runs(self, tokens: Sequence[Token]) -> Runs:
        """The runs of inline tokens; nested emphasis becomes nested runs."""
        stack: list[tuple[str, str, list[Run]]] = [("", "", [])]
        for token in tokens:
            if token.type in ("strong_open", "em_open", "link_open"):
                stack.append((token.type, str(token.attrs.get("href", "")), []))
            elif token.type in ("strong_close", "em_close", "link_close"):
                kind, href, inside = stack.pop()
                stack[-1][2].append(_nested(kind, tuple(inside), href))
            else:
                stack[-1][2].extend(self.leaf(token))
        return _tidy(stack[0][2])

    def leaf(self, token: Token) -> list[Run]:
        match token.type:
            case "text" | "code_inline" | "text_special":
                return self.text(token.content)
            case "softbreak" | "hardbreak":
                return [Text(" ")]
        self.report(0, f"{UNKNOWN.get(token.type, 'this markdown')} is not part of a paper; use `:::figure`.")
        return []

    def text(self, content: str) -> list[Run]:
        """Plain text, and the runs of the citations, footnotes and places in it."""
        found: list[Run] = []
        at = 0
        for match in MARKED.finditer(content):
            found += self.places(content[at : match.start()])
            found.append(self.note(match["note"]) if match["note"] else Link((), f"cite:{match['cite']}"))
            at = match.end()
        return found + self.places(content[at:])

    def note(self, name: str) -> Run:
        """A footnote where it is referred to: a link that holds what it says (``papers.references``)."""
        if name not in self.notes:
            self.report(0, f"the footnote `[^{name}]` has no text; write `[^{name}]: …` before the next `:::` line.")
            return Text("")
        self.noted.add(name)
        tokens = _parser().parseInline(self.notes[name][1])
        return Link(self.runs(tokens[0].children or []), f"note:{name}")

    def places(self, content: str) -> list[Run]:
        """Plain text and the runs of the places in it."""
        parts = PLACE.split(content)
        found: list[Run] = []
        for number, part in enumerate(parts):
            if number % 2:
                run = self.fill(int(part))
                found += [run] if run is not None else []
            elif part:
                found.append(Text(part))
        return found


UNKNOWN = {
    "ordered_list_open": "a numbered list",
    "fence": "a block of code",
    "code_block": "a block of code (an indented paragraph?)",
    "hr": "a ruled line",
    "html_block": "HTML",
    "image": "an image",
}


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _nested(kind: str, runs: Runs, href: str) -> Run:
    if kind == "strong_open":
        return Strong(runs)
    return Emphasis(runs) if kind == "em_open" else Link(runs, href)


def _tidy(runs: Sequence[Run]) -> Runs:
    """Join neighbouring text and keep one space where a silent binding left two, none at the ends."""
    joined: list[Run] = []
    for run in runs:
        if isinstance(run, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + run.text)
        else:
            joined.append(run)
    tidy = [Text(re.sub(r" {2,}", " ", run.text)) if isinstance(run, Text) else run for run in joined]
    if tidy and isinstance(tidy[0], Text):
        tidy[0] = Text(tidy[0].text.lstrip(" "))
    if tidy and isinstance(tidy[-1], Text):
        tidy[-1] = Text(tidy[-1].text.rstrip(" "))
    return tuple(run for run in tidy if not (isinstance(run, Text) and not run.text))


def slug(text: str) -> str:
    """An anchor from a heading's words."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"
