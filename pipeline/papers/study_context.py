"""What a paper takes from the declarations of its study: wordings, assumptions, labels, calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.papers.content import Link, Runs, words
from pipeline.specs.disclosure import Disclosure
from pipeline.specs.terms import label_of


@dataclass(frozen=True)
class Question:
    """One question as asked: its wording, where it stands in the files, and in which waves.

    ``places``: the arms and waves that asked it, where arms have calendars of their own.
    """

    item: str
    label: str
    wording: str
    variables: tuple[str, ...] = ()
    waves: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    assumed: bool = False
    translated: bool = False
    remarks: tuple[str, ...] = ()
    places: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class ModelNote:
    """The question of a model and the method that answers it, in words. ``short`` names it in a table.

    ``waves``, ``arms``: those it is limited to; none if it takes all. ``remarks``: what stands below its tables.
    """

    question: str
    method: str
    short: str = ""
    waves: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fieldwork:
    """One wave of one arm: when and how people were asked."""

    title: str
    period: str
    mode: str = ""


@dataclass(frozen=True)
class Exceptional:
    """What one wave did otherwise with one question, why, and how far its answers can be compared."""

    wave: str
    item: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class StudyContext:
    """The study around a paper; everything a declaration says that a paper prints.

    ``facts``: label and value pairs for the head of the paper. ``assumptions``: what was assumed, and why.
    ``questions``: concept → the questions that measure it. ``labels``: concept, wave, arm or group → its name.
    ``fieldwork``: (arm, wave) → when. ``caveats``: markdown. ``exceptions``: what single waves did otherwise.
    ``items``: item → its label. ``units``: term → for how many units the paper's figures give its odds ratios,
    ``unit_words``: in their words. ``rules``: what may be published. ``codebook``: the page of the study's
    codebook, seen from a paper. ``methods``: item of the methods annex → what is declared of it. ``twin``: its answers
    are invented after a study's, and need not support what the paper says of that.
    """

    title: str
    synthetic: bool = False
    twin: bool = False
    citation: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    assumptions: tuple[tuple[str, str], ...] = ()
    caveats: str = ""
    questions: Mapping[str, tuple[Question, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, ModelNote] = field(default_factory=dict)
    fieldwork: Mapping[tuple[str, str], Fieldwork] = field(default_factory=dict)
    source: str = ""
    exceptions: tuple[Exceptional, ...] = ()
    items: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, float] = field(default_factory=dict)
    unit_words: Mapping[str, str] = field(default_factory=dict)
    rules: Disclosure = field(default_factory=Disclosure)
    codebook: str = ""
    methods: Mapping[str, str] = field(default_factory=dict)
    planned: frozenset[str] = frozenset()  # items of ``methods`` that the study's plan says

    def entry(self, item: str, text: str) -> Runs:
        """A text that leads to the entry of a question in the codebook, where there is one."""
        return (Link(words(text), f"{self.codebook}#{item}"),) if self.codebook and text else words(text)

    def item(self, key: str) -> str:
        """The label of a question, or of a role such as the weight."""
        return self.items.get(key) or key.replace("_", " ").capitalize()

    def label(self, key: str) -> str:
        return label_of(key, self.labels)

    def for_units(self, term: str) -> str:
        """For how much more of a term its odds ratios are given: "for ten years more"."""
        return self.unit_words.get(term) or f"for {self.units.get(term, 1.0):g} more"

    def asked(self, concept: str) -> str:
        """The wordings that measure a concept, for the record of a number; empty where no question asks about it."""
        return " · ".join(f"“{question.wording}”" for question in self.questions.get(concept, ()))
