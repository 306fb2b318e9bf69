"""A paper's markdown file, taken apart: front matter, prose, bindings, and the blocks to be filled in.

In the prose stand

- ``{{ est("model", "term", component="within") | dp(2) }}``: a number of a result (``quantity.FILTERS`` prints it);
- ``{{ fact("persons") | count }}``: a number of the study;
- ``{{ claim(est(...), "positive") }}``: prints nothing; the sentence it stands in, or follows, must be true;
- ``{{ wave("w01") }}``: the name of a wave; ``{{ wording("contact_how_often") }}``: what was asked;
- ``:::figure key``, ``:::table kind name option=value``, ``:::note`` … closed by a line ``:::``.

No numeral is typed: digits and other signs for numbers outside bindings and the front matter's ``allow`` are mistakes,
with their line. What words state ("a third of") is for ``specs.stated``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.specs.paper_parts import Request, request
from pipeline.specs.papers import Paper
from pipeline.specs.reader import build
from pipeline.specs.spelled import odd_numerals
from pipeline.specs.stated import BOX
from pipeline.specs.strict_yaml import Source, parse

OPEN, CLOSE = "\ue000", "\ue001"
"""Private characters that hold a binding's place while markdown is parsed."""

PLACE = re.compile(f"{OPEN}(\\d+){CLOSE}")
FRONT = re.compile(r"---\n(.*?)^---[ \t]*(?:\n|\Z)", flags=re.DOTALL | re.MULTILINE)
BINDING = re.compile(r"\{\{(.*?)\}\}", flags=re.DOTALL)
NUMERAL = re.compile(r"\d[\d.,\u00a0]*%?")
ADDRESS = re.compile(r"\]\([^)\s]*\)|<https?://[^>]*>|\[[@^][^\]\n]*\]")
"""Addresses, citations and names of footnotes: their digits are no numerals of the text."""


@dataclass(frozen=True)
class Binding:
    """One ``{{ … }}``: its expression, its line in the file and its place in the body."""

    expression: str
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Prose:
    """Markdown with bindings replaced by places. ``lines[i]`` is the file's line of its line i."""

    text: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Directive:
    """``:::name argument … option=value`` and the prose up to its closing line."""

    name: str
    arguments: tuple[str, ...]
    options: dict[str, str]
    line: int
    body: Prose


@dataclass
class PaperSource:
    """A paper's file, read. ``problems`` lists what is wrong with its form, each with file and line."""

    name: str
    front: Paper | None
    body: str = ""
    bindings: list[Binding] = field(default_factory=list)
    pieces: list[Prose | Directive] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def report(self, line: int, message: str) -> None:
        self.problems.append(f"{self.name}:{line}: {message}")


def read_paper(source: Path | str, name: str = "") -> PaperSource:
    """Take a paper apart. ``source``: its path, or its text."""
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    name = name or (source.name if isinstance(source, Path) else "paper")
    text = text.replace("\r\n", "\n")
    match = FRONT.match(text)
    if match is None:
        paper = PaperSource(name, None)
        paper.report(1, "must begin with front matter between two `---` lines: title, study, models, figures.")
        return paper
    yaml = parse(match.group(1), Path(name), name, first_line=2)
    front = build(yaml.data, Paper, yaml, ())
    paper = PaperSource(name, front, text[match.end() :], problems=list(yaml.problems))
    first_line = text[: match.end()].count("\n") + 1
    _find_bindings(paper, first_line)
    if front is not None:
        _check_front(paper, front, yaml)
        _check_numerals(paper, front.allow, first_line)
    paper.pieces = list(_pieces(paper, _with_places(paper, first_line)))
    return paper


def read_body(text: str, name: str, allow: tuple[str, ...] = ()) -> PaperSource:
    """Take a part of a paper apart that has no front matter of its own."""
    paper = PaperSource(name, None, text)
    _find_bindings(paper, 1)
    _check_numerals(paper, allow, 1)
    paper.pieces = list(_pieces(paper, _with_places(paper, 1)))
    return paper


def _find_bindings(paper: PaperSource, first_line: int) -> None:
    for match in BINDING.finditer(paper.body):
        line = first_line + paper.body.count("\n", 0, match.start())
        paper.bindings.append(Binding(match.group(1).strip(), line, match.start(), match.end()))
    hidden = masked(paper)
    for match in re.finditer(r"\{\{|\}\}|\{%|\{#", hidden):
        line = first_line + hidden.count("\n", 0, match.start())
        paper.report(line, f"`{match.group()}` has no partner here; a binding is `{{{{ … }}}}`, and nothing else is.")
    for match in re.finditer(f"[{OPEN}{CLOSE}]", hidden):
        paper.report(first_line + hidden.count("\n", 0, match.start()), "holds a character that is kept for bindings.")


def masked(paper: PaperSource) -> str:
    """The body with blanks in place of bindings; lines stay where they are."""
    return BINDING.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), paper.body)


def _check_front(paper: PaperSource, front: Paper, yaml: Source) -> None:
    for key in ("title", "subtitle", "summary"):
        for numeral in _numerals(BINDING.sub("", getattr(front, key)), front.allow):
            paper.report(yaml.line((key,)), _typed(numeral))


def _check_numerals(paper: PaperSource, allow: tuple[str, ...], first_line: int) -> None:
    body = ADDRESS.sub("", masked(paper))
    for number, line in enumerate(body.split("\n")):
        typed = BOX.sub("", line)
        if not typed.startswith(":::"):
            for numeral in _numerals(typed, allow):
                paper.report(first_line + number, _typed(numeral))


def _numerals(text: str, allow: tuple[str, ...]) -> list[str]:
    for allowed in sorted(allow, key=len, reverse=True):
        text = re.sub(rf"(?<![\d.,]){re.escape(allowed)}(?![\d%]|[.,]\d)", "", text)
    return [*(match.group().rstrip(".,\u00a0") for match in NUMERAL.finditer(text)), *odd_numerals(text)]


def _typed(numeral: str) -> str:
    return (
        f"`{numeral}` is typed. Bind it to a result ({{{{ est(…) | dp(2) }}}}), or list it under `allow` if it is none."
    )


def _with_places(paper: PaperSource, first_line: int) -> Prose:
    """The body with a place for each binding; a binding over several lines becomes one place on its first."""
    parts, lines, at, line = [], [first_line], 0, first_line
    for number, binding in enumerate(paper.bindings):
        before = paper.body[at : binding.start]
        parts.append(before + f"{OPEN}{number}{CLOSE}")
        lines += range(line + 1, line + before.count("\n") + 1)
        line += before.count("\n") + paper.body.count("\n", binding.start, binding.end)
        at = binding.end
    parts.append(paper.body[at:])
    lines += range(line + 1, line + paper.body.count("\n", at) + 1)
    return Prose("".join(parts), tuple(lines))


def _pieces(paper: PaperSource, whole: Prose) -> Iterator[Prose | Directive]:
    lines, start = whole.text.split("\n"), 0
    position = 0
    while position < len(lines):
        if not lines[position].startswith(":::"):
            position += 1
            continue
        yield from _prose(whole, lines, start, position)
        opening = position
        position = _closing(lines, opening)
        if lines[opening].strip() == ":::":
            paper.report(whole.lines[opening], "closes a block that is not open.")
        else:
            yield _directive(paper, whole, lines, opening, position)
        position += 1
        start = position
    yield from _prose(whole, lines, start, len(lines))


def _closing(lines: list[str], opening: int) -> int:
    """The line that closes a block; a block that is never closed is one line long."""
    if lines[opening].strip() == ":::":
        return opening
    for position in range(opening + 1, len(lines)):
        if lines[position].startswith(":::"):
            return position if lines[position].strip() == ":::" else opening
    return opening


def _prose(whole: Prose, lines: list[str], start: int, end: int) -> Iterator[Prose]:
    if any(line.strip() for line in lines[start:end]):
        yield Prose("\n".join(lines[start:end]), whole.lines[start:end])


def _directive(paper: PaperSource, whole: Prose, lines: list[str], opening: int, closing: int) -> Directive:
    line = whole.lines[opening]
    try:
        asked = request(lines[opening])
    except ValueError:
        paper.report(line, "has a quotation mark without its partner.")
        asked = Request(lines[opening][3:].split(maxsplit=1)[0], (), {})
    body = Prose("\n".join(lines[opening + 1 : closing]), whole.lines[opening + 1 : closing])
    return Directive(asked.name, asked.arguments, asked.options, line, body)
