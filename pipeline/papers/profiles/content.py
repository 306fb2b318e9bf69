"""What the profile of an area says: every writer walks this; nothing in it is laid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.papers.content import NumberRecord, Runs

Reading = Literal["up", "down", "same", "unclear", ""]
"""What the interval of a difference supports (``prose.words``); empty where there is nothing to compare with."""
Fact = tuple[str, Runs]


@dataclass(frozen=True)
class About:
    """What a study says of itself, for the small print of its profiles.

    ``waves``: wave → what it is called; ``rounds``: round → the same, where they are not waves. ``out_of``: where the
    scores end ("out of 100"); empty where they have no ends, ``ends`` the same as numbers. ``counts``: printed numbers
    of people are multiples of this. ``smallest_difference``: of interest, in points of the scores. ``facts``: what else
    is printed, such as licence and funder.
    """

    study: str = ""
    synthetic: bool = False
    waves: Mapping[str, str] = field(default_factory=dict)
    rounds: Mapping[str, str] = field(default_factory=dict)
    out_of: str = "out of 100"
    ends: tuple[float, float] | None = (0.0, 100.0)
    population: str = ""
    counts: int = 1
    confidence: float = 0.95
    smallest_difference: float | None = 2.0
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Link:
    """Something that could be done: its title, its address, who found out."""

    title: str
    url: str
    source: str


@dataclass(frozen=True)
class Bar:
    """A measure beside what it is compared with, as a row with its picture (SVG); ``why``: why there is none."""

    measure: str
    label: str
    value: Runs
    reference: Runs
    difference: Runs
    words: str
    reading: Reading
    picture: str
    alt: str
    why: str = ""


@dataclass(frozen=True)
class Moved:
    """How a measure moved: since the previous wave, and since the base wave, which is 100."""

    label: str
    since_last: Runs
    last_words: str
    last_reading: Reading
    since_base: Runs
    base_words: str
    base_reading: Reading
    ratio: Runs


@dataclass(frozen=True)
class Named:
    """A measure named as a strength, or to watch, with the reason."""

    measure: str
    label: str
    said: Runs


@dataclass(frozen=True)
class Remedy:
    """What could be done about a measure; ``is_first``: it is to be watched, or the evidence is on any measure."""

    label: str
    links: tuple[Link, ...]
    is_first: bool = False


@dataclass(frozen=True)
class Course:
    """The index over waves, the first of which is 100, as a picture (SVG) with its words."""

    picture: str
    alt: str
    note: str


@dataclass(frozen=True)
class Effects:
    """A programme that the area is in: what it is called, a line for each outcome, and how to read them."""

    label: str
    lines: tuple[Runs, ...]
    note: str


@dataclass(frozen=True)
class Answer:
    """One of the five questions, with its answer as paragraphs."""

    key: str
    question: str
    said: tuple[Runs, ...]


@dataclass(frozen=True)
class AreaProfile:
    """The profile of one area at one wave. ``withheld``: why nothing is shown; all else is then empty.

    ``numbers``: the record of each printed number.
    """

    area: str
    label: str
    study: str
    wave: str
    period: str
    synthetic: bool
    withheld: str = ""
    headline: Runs = ()
    index: Runs = ()
    index_label: str = ""
    index_note: Runs = ()
    answers: tuple[Answer, ...] = ()
    comparison: str = ""
    bars: tuple[Bar, ...] = ()
    axis: str = ""
    axis_note: str = ""
    course: Course | None = None
    moves: tuple[Moved, ...] = ()
    last_wave: str = ""
    base_wave: str = ""
    move_note: str = ""
    strengths: tuple[Named, ...] = ()
    strengths_note: Runs = ()
    watch: tuple[Named, ...] = ()
    watch_note: Runs = ()
    signals: tuple[Runs, ...] = ()
    programmes: tuple[Effects, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    remedy_note: str = ""
    reading: tuple[str, ...] = ()
    small_print: tuple[Fact, ...] = ()
    numbers: tuple[NumberRecord, ...] = ()

    @property
    def title(self) -> str:
        """What its files are called in their metadata."""
        return f"Cohesion profile: {self.label}"
