"""A section as a paper's markdown, so that its numbers are bound, checked and traced like any others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.errors import PaperError
from pipeline.papers.content import Cell
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.results import Fact, Row, nearest
from pipeline.specs.family import load
from pipeline.specs.paper_parts import PAPER_SECTIONS

RATES = "the table of response rates"


@dataclass
class Section:
    """Markdown, and the facts that it names besides those of the paper."""

    lines: list[str] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def say(self, *sentences: str) -> None:
        """A paragraph."""
        self.lines += ["", " ".join(filter(None, sentences))]

    def block(self, directive: str) -> None:
        """A table or figure."""
        self.lines += ["", f":::{directive}"]

    def fact(self, name: str, value: float, what: str, people: int | None, source: str = "") -> str:
        """Name a number of so many people that a table holds; returns the call for a binding."""
        of = "" if people is None else f"{people:,} people"
        judged = Cell("estimate", value, people, weighted=True)
        return self.named(name, Fact(value, what, source or RATES, of, judged))

    def named(self, name: str, fact: Fact) -> str:
        """Name a fact; returns the call for a binding."""
        self.facts[f"section.{name}"] = fact
        return f'fact("section.{name}")'


def section_of(name: str, paper: PaperContext, options: Mapping[str, str]) -> Section:
    """The section of that name. Raises ``PaperError`` with the nearest name if there is none, or no such option."""
    if name not in PAPER_SECTIONS:
        raise PaperError(f"`{name}` is not a section that is written by itself{nearest(name, PAPER_SECTIONS)}")
    record = PAPER_SECTIONS[name]
    for option in options:
        if option not in record.takes:
            raise PaperError(f"the section `{name}` takes no `{option}`{nearest(option, sorted(record.takes))}")
    section: Section = load(record.function)(paper, options)
    return section


def call(row: Row, **distinguishing: str | None) -> str:
    """The binding's call for one row of the estimates: its model, its term and whatever distinguishes it."""
    named = {name: value for name, value in distinguishing.items() if value is not None}
    return f'est("{row["model"]}", "{row["term"]}"{"".join(f", {name}={_quoted(v)}" for name, v in named.items())})'


def _quoted(value: str) -> str:
    return f'"{value}"'
